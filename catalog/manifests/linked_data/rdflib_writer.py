"""Turtle and RDF/XML by rdflib; only `writers` loads this module, on the first use.

Nothing is parsed: rdflib would fetch what a document names.
"""

from collections.abc import Iterable

import rdflib

from catalog.manifests.linked_data.graph import IRI, PREFIXES, Object, Triple

NAMES = {prefix: rdflib.URIRef(name) for prefix, name in PREFIXES.items()}


def turtle(triples: Iterable[Triple]) -> bytes:
    return _graph(triples).serialize(format="turtle", encoding="utf-8")


def rdf_xml(triples: Iterable[Triple]) -> bytes:
    return _graph(triples).serialize(format="xml", encoding="utf-8")


def _graph(triples: Iterable[Triple]) -> rdflib.Graph:
    """Return a graph that iterates in the order of the triples, unlike rdflib's usual store."""
    graph = rdflib.Graph(store="SimpleMemory", bind_namespaces="none")
    for prefix, name in NAMES.items():
        graph.bind(prefix, name)
    for subject, predicate, target in triples:
        graph.add((rdflib.URIRef(subject.value), _expanded(predicate), _node(target)))
    return graph


def _node(target: Object) -> rdflib.URIRef | rdflib.Literal:
    if isinstance(target, IRI):
        return rdflib.URIRef(target.value)
    datatype = _expanded(target.datatype) if target.datatype else None
    return rdflib.Literal(target.value, lang=target.language or None, datatype=datatype)


def _expanded(compact: str) -> rdflib.URIRef:
    prefix, _, local = compact.partition(":")
    return NAMES[prefix] + local
