"""Tables of a contract as record sets and fields, with the columns of their file; pure.

What a client could not read is left without a source: it is metadata then, and a loss.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from catalog.identifiers import slug_of
from catalog.issues import Issue
from catalog.manifests.formats.croissant.vocabulary import (
    DATA_TYPES,
    GROUP,
    NODE_ID,
    PHYSICAL_TYPES,
    ROW_COUNT,
)
from catalog.products.projection import custom
from catalog.types import JSONObject, JSONValue

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
# What an id of an imported document may hold: no space, nothing that an IRI cannot have.
_NODE_ID = re.compile(r"[^\s<>\"{}|\\^`%:]+")
# Names that a JSONPath can have without quotes.
_PATH_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
MAX_IDS = 255


@dataclass(frozen=True, kw_only=True)
class FileFacts:
    """The file that a port serves; `unreadable` says why clients cannot read its columns.

    `columns` are those of its first line, None if it has no such line.
    """

    name: str
    url: str
    media_type: str
    sha256: str
    size: int
    unreadable: str = ""
    has_nested: bool = False
    columns: Sequence[str] | None = None


@dataclass(frozen=True, kw_only=True)
class ColumnFigures:
    """What was measured of one column of the file; None for what is not known or not shown."""

    source_name: str = ""
    null_share: float | None = None
    n_distinct: int | None = None
    is_exact: bool = False
    min: str | None = None
    max: str | None = None


@dataclass(frozen=True, kw_only=True)
class Table:
    """One table of a contract; `columns` by their name, None if the file has not been read."""

    node: Mapping[str, JSONValue]
    pointer: str
    is_served: bool = False
    rows: int | None = None
    columns: Mapping[str, ColumnFigures] | None = None


@dataclass
class NodeIds:
    """Gives each node an `@id` of its own that every client can read."""

    used: set[str] = field(default_factory=set)
    _numbers: Counter[str] = field(default_factory=Counter)

    def allot(self, name: str, *, parent: str = "", original_id: str = "") -> str:
        known = (
            original_id if _NODE_ID.fullmatch(original_id) and original_id not in self.used else ""
        )
        plain = _UNSAFE.sub("_", name).strip("_.")[:MAX_IDS] or slug_of(name, MAX_IDS) or "node"
        base = identifier = known or (f"{parent}/{plain}" if parent else plain)
        while identifier in self.used:
            self._numbers[base] += 1
            identifier = f"{base}-{self._numbers[base] + 1}"
        self.used.add(identifier)
        return identifier


@dataclass
class TableWriter:
    """Writes record sets; what clients cannot read is added to `losses`."""

    ids: NodeIds
    file: FileFacts | None = None
    file_id: str = ""
    groups_unread: bool = True
    losses: list[Issue] = field(default_factory=list)

    def record_set(self, table: Table) -> JSONObject:
        name = str(table.node.get("name") or "table")
        original_id = str(custom(table.node, NODE_ID) or "")
        identifier = self.ids.allot(name, original_id=original_id)
        record_set: JSONObject = {"@type": "cr:RecordSet", "@id": identifier, "name": name}
        if text := _text(table.node, "description"):
            record_set["description"] = text
        if table.rows is not None:
            record_set["annotation"] = [self.row_count(identifier, table.rows)]
        fields, keys = [], []
        for at, column in columns_of(table.node, table.pointer):
            written = self.field(table, column, at, parent=identifier)
            fields.append(written)
            if column.get("primaryKey") is True:
                keys.append((_position(column), {"@id": written["@id"]}))
        if keys:
            record_set["key"] = [key for _, key in sorted(keys, key=lambda item: item[0])]
        if self.groups_unread and not any(map(_has_source, fields)):
            fields = self.grouped(identifier, fields)
        return record_set | ({"field": fields} if fields else {})

    def grouped(self, parent: str, fields: list[JSONObject]) -> list[JSONObject]:
        """Return fields without sources as parts of one: clients refuse them otherwise."""
        if all("subField" in written for written in fields):
            return fields
        group = {
            "@type": "cr:Field",
            "@id": self.ids.allot(GROUP, parent=parent),
            "name": GROUP,
            "description": "The columns of the contract; there is no file to read them from.",
            "subField": fields,
        }
        return [group]

    def row_count(self, parent: str, rows: int) -> JSONObject:
        return {
            "@type": "cr:Field",
            "@id": self.ids.allot("row-count", parent=parent),
            "name": "row count",
            "dataType": ["sc:Integer", ROW_COUNT],
            "value": rows,
        }

    def field(
        self, table: Table, column: Mapping[str, JSONValue], at: str, *, parent: str
    ) -> JSONObject:
        """Return a top-level column as a field."""
        name = str(column.get("name") or "column")
        figures = (table.columns or {}).get(name.strip())
        source = self.source_of(table, column, figures, at)
        written = self.node(column, at, parent=parent, source=source)
        if figures and (statistics := self.statistics(written, figures)):
            written["annotation"] = statistics
        return written

    def node(
        self,
        column: Mapping[str, JSONValue],
        at: str,
        *,
        parent: str,
        source: JSONObject | None,
        path: Sequence[str] = (),
        is_repeated: bool = False,
    ) -> JSONObject:
        """Return a column and all that is nested in it; `path` leads from the top column to it."""
        name = str(column.get("name") or "column")
        original_id = str(custom(column, NODE_ID) or "")
        identifier = self.ids.allot(name, parent=parent, original_id=original_id)
        written: JSONObject = {"@type": "cr:Field", "@id": identifier, "name": name}
        if text := _text(column, "description"):
            written["description"] = text
        inner, arrays, inner_at = _content(column, at)
        if arrays:
            written["isArray"] = True
            written |= {"arrayShape": ",".join(["-1"] * arrays)} if arrays > 1 else {}
        nested = list(columns_of(inner, inner_at))
        data_type = data_type_of(inner)
        if source and (
            reason := self.why_unreadable(path, arrays + is_repeated, nested, data_type)
        ):
            self.lose(at, reason)
            source = None
        elif not data_type and not nested:
            self.lose(at, "The type of the column is unknown; it is written as text.")
        if not nested:
            written["dataType"] = data_type or "sc:Text"
            return written | ({"source": _at_path(source, path)} if source else {})
        written["subField"] = [
            self.node(
                child,
                child_at,
                parent=identifier,
                source=source,
                path=(*path, str(child.get("name"))),
                is_repeated=is_repeated or arrays > 0,
            )
            for child_at, child in nested
        ]
        return written

    def source_of(
        self,
        table: Table,
        column: Mapping[str, JSONValue],
        figures: ColumnFigures | None,
        at: str,
    ) -> JSONObject | None:
        if self.file is None or not table.is_served or self.file.unreadable:
            return None
        names = [str(column.get(key) or "") for key in ("physicalName", "name")]
        if self.file.columns is not None:
            names = [name for name in names if name in self.file.columns]
        elif table.columns is not None:
            names = [figures.source_name if figures else ""]
        name = next(filter(None, names), "")
        if not name:
            self.lose(at, "The column was not found in the file, so it has no source.")
            return None
        return {"fileObject": {"@id": self.file_id}, "extract": {"column": name}}

    def why_unreadable(
        self, path: Sequence[str], arrays: int, nested: Sequence[object], data_type: str
    ) -> str:
        """Return why clients cannot read a column's values; empty if they can."""
        if (nested or path or arrays) and not (self.file and self.file.has_nested):
            return "A file of this format has no nested values, so the column has no source."
        if arrays > 1:
            return "Croissant's clients do not read lists in lists, so the column has no source."
        if not all(map(_PATH_NAME.fullmatch, path)):
            return "Croissant's clients do not find a nested column of this name."
        if not nested and not data_type:
            return "The type of the column is not one that Croissant's clients read."
        return ""

    def statistics(self, written: JSONObject, figures: ColumnFigures) -> list[JSONObject]:
        """Return what was measured of a column as annotations."""
        data_type = written.get("dataType")
        if not isinstance(data_type, str):
            return []
        distinct = "distinct values" if figures.is_exact else "distinct values (approximate)"
        measured: list[tuple[str, str, JSONValue, str]] = [
            ("null share", "sc:Float", figures.null_share, ""),
            (distinct, "sc:Integer", figures.n_distinct, ""),
            ("minimum", data_type, _as_number(figures.min, data_type), "sc:minValue"),
            ("maximum", data_type, _as_number(figures.max, data_type), "sc:maxValue"),
        ]
        return [
            {
                "@type": "cr:Field",
                "@id": self.ids.allot(name.partition(" (")[0], parent=str(written["@id"])),
                "name": name,
                "dataType": value_type,
                "value": value,
                **({"equivalentProperty": equivalent} if equivalent else {}),
            }
            for name, value_type, value, equivalent in measured
            if value is not None
        ]

    def lose(self, at: str, message: str) -> None:
        self.losses.append(Issue(location=f"contract#{at}", message=message))


