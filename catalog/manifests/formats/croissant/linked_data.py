"""JSON-LD as Croissant files have it, read without a processor: nothing is fetched; pure.

A key is known by its IRI, however it is spelled; a list of one and its member mean the same.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from jsonpointer import escape

from catalog.manifests.formats.croissant.vocabulary import (
    CONTEXT,
    CROISSANT,
    OLD_CROISSANT,
    RAI,
    SCHEMA_ORG,
)
from catalog.types import JSONObject, JSONValue

_SHORT = {RAI: "rai:", CROISSANT: "", SCHEMA_ORG: "", "http://purl.org/dc/terms/": ""}
_PROV = "http://www.w3.org/ns/prov#"


@dataclass
class Context:
    """The terms of a document: those of Croissant, and what the document itself defines."""

    terms: Mapping[str, JSONValue]
    _names: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, document: Mapping[str, JSONValue]) -> "Context":
        """Return the context of a document; one that it only names by URL is Croissant's."""
        terms: JSONObject = dict(CONTEXT)
        declared = document.get("@context")
        for part in declared if isinstance(declared, list) else [declared]:
            if isinstance(part, Mapping):
                terms |= part
        return cls(terms)

    def iri(self, term: str, depth: int = 0) -> str:
        """Return the IRI of a key or type; keywords stay. http and https of schema.org are one."""
        defined = self.terms.get(term)
        if isinstance(defined, Mapping):
            defined = defined.get("@id")
        prefix, colon, rest = term.partition(":")
        base = self.terms.get(prefix) if colon else None
        if isinstance(defined, str) and defined != term and depth < 8:
            return self.iri(defined, depth + 1)
        if isinstance(base, str) and not rest.startswith("//") and depth < 8:
            return self.iri(base, depth + 1) + rest
        if term.startswith("@") or colon:
            return term.replace("http://schema.org/", SCHEMA_ORG, 1)
        vocabulary = str(self.terms.get("@vocab") or SCHEMA_ORG)
        return f"{vocabulary}{term}".replace("http://schema.org/", SCHEMA_ORG, 1)

    def name(self, term: str) -> str:
        """Return a key in the one spelling that is used here, such as `recordSet`, `rai:…`."""
        if term not in self._names:
            iri = self.iri(term)
            for namespace, short in _SHORT.items():
                if iri.startswith(namespace):
                    iri = short + iri.removeprefix(namespace)
                    break
            else:
                iri = f"prov:{iri.removeprefix(_PROV)}" if iri.startswith(_PROV) else iri
            self._names[term] = iri
        return self._names[term]


@dataclass(frozen=True)
class Node:
    """An object of a document, its JSON Pointer there, and the context that it is read in."""

    context: Context
    value: Mapping[str, JSONValue]
    pointer: str = ""

    @property
    def id(self) -> str:
        identifier = self.value.get("@id", self.value.get("id"))
        return identifier if isinstance(identifier, str) else ""

    @property
    def types(self) -> list[str]:
        declared = self.value.get("@type", self.value.get("type"))
        listed = declared if isinstance(declared, list) else [declared]
        return [self.context.name(item) for item in listed if isinstance(item, str)]

    def members(self) -> Iterator[tuple[str, str, JSONValue]]:
        """Yield each member: its name here, its key as it is spelled, its value."""
        for key, value in self.value.items():
            if not key.startswith("@"):
                yield self.context.name(key), key, value

    def values(self, name: str) -> list[tuple[str, JSONValue]]:
        """Return each value of a member, however it is spelled, with its JSON Pointer."""
        keys = [key for known_as, key, _ in self.members() if known_as == name]
        return [value for key in keys for value in self.values_at(key)]

    def values_at(self, key: str) -> list[tuple[str, JSONValue]]:
        """Return each value of a key with its JSON Pointer."""
        value, at = self.value[key], f"{self.pointer}/{escape(key)}"
        if isinstance(value, list):
            return [(f"{at}/{index}", item) for index, item in enumerate(value)]
        return [] if value is None else [(at, value)]

    def nodes(self, name: str) -> list["Node"]:
        return [
            Node(self.context, value, at)
            for at, value in self.values(name)
            if isinstance(value, Mapping)
        ]

    def node(self, name: str) -> "Node | None":
        return next(iter(self.nodes(name)), None)

    def texts(self, name: str) -> list[str]:
        """Return the values of a member as texts; of a node its name, address or id."""
        texts = (_text(value, self.context) for _, value in self.values(name))
        return [text for text in texts if text]

    def texts_at(self, key: str) -> list[str]:
        texts = (_text(value, self.context) for _, value in self.values_at(key))
        return [text for text in texts if text]

    def text(self, name: str) -> str:
        return next(iter(self.texts(name)), "")

    def flag(self, name: str) -> bool:
        return any(value is True for _, value in self.values(name))


def _text(value: JSONValue, context: Context) -> str:
    if isinstance(value, Mapping):
        return _text_of_node(Node(context, value))
    if isinstance(value, bool):
        return str(value).lower()
    return str(value).strip() if isinstance(value, str | int | float) else ""


def _text_of_node(node: Node) -> str:
    if "@value" in node.value:
        return _text(node.value["@value"], node.context)
    if text := node.text("name") or node.text("url") or node.id:
        return text
    # A language map: the document's own language, else English, else the first.
    languages = (str(node.context.terms.get("@language")), "en", *node.value)
    texts = (node.value.get(language) for language in languages)
    return next((text.strip() for text in texts if isinstance(text, str) and text.strip()), "")


def is_croissant(value: JSONValue) -> bool:
    """Return True for a Dataset that says it is Croissant, whichever version."""
    if not isinstance(value, Mapping):
        return False
    node = dataset_of(value)
    if node is None:
        return False
    if any(CROISSANT in text for text in node.texts("conformsTo")):
        return True
    declared = value.get("@context")
    namespaces = declared.values() if isinstance(declared, Mapping) else ()
    return any(namespace in (CROISSANT, OLD_CROISSANT) for namespace in namespaces)


def dataset_of(document: Mapping[str, JSONValue]) -> Node | None:
    """Return the Dataset of a document: itself, or the one in its `@graph`."""
    context = Context.of(document)
    graph = document.get("@graph")
    candidates = [Node(context, document)]
    for index, item in enumerate(graph if isinstance(graph, list) else ()):
        if isinstance(item, Mapping):
            candidates.append(Node(context, item, f"/@graph/{index}"))
    return next((node for node in candidates if "Dataset" in node.types), None)
