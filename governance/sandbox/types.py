"""What the sandbox is asked to read, and what it saw; pure."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

FILE_KINDS = ("parquet", "csv", "json", "sqlite")
KINDS = (*FILE_KINDS, "postgres")


@dataclass(frozen=True, kw_only=True)
class Source:
    """A place to read: an opened file, or a database at a checked address.

    `values_of` names the columns (as `table.column`, or `*`) whose least, greatest and frequent
    values may be looked at; of all others only counts are.
    """

    kind: str
    descriptor: int = -1
    database: dict[str, str] = field(default_factory=dict)
    values_of: tuple[str, ...] = ()
    most_tables: int = 200
    most_columns: int = 5000

    def may_show(self, table: str, column: str) -> bool:
        """Say whether a column's values may be looked at."""
        return "*" in self.values_of or f"{table}.{column}" in self.values_of


@dataclass(frozen=True, kw_only=True)
class ColumnProfile:
    """One column: its types, and of its values the counts; shares from 0 to 1.

    `is_counted` says that `distinct` was counted, not estimated.
    """

    name: str
    physical_type: str
    logical_type: str
    is_required: bool = False
    is_primary_key: bool = False
    is_unique: bool = False
    null_share: float | None = None
    distinct: int | None = None
    is_counted: bool = False
    least: str | None = None
    greatest: str | None = None
    frequent: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, kw_only=True)
class TableProfile:
    """One table, or the one table that a file holds.

    `is_text` says that the format knows only text, so its types are a guess from the values.
    """

    name: str
    rows: int
    columns: tuple[ColumnProfile, ...]
    is_text: bool = False

    def as_json(self) -> dict[str, Any]:
        """Return the table as JSON values."""
        return asdict(self)

    @classmethod
    def of(cls, table: dict[str, Any]) -> TableProfile:
        """Return the table that `as_json` wrote."""
        columns = tuple(
            ColumnProfile(**{**column, "frequent": tuple(map(tuple, column["frequent"]))})
            for column in table["columns"]
        )
        is_text = table.get("is_text", False)
        return cls(name=table["name"], rows=table["rows"], columns=columns, is_text=is_text)


class SourceUnreadable(Exception):
    """The source could not be read; `code` is stable, the message holds no value of the data."""

    MESSAGES = {
        "not-found": "There is no such file.",
        "outside-root": "The path leads out of the files root.",
        "wrong-format": "The content is not of the stated format.",
        "too-costly": "Reading it took more time or memory than is allowed.",
        "refused": "Its address may not be called.",
        "unreachable": "The server does not answer.",
        "no-secret": "The secret that it names is not set.",
        "not-readable-here": "Sources of this kind are not read.",
        "empty": "It holds no table.",
    }

    def __init__(self, code: str) -> None:
        super().__init__(self.MESSAGES[code])
        self.code = code


LOGICAL_TYPES = (
    (("bool", "bit"), "boolean"),
    (("timestamp", "datetime"), "timestamp"),
    (("date",), "date"),
    (("time", "interval"), "time"),
    (("decimal", "numeric", "double", "float", "real", "money"), "number"),
    (("tinyint", "smallint", "bigint", "hugeint", "int", "uint", "usmallint", "serial"), "integer"),
    (("struct", "map", "json", "row", "union"), "object"),
    (("list", "array"), "array"),
)


def logical_type_of(physical_type: str) -> str:
    """Return the ODCS logical type of a column's physical type; text where nothing else fits."""
    name = physical_type.strip().lower()
    if name.endswith("]"):
        return "array"
    for starts, logical in LOGICAL_TYPES:
        if name.startswith(starts):
            return logical
    return "string"