def _has_source(written: JSONObject) -> bool:
    return "source" in written or any("source" in part for part in written.get("subField", ()))


def columns_of(
    node: Mapping[str, JSONValue], at: str
) -> Iterator[tuple[str, Mapping[str, JSONValue]]]:
    """Yield the columns directly in a table or column, with their JSON Pointers."""
    properties = node.get("properties")
    for index, column in enumerate(properties if isinstance(properties, list) else ()):
        if isinstance(column, Mapping):
            yield f"{at}/properties/{index}", column


def data_type_of(column: Mapping[str, JSONValue]) -> str:
    """Return the data type of a column; empty if neither of its types says one."""
    if data_type := DATA_TYPES.get(str(column.get("logicalType"))):
        return data_type
    if column.get("logicalType") in ("object", "array", "map", "vector"):
        return ""
    physical = str(column.get("physicalType") or "").casefold()
    for beginnings, data_type in PHYSICAL_TYPES:
        if physical.startswith(beginnings):
            return data_type
    return ""


def _content(column: Mapping[str, JSONValue], at: str) -> tuple[Mapping[str, JSONValue], int, str]:
    """Return what the innermost list of a column holds, how many lists there are, and where."""
    arrays = 0
    while column.get("logicalType") == "array":
        arrays += 1
        items = column.get("items")
        if not isinstance(items, Mapping):
            return {}, arrays, at
        column, at = items, f"{at}/items"
    return column, arrays, at


def _at_path(source: JSONObject, path: Sequence[str]) -> JSONObject:
    return source | {"transform": {"jsonPath": ".".join(path)}} if path else source


def _as_number(value: str | None, data_type: str) -> JSONValue:
    """Return a measured value as a number where the column has numbers."""
    try:
        if value is not None and data_type in ("sc:Integer", "sc:Float"):
            number = float(value) if data_type == "sc:Float" else int(value)
            return number if abs(number) < 2**53 else value
    except ValueError:
        pass
    return value


def _position(column: Mapping[str, JSONValue]) -> int:
    position = column.get("primaryKeyPosition")
    return position if isinstance(position, int) and position > 0 else 1 << 20


def _text(node: Mapping[str, JSONValue], key: str) -> str:
    value = node.get(key)
    return value if isinstance(value, str) else ""
