"""What the sandbox is given and what it returns; pure."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace

from catalog.types import JSONObject

FILE_KINDS = ("parquet", "csv", "json", "sqlite")
KINDS = (*FILE_KINDS, "postgres")


@dataclass(frozen=True, kw_only=True)
class Source:
    """An open file, or a database at a checked address.

    `values_of` names the columns (as `table.column`, or `*`) whose minimum, maximum and top values
    may be read; of all others only counts are.
    """

    kind: str
    descriptor: int = -1
    database: dict[str, str] = field(default_factory=dict)
    values_of: tuple[str, ...] = ()
    max_tables: int = 200
    max_columns: int = 5000

    def can_read_values(self, table: str, column: str) -> bool:
        return "*" in self.values_of or f"{table}.{column}" in self.values_of


@dataclass(frozen=True, kw_only=True)
class ColumnProfile:
    """One column: its types and counts; `null_share` from 0 to 1.

    `is_exact` is True if `n_distinct` was counted, not estimated.
    """

    name: str
    physical_type: str
    logical_type: str
    is_required: bool = False
    is_primary_key: bool = False
    is_unique: bool = False
    null_share: float | None = None
    n_distinct: int | None = None
    is_exact: bool = False
    min: str | None = None
    max: str | None = None
    top_values: tuple[tuple[str, int], ...] = ()

    @property
    def has_values(self) -> bool:
        return self.min is not None or self.max is not None or bool(self.top_values)

    def without_values(self) -> ColumnProfile:
        return replace(self, min=None, max=None, top_values=())


@dataclass(frozen=True, kw_only=True)
class TableProfile:
    """One table, or the one table of a file.

    `is_text` is True if the format has only text, so the types are guessed from the values.
    `is_sample` is True if only the first `rows` rows were read: there may be more.
    """

    name: str
    rows: int
    columns: tuple[ColumnProfile, ...]
    is_text: bool = False
    is_sample: bool = False

    @property
    def has_values(self) -> bool:
        return any(column.has_values for column in self.columns)

    def as_json(self) -> JSONObject:
        return asdict(self)

    @classmethod
    def from_json(cls, table: JSONObject) -> TableProfile:
        columns = tuple(
            ColumnProfile(**{**column, "top_values": tuple(map(tuple, column["top_values"]))})
            for column in table["columns"]
        )
        return cls(**{**table, "columns": columns})


class SourceUnreadable(Exception):
    """The source could not be read; `code` is stable, the message holds no value of the data."""

    MESSAGES = {
        "not-found": "File not found.",
        "outside-folder": "The path is not in a folder of the product's domain.",
        "wrong-format": "The content does not have the stated format.",
        "too-costly": "Reading it exceeded the time or memory limit.",
        "refused": "Blocked: the address is not on the allow-list.",
        "unreachable": "The server did not answer.",
        "no-secret": "The named secret is not set.",
        "not-readable-here": "Assay cannot read this type of source.",
        "empty": "No tables found.",
        "failed": "Reading it failed unexpectedly; the log has the cause.",
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
    """Return the ODCS logical type of a column's physical type; string if nothing else fits."""
    name = physical_type.strip().lower()
    if name.endswith("]"):
        return "array"
    for prefixes, logical_type in LOGICAL_TYPES:
        if name.startswith(prefixes):
            return logical_type
    return "string"
