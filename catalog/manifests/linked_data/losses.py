"""What a product's document says that its linked data does not: locations in the document; pure.

What COVERAGE does not name is lost, so a new field of the standard is reported too.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from jsonpointer import escape

from catalog.issues import Issue, Severity
from catalog.manifests.linked_data.graph import address
from catalog.types import JSONObject, JSONValue

MESSAGE = "DCAT-AP has no place for this, so it is left out."
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


_ANSWERS = Coverage(items=_members("state", "text", "reason"))
_IMBALANCES = _members(
    *("attribute", "group", "share", "n", "referenceShare"), reference=_members("name", "date")
)
_CONTACT = _members("channel", "url")
COVERAGE = _members(
    *("apiVersion", "kind", "id", "name", "version", "status", "domain", "tags"),
    description=_members("purpose", "limitations", "usage"),
    support=Coverage(items=_CONTACT),
    outputPorts=Coverage(
        items=_members(
            *("name", "version", "description", "contractId", "deprecated"),
            customProperties=_custom("assayEndsOn"),
        )
    ),
    inputPorts=Coverage(items=_members(customProperties=_custom("assaySource"))),
    customProperties=_custom(
        *("license", "citation", "assaySlug", "assaySensitivity"),
        assayProvenance=_members(
            "questionSet", answers=_ANSWERS, imbalances=Coverage(items=_IMBALANCES)
        ),
    ),
)


def losses_of(tree: JSONObject, *, known_inputs: Collection[str]) -> list[Issue]:
    """Return what the linked data of a document leaves out, each part once, by its location.

    `known_inputs` are the input ports whose products the reader can see.
    """
    return [
        Issue(code="not-kept", severity=Severity.WARNING, message=MESSAGE, hint=HINT, location=at)
        for at in _lost(tree, COVERAGE, "", frozenset(known_inputs))
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
            inner = coverage.items if _has_place(at, index, item, known) else None
            if at == "/support" and inner is _CONTACT and not address(_text(item, "url")):
                inner = _members("channel")
            yield from _lost(item, inner, f"{at}/{index}", known)


def _has_place(at: str, index: int, item: JSONValue, known: frozenset[str]) -> bool:
    """Return True unless an item is lost: an input from elsewhere, an eleventh contact."""
    if at == "/inputPorts":
        return _text(item, "name") in known
    return at != "/support" or index < MAX_CONTACTS


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
