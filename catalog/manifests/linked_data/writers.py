"""A graph as bytes: the same graph gives the same bytes, whatever its order.

Turtle and RDF/XML are written by rdflib, which is loaded on the first use; JSON-LD is written here,
with its context inside.
"""

from collections.abc import Callable, Iterable
from functools import cache

import orjson
from django.utils.module_loading import import_string

from catalog.manifests.linked_data.graph import IRI, PREFIXES, Literal, Object, Triple
from catalog.manifests.linked_data.syntaxes import JSON_LD, RDF_XML, TURTLE, Syntax
from catalog.types import JSONObject, JSONValue

Writer = Callable[[Iterable[Triple]], bytes]


def write(triples: Iterable[Triple], syntax: Syntax) -> bytes:
    """Return a graph in one of the syntaxes of RDF."""
    return _WRITERS[syntax](sorted(set(triples), key=_sort_key))


def _sort_key(triple: Triple) -> tuple[str, str, bool, tuple[str, ...]]:
    subject, predicate, target = triple
    if isinstance(target, Literal):
        return subject.value, predicate, True, tuple(target)
    return subject.value, predicate, False, (target.value,)


def _json_ld(triples: Iterable[Triple]) -> bytes:
    nodes: dict[str, JSONObject] = {}
    used: set[str] = set()
    for subject, predicate, target in triples:
        node = nodes.setdefault(subject.value, {"@id": subject.value})
        if predicate == "rdf:type":
            kind = _compact(str(target))
            used.add(kind.partition(":")[0])
            node.setdefault("@type", []).append(kind)
            continue
        used.add(predicate.partition(":")[0])
        if isinstance(target, Literal) and target.datatype:
            used.add("xsd")
        node.setdefault(predicate, []).append(_json_value(target))
    context = {prefix: name for prefix, name in PREFIXES.items() if prefix in used}
    document = {"@context": context, "@graph": list(nodes.values())}
    return orjson.dumps(document, option=orjson.OPT_INDENT_2) + b"\n"


def _json_value(target: Object) -> JSONValue:
    if isinstance(target, IRI):
        return {"@id": target.value}
    if target.language:
        return {"@value": target.value, "@language": target.language}
    return {"@value": target.value, "@type": target.datatype} if target.datatype else target.value


@cache
def _compact(iri: str) -> str:
    """Return the compact name of a class."""
    for prefix, name in PREFIXES.items():
        if iri.startswith(name):
            return f"{prefix}:{iri.removeprefix(name)}"
    return iri


def _by_rdflib(name: str) -> Writer:
    """Return a writer that loads rdflib when it is called."""

    def write_graph(triples: Iterable[Triple]) -> bytes:
        writer: Writer = import_string(f"catalog.manifests.linked_data.rdflib_writer.{name}")
        return writer(triples)

    return write_graph


_WRITERS: dict[Syntax, Writer] = {
    TURTLE: _by_rdflib("turtle"),
    JSON_LD: _json_ld,
    RDF_XML: _by_rdflib("rdf_xml"),
}
