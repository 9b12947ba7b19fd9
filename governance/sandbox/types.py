"""What the sandbox is given and what it returns; pure."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from typing import NamedTuple

from catalog.types import JSONObject
from governance.sandbox.checks import CheckRequest, KeyRequest
from governance.sandbox.groups import GroupRequest

FILE_KINDS = ("parquet", "csv", "json", "sqlite")
# A file that has only the end of a Parquet file, at its place.
FOOTER = "parquet-footer"
KINDS = (*FILE_KINDS, FOOTER, "postgres", "mysql", "database")
# What is shown of the values of a column, whichever engine computes it.
N_TOP_VALUES = 5
N_BINS = 10
SHARES = (0.05, 0.25, 0.5, 0.75, 0.95)
MAX_TEXT_LENGTH = 120
# Logical types of values that can be binned.
NUMBERS = ("integer", "number")


class Key(NamedTuple):
    """The columns that together identify a row of a table."""

    table: str
    columns: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Source:
    """An open file, or a database at a checked address; `wal` is the open log of an SQLite file.

    `values_of` names the columns (as `table.column`, or `*`) whose minimum, maximum and top values
    may be read; of all others only counts are. `keys` are declared by the contract: one of several
    columns is counted as a whole. `tables` are declared too and are read before all others. With
    `groups`, `checks` or `keys_for` (another table's checks) nothing else is read, and with a
    `query` only how long it takes. `key_files` are open files with the keys that checks need, by
    the key of the check.
    """

    kind: str = ""
    descriptor: int = -1
    wal: int = -1
    database: dict[str, str] = field(default_factory=dict)
    values_of: tuple[str, ...] = ()
    keys: tuple[Key, ...] = ()
    tables: tuple[str, ...] = ()
    max_tables: int = 1000
    max_columns: int = 5000
    is_schema_only: bool = False
    groups: GroupRequest | None = None
    query: str = ""
    query_seconds: float = 0
    checks: CheckRequest | None = None
    keys_for: KeyRequest | None = None
    key_files: tuple[tuple[str, int], ...] = ()

    def can_read_values(self, table: str, column: str) -> bool:
        return "*" in self.values_of or f"{table}.{column}" in self.values_of

    def keys_of(self, table: str) -> list[tuple[str, ...]]:
        return [key.columns for key in self.keys if key.table == table]

    @classmethod
    def from_json(cls, source: JSONObject) -> Source:
        names = {name: tuple(source[name]) for name in ("values_of", "tables")}
        keys = tuple(Key(table, tuple(columns)) for table, columns in source["keys"])
        files = tuple((key, descriptor) for key, descriptor in source["key_files"])
        requests = {
            "groups": GroupRequest.from_json(source["groups"]) if source["groups"] else None,
            "checks": CheckRequest.from_json(source["checks"]) if source["checks"] else None,
            "keys_for": KeyRequest.from_json(source["keys_for"]) if source["keys_for"] else None,
        }
        return cls(**source | names | requests | {"keys": keys, "key_files": files})


class QueryTimes(NamedTuple):
    """Seconds to connect and sign in, and then until the first row was there."""

    connect: float
    first_row: float


class Quantile(NamedTuple):
    """The value that `share` (0 to 1) of a column's values do not exceed."""

    share: float
    value: str


class Bin(NamedTuple):
    """The number of rows from `low` to below `high`; the last bin includes its `high`."""

    low: str
    high: str
    rows: int


@dataclass(frozen=True)
class KeyProfile:
    """Columns that are unique together; `duplicates` are the rows that repeat an earlier one.

    A key that the source enforces is not counted. `reason` says why another one was not.
    """

    columns: tuple[str, ...]
    is_enforced: bool = False
    duplicates: int | None = None
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class ColumnProfile:
    """One column: its types and counts; `null_share` from 0 to 1.

    `logical_type` is empty if the source says nothing of it: a column of text without a value.
    `n_values` are the values looked at, without nulls; `is_exact` is True if the distinct ones
    among them were counted, not estimated. `allowed_values` are those of an enum, from the
    catalogue. `reason` says, as a sentence, why figures are missing. `n_sampled` values were tested
    for personal data; `detections` are codes of detectors and how many of these values each counts.
    `fields` and `items` are what is nested in an object or an array; they have types, no figures.
    """

    name: str
    physical_type: str
    logical_type: str
    description: str = ""
    is_required: bool = False
    is_primary_key: bool = False
    is_unique: bool = False
    is_computed: bool = False
    allowed_values: tuple[str, ...] = ()
    n_values: int | None = None
    null_share: float | None = None
    n_distinct: int | None = None
    is_exact: bool = False
    min: str | None = None
    max: str | None = None
    top_values: tuple[tuple[str, int], ...] = ()
    quantiles: tuple[Quantile, ...] = ()
    histogram: tuple[Bin, ...] = ()
    reason: str = ""
    n_sampled: int = 0
    detections: tuple[tuple[str, int], ...] = ()
    fields: tuple[ColumnProfile, ...] = ()
    items: ColumnProfile | None = None

    @property
    def has_values(self) -> bool:
        bounds = self.min is not None or self.max is not None
        return bounds or bool(self.top_values or self.quantiles or self.histogram)

    def without_values(self) -> ColumnProfile:
        return replace(self, min=None, max=None, top_values=(), quantiles=(), histogram=())

    @classmethod
    def from_json(cls, column: JSONObject) -> ColumnProfile:
        items = column.get("items")
        return cls(
            **column
            | {
                "allowed_values": tuple(column.get("allowed_values", ())),
                "top_values": tuple((value, count) for value, count in column["top_values"]),
                "detections": tuple((code, count) for code, count in column.get("detections", ())),
                "quantiles": tuple(Quantile(*pair) for pair in column.get("quantiles", ())),
                "histogram": tuple(Bin(*part) for part in column.get("histogram", ())),
                "fields": tuple(map(cls.from_json, column.get("fields", ()))),
                "items": cls.from_json(items) if items else None,
            }
        )


@dataclass(frozen=True, kw_only=True)
class TableProfile:
    """One table or view, or the one table of a file.

    `rows` is None if they were not counted; `rows_about` is an estimate of the source itself.
    `is_text` is True if the format has only text, so the types are derived from the values.
    `is_sample` is True if only the first `rows` rows were read: there may be more. `reason` says,
    as a sentence, why the table was not read, or not whole; `is_cut` is True if it has columns that
    are not listed, maybe all.
    """

    name: str
    rows: int | None
    columns: tuple[ColumnProfile, ...]
    physical_type: str = "table"
    description: str = ""
    keys: tuple[KeyProfile, ...] = ()
    rows_about: int | None = None
    is_text: bool = False
    is_sample: bool = False
    is_cut: bool = False
    reason: str = ""

    @property
    def has_values(self) -> bool:
        return any(column.has_values for column in self.columns)

    def as_json(self) -> JSONObject:
        return asdict(self)

    def for_readers(self) -> JSONObject:
        """Return what everybody may know; what looks like personal data is for the editors."""
        table = self.as_json()
        for column in table["columns"]:
            del column["n_sampled"], column["detections"]
        return table

    @classmethod
    def from_json(cls, table: JSONObject) -> TableProfile:
        columns = tuple(map(ColumnProfile.from_json, table["columns"]))
        keys = tuple(
            KeyProfile(**key | {"columns": tuple(key["columns"])}) for key in table.get("keys", ())
        )
        return cls(**table | {"columns": columns, "keys": keys})


@dataclass(frozen=True)
class SourceProfile:
    """The tables of a source; `note` says, as a sentence, what of it is not listed."""

    tables: list[TableProfile]
    note: str = ""


# The reason of a table that is listed and not counted yet; it remains if a limit ends the reading.
PENDING = "Not counted: reading ended at the limit of time or memory."


class SourceUnreadable(Exception):
    """The source could not be read; `code` is stable, neither text holds a value of the data.

    `detail` says more about this one source: a line, a type, a setting.
    """

    MESSAGES = {
        "not-found": "File not found.",
        "not-a-file": "The path does not lead to a file.",
        "outside-folder": "The path is not in a folder of the product's domain.",
        "wrong-format": "The content does not have the stated format.",
        "too-costly": "Reading it exceeded the time or memory limit.",
        "refused": "Blocked: the address is not on the allow-list.",
        "unreachable": "The server did not answer.",
        "not-understood": "What answers at this address is not a database of the stated type.",
        "login-refused": "The server refused the login; check user, secret and network rules.",
        "no-database": "The server has no such database, or the user may not use it.",
        "connection-lost": "The server closed the connection.",
        "no-driver": "A Python package is missing.",
        "no-module": "It needs a module of SQLite that is not here.",
        "uncommitted-log": "The file’s write-ahead log is too large, or changes while it is read;"
        " a checkpoint (PRAGMA wal_checkpoint) brings it into the file.",
        "no-permission": "The user of the source may not read it.",
        "timeout": "It took longer than a statement may.",
        "no-data-yet": "The materialized view has no data yet; refresh it.",
        "broken-view": "It needs something that does not exist or may not be used.",
        "unresolved": "The name of the host could not be resolved.",
        "no-address": "The server in the contract names no host, or no port.",
        "secret-not-for-this": "The named secret is not for this domain and server.",
        "no-secret": "The named secret is not set.",
        "denied": "The storage refuses access.",
        "no-location": "The server in the contract names no place that can be read.",
        "not-readable-here": "Assay cannot read this type of source.",
        "empty": "No tables found.",
        "not-counted": "It could not be counted.",
        "no-table": "The source has no such table.",
        "no-column": "The source has no such column.",
        "too-many-groups": "It has too many groups.",
        "no-groups": "Its values are no groups.",
        "query-refused": "The query of the probe is not run.",
        "invalid-sql": "Its SQL may not run.",
        "invalid-pattern": "Its pattern is not a regular expression of RE2.",
        "not-comparable": "Its values cannot be compared like this.",
        "no-number": "Its SELECT returns no single number.",
        "no-reference": "What it is compared with cannot be read.",
        "too-many-keys": "It has too many different keys to be compared.",
        "needs-all-rows": "It needs all rows, and only the first ones were read.",
        "stopped": "Reading it broke off.",
        "failed": "Reading it failed unexpectedly.",
    }

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(unreadable_message(code, detail))
        self.code = code
        self.detail = detail


def unreadable_message(code: str, detail: str) -> str:
    """Return why a source could not be read, as sentences."""
    message = SourceUnreadable.MESSAGES.get(code, code)
    return f"{message} {detail}".strip()
