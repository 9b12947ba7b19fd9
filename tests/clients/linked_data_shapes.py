"""Reads addresses as rdflib does, in three syntaxes, and checks the graphs with SEMIC's shapes.

    python linked_data_shapes.py SHAPES_FOLDER TOKEN < addresses

Writes a JSON object for each address: triples by media type, how the graphs differ,
what violates the shapes and which recommendations are not followed, and the next page.
"""

import json
import sys
import urllib.request
from pathlib import Path

import pyshacl
import rdflib
from rdflib.compare import graph_diff, isomorphic
from rdflib.namespace import SH

SYNTAXES = {"text/turtle": "turtle", "application/ld+json": "json-ld", "application/rdf+xml": "xml"}
NEXT = rdflib.URIRef("http://www.w3.org/ns/hydra/core#next")


def read_graph(address: str, syntax: str) -> rdflib.Graph:
    return rdflib.Graph().parse(address, format=syntax)


def problems(graph: rdflib.Graph, shapes: rdflib.Graph) -> list[str]:
    _, results, _ = pyshacl.validate(graph, shacl_graph=shapes)
    return sorted(
        f"{results.value(result, SH.focusNode)} {results.value(result, SH.resultPath)}: "
        f"{results.value(result, SH.resultMessage)}"
        for result in results.subjects(rdflib.RDF.type, SH.ValidationResult)
    )


def differences(graph: rdflib.Graph, other: rdflib.Graph) -> list[str]:
    """Return a few triples of one graph only, if the graphs are not isomorphic."""
    if isomorphic(graph, other):
        return []
    _, first, second = graph_diff(graph, other)
    return [*map(str, [*first][:3]), *map(str, [*second][:3])]


folder, token = Path(sys.argv[1]), sys.argv[2]
opener = urllib.request.build_opener()
opener.addheaders = [("Authorization", f"Bearer {token}")]
urllib.request.install_opener(opener)
required, recommended = rdflib.Graph(), rdflib.Graph()
for name in ("shapes.ttl", "range.ttl"):
    required.parse(folder / name)
recommended.parse(folder / "shapes_recommended.ttl")
for line in sys.stdin:
    url = line.strip()
    # Without a format rdflib sends its own Accept header, and reads what it gets.
    graph = rdflib.Graph().parse(url)
    others = {kind: read_graph(url, syntax) for kind, syntax in SYNTAXES.items()}
    answer = {
        "url": url,
        "triples": {kind: len(other) for kind, other in others.items()},
        "differences": [
            f"{kind} {difference}"
            for kind, other in others.items()
            for difference in differences(graph, other)
        ],
        "violations": problems(graph, required),
        "warnings": len(problems(graph, recommended)),
        "next": [str(page) for page in graph.objects(None, NEXT)],
    }
    print(json.dumps(answer), flush=True)
