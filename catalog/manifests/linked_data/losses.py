"""What a product's document says that its linked data does not: locations in the document; pure.

What COVERAGE does not name is lost, so a new field of the standard is reported too.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from jsonpointer import escape

from catalog.issues import Issue, Severity
from catalog.manifests.linked_data.graph import address
from catalog.types import JSONObject, JSONValue

HINT = "The product's own document (Bitol ODPS) has it."
MAX_CONTACTS = 10


@dataclass(frozen=True, kw_only=True)
class Coverage:
    """What linked data has of a value: all of it, or parts.

    `members` are those of an object, `custom` its custom properties by name; `items` is that of
    each other member and of each item of a list.
    """

    is_whole: bool = False
    members: "Mapping[str, Coverage]" = field(default_factory=dict)
    items: "Coverage | None" = None
    custom: "Mapping[str, Coverage] | None" = None


ALL = Coverage(is_whole=True)


def _members(*names: str, **inner: Coverage) -> Coverage:
    return Coverage(members=dict.fromkeys(names, ALL) | inner)


def _custom(*names: str, **inner: Coverage) -> Coverage:
    return Coverage(custom=dict.fromkeys(names, ALL) | inner)


DCAT_AP, PROV = "DCAT-AP", "PROV"
_ANSWERS = Coverage(items=_members("state", "text", "reason"))
_IMBALANCES = _members(
    *("attribute", "group", "share", "n", "referenceShare"), reference=_members("name", "date")
)
_STANDARD = ("apiVersion", "kind")
_PROVENANCE = _members("questionSet", answers=_ANSWERS, imbalances=Coverage(items=_IMBALANCES))
_KNOWN_INPUT = _members(customProperties=_custom("assaySource"))
_UNKNOWN_INPUT = _members("name")
_INPUTS, _CONTACTS = Coverage(), Coverage(items=_members("channel", "url"))
_IN_PROV = _members(
    *(*_STANDARD, "name"),
    inputPorts=_INPUTS,
    customProperties=_custom(assayProvenance=_PROVENANCE),
)
_IN_DCAT = _members(
    *(*_STANDARD, "id", "name", "version", "status", "domain", "tags"),
    description=_members("purpose", "limitations", "usage"),
    support=_CONTACTS,
    outputPorts=Coverage(
        items=_members(
            *("name", "version", "description", "contractId", "deprecated"),
            customProperties=_custom("assayEndsOn"),
        )
    ),
    inputPorts=_INPUTS,
    customProperties=_custom(
        *("license", "citation", "assaySlug", "assaySensitivity"),
        assayProvenance=_PROVENANCE,
    ),
)


COVERAGE = {DCAT_AP: _IN_DCAT, PROV: _IN_PROV}


def losses_of(tree: JSONObject, *, known_inputs: Collection[str], standard: str) -> list[Issue]:
    """Return what a standard's view of a document leaves out, each part once, by its location.

    `known_inputs` are the input ports whose products the reader can see.
    """
    message = f"{standard} has no place for this, so it is left out."
    return [
        Issue(code="not-kept", severity=Severity.WARNING, message=message, hint=HINT, location=at)
        for at in _lost(tree, COVERAGE[standard], "", frozenset(known_inputs))
    ]


def _lost(
    value: JSONValue, coverage: Coverage | None, at: str, known: frozenset[str]
) -> Iterator[str]:
    """Yield the locations that are lost; of a part that is lost wholly only its own."""
    if value in ({}, [], None, "") or (coverage is not None and coverage.is_whole):
        return
    if coverage is None or not isinstance(value, Mapping | list):
        yield at
    elif coverage.custom is not None:
        yield from _lost_custom(value, coverage.custom, at, known)
    elif isinstance(value, Mapping):
        for name, member in value.items():
            inner = coverage.members.get(name, coverage.items)
            yield from _lost(member, inner, f"{at}/{escape(str(name))}", known)
    else:
        for index, item in enumerate(value):
            inner = _coverage_of_item(coverage, index, item, known)
            yield from _lost(item, inner, f"{at}/{index}", known)


def _coverage_of_item(
    coverage: Coverage, index: int, item: JSONValue, known: frozenset[str]
) -> Coverage | None:
    """Return what is left of an item: of an input port the product, or only its own name."""
    if coverage is _INPUTS:
        is_known = _text(item, "name") in known
        return _KNOWN_INPUT if is_known else _UNKNOWN_INPUT
    if coverage is not _CONTACTS:
        return coverage.items
    if index >= MAX_CONTACTS:
        return None
    return coverage.items if address(_text(item, "url")) else _members("channel")


def _lost_custom(
    properties: JSONValue, coverage: Mapping[str, Coverage], at: str, known: frozenset[str]
) -> Iterator[str]:
    for index, item in enumerate(properties if isinstance(properties, list) else ()):
        inner, place = coverage.get(_text(item, "property")), f"{at}/{index}"
        if inner is None:
            yield place
            continue
        for name, member in item.items():
            within = {"property": ALL, "value": inner}.get(name)
            yield from _lost(member, within, f"{place}/{escape(str(name))}", known)


def _text(item: JSONValue, key: str) -> str:
    value = item.get(key) if isinstance(item, Mapping) else None
    return value if isinstance(value, str) else ""
