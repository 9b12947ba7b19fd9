"""One table of a contract as a flat list of columns, and the table after edits; pure."""

import copy
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from jsonpointer import resolve_pointer

from catalog.types import JSONObject, JSONValue

LOGICAL_TYPES = (
    "string",
    "integer",
    "number",
    "boolean",
    "date",
    "timestamp",
    "time",
    "object",
    "array",
)
# The fields of a column that an editor shows, and their keys in the contract.
TEXT_KEYS = {
    "name": "name",
    "type": "logicalType",
    "description": "description",
    "classification": "classification",
}
FLAG_KEYS = {"required": "required", "key": "primaryKey"}


@dataclass(frozen=True)
class Column:
    """One column or nested field: its JSON Pointer in the table, its depth, and its object."""

    pointer: str
    depth: int
    node: Mapping[str, JSONValue]

    def fields(self) -> JSONObject:
        fields: JSONObject = {name: self.node.get(key, "") for name, key in TEXT_KEYS.items()}
        return fields | {name: self.node.get(key) is True for name, key in FLAG_KEYS.items()}


def iter_columns(table: Mapping[str, JSONValue]) -> list[Column]:
    """Return the columns of a table, each after the one that it is nested in."""
    return list(_walk(table, "", 0))


def apply_edits(
    table: Mapping[str, JSONValue],
    *,
    changed: Mapping[str, Mapping[str, JSONValue]],
    removed: Sequence[str] = (),
    added: Sequence[Mapping[str, JSONValue]] = (),
) -> JSONObject:
    """Return a table with columns changed and removed, by pointer, and others added at its end.

    A change has the keys of `Column.fields`; what an editor does not show of a column is kept.
    """
    result: JSONObject = copy.deepcopy(dict(table))
    for pointer, fields in changed.items():
        _set_fields(resolve_pointer(result, pointer), fields)
    # From the last to the first, so that the pointers of the others stay right.
    indexes = {pointer: list(map(int, re.findall(r"[0-9]+", pointer))) for pointer in removed}
    for pointer in sorted(indexes, key=lambda pointer: indexes[pointer], reverse=True):
        parent, _slash, index = pointer.rpartition("/")
        resolve_pointer(result, parent).pop(int(index))
    for fields in added:
        column: JSONObject = {}
        _set_fields(column, fields)
        result.setdefault("properties", []).append(column)
    return result


def _walk(node: Mapping[str, JSONValue], at: str, depth: int) -> Iterator[Column]:
    for index, item in enumerate(node.get("properties") or ()):
        pointer = f"{at}/properties/{index}"
        yield Column(pointer, depth, item)
        yield from _walk(item, pointer, depth + 1)
        items = item.get("items")
        if isinstance(items, Mapping):
            yield from _walk(items, f"{pointer}/items", depth + 1)


def _set_fields(node: JSONObject, fields: Mapping[str, JSONValue]) -> None:
    texts = {key: str(fields.get(name) or "").strip() for name, key in TEXT_KEYS.items()}
    flags = {key: bool(fields.get(name)) for name, key in FLAG_KEYS.items()}
    for key, value in (texts | flags).items():
        if value:
            node[key] = value
        else:
            node.pop(key, None)
