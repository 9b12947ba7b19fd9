"""A document that came, with what was edited since; pure.

What was edited is the difference between the dataset that is written from the documents of the
import and the one that is written from those of today.
"""

from collections.abc import Iterator, Mapping

from catalog.manifests.formats.croissant.linked_data import Context
from catalog.manifests.formats.croissant.vocabulary import CONTEXT
from catalog.types import JSONObject, JSONValue

_OURS = Context(CONTEXT)


def merge(original: JSONObject, before: JSONObject, after: JSONObject) -> JSONObject:
    """Return the original with the changes that lead from one written dataset to the other.

    Without changes it is the original itself.
    """
    changed = {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)} - {
        "@context",
        "@id",
    }
    if not changed:
        return original
    merged = _merge(Context.of(original), original, before, after)
    return {"@context": _context(original), **{k: v for k, v in merged.items() if k != "@context"}}


def _merge(
    context: Context,
    original: Mapping[str, JSONValue],
    before: Mapping[str, JSONValue],
    after: Mapping[str, JSONValue],
) -> JSONObject:
    merged = dict(original)
    for key in dict.fromkeys([*before, *after]):
        old, new = before.get(key), after.get(key)
        if old == new or key.startswith("@"):
            continue
        spelled = [name for name in merged if context.name(name) == _OURS.name(key)]
        current = merged.get(spelled[0]) if spelled else None
        for name in spelled[1:] if new is not None else spelled:
            del merged[name]
        if new is not None:
            merged[spelled[0] if spelled else key] = _value(context, current, old, new)
    return merged


def _value(context: Context, current: JSONValue, old: JSONValue, new: JSONValue) -> JSONValue:
    """Return a member as it becomes; nodes that have an id are changed one by one."""
    if not _is_nodes(new) or not (old is None or _is_nodes(old)):
        return new
    nodes = {
        node["@id"]: node
        for node in (current if isinstance(current, list) else [current])
        if isinstance(node, Mapping) and isinstance(node.get("@id"), str)
    }
    earlier = {node["@id"]: node for node in old or ()}
    return [
        _merge(context, nodes[node["@id"]], earlier[node["@id"]], node)
        if node["@id"] in nodes and node["@id"] in earlier
        else node
        for node in new
    ]


def _is_nodes(value: JSONValue) -> bool:
    return isinstance(value, list) and all(
        isinstance(item, Mapping) and "@type" in item and "@id" in item for item in value
    )


def _context(original: Mapping[str, JSONValue]) -> JSONValue:
    """Return the context of a document with those terms of ours that it neither defines nor uses.

    `containedIn` of version 1.0 is another property than that of 1.1.
    """
    declared = original.get("@context")
    if not isinstance(declared, Mapping):
        return declared
    used = set(_keys(original))
    return {key: term for key, term in CONTEXT.items() if key not in used} | dict(declared)


def _keys(value: JSONValue) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, member in value.items():
            yield str(key)
            yield from _keys(member)
    elif isinstance(value, list):
        for item in value:
            yield from _keys(item)
