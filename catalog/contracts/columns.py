"""One table of a contract as a flat list of columns, and the table again after edits; pure."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

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
# What an editor knows of a column, and under which name the contract says it.
WORDS = {"name": "name", "type": "logicalType", "description": "description"}
WORDS |= {"classification": "classification"}
FLAGS = {"required": "required", "key": "primaryKey"}


@dataclass(frozen=True)
class Column:
    """One column or nested field: its JSON Pointer within the table, its depth, and itself."""

    pointer: str
    depth: int
    node: Mapping[str, Any]

    def words(self) -> dict[str, Any]:
        """Return what an editor shows of the column."""
        words: dict[str, Any] = {name: self.node.get(key, "") for name, key in WORDS.items()}
        return words | {name: self.node.get(key) is True for name, key in FLAGS.items()}


def iter_columns(table: Mapping[str, Any]) -> list[Column]:
    """Return the columns of a table, each behind the one that it lies in."""
    return list(_walk(table, "", 0))


def edited(
    table: Mapping[str, Any],
    *,
    changed: Mapping[str, Mapping[str, Any]],
    gone: Sequence[str] = (),
    added: Sequence[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    """Return the table with columns changed and gone, by pointer, and some more at its end.

    A change holds what `Column.words` does; what an editor does not know of a column is kept.
    """
    result: dict[str, Any] = copy.deepcopy(dict(table))
    for pointer, words in changed.items():
        _say(_at(result, pointer), words)
    for pointer in sorted(gone, key=_order, reverse=True):
        parent, _slash, index = pointer.rpartition("/")
        _at(result, parent).pop(int(index))
    for words in added:
        column: dict[str, Any] = {}
        _say(column, words)
        result.setdefault("properties", []).append(column)
    return result


def _walk(node: Mapping[str, Any], at: str, depth: int) -> Iterator[Column]:
    for index, item in enumerate(node.get("properties") or ()):
        pointer = f"{at}/properties/{index}"
        yield Column(pointer, depth, item)
        yield from _walk(item, pointer, depth + 1)
        items = item.get("items")
        if isinstance(items, Mapping):
            yield from _walk(items, f"{pointer}/items", depth + 1)


def _say(node: dict[str, Any], words: Mapping[str, Any]) -> None:
    for name, key in WORDS.items():
        text = str(words.get(name) or "").strip()
        if text:
            node[key] = text
        else:
            node.pop(key, None)
    for name, key in FLAGS.items():
        if words.get(name):
            node[key] = True
        else:
            node.pop(key, None)


def _at(table: dict[str, Any], pointer: str) -> Any:
    node: Any = table
    for step in pointer.split("/")[1:]:
        node = node[int(step)] if isinstance(node, list) else node[step]
    return node


def _order(pointer: str) -> list[int]:
    return [int(step) for step in pointer.split("/") if step.isdigit()]
