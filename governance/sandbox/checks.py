"""What is checked of a table's rows, and what is measured for each check; pure.

docs/quality-checks.md defines every number. Whether a check passed is judged elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Literal, TypeAlias, get_args

from catalog.types import JSONObject

CheckKind: TypeAlias = Literal[
    "row_count",
    "missing",
    "duplicates",
    "range",
    "length",
    "allowed_values",
    "pattern",
    "type_conformity",
    "expression",
    "reference",
    "accuracy",
    "freshness",
    "distribution",
    "sql",
]
CHECK_KINDS: tuple[CheckKind, ...] = get_args(CheckKind)
# These are true of all rows or of none: they are never measured on the first rows.
WHOLE_TABLE_KINDS: tuple[CheckKind, ...] = ("row_count", "freshness", "sql")
MAX_CHECKS = 500
MAX_KEYS = 500_000
MAX_GROUPS = 200
MAX_SQL_LENGTH = 10_000
MAX_PATTERN_LENGTH = 1000
# The group of all values that a baseline does not name.
OTHER = "(other)"


@dataclass(frozen=True, kw_only=True)
class Reference:
    """The rows that keys are looked up in: `server` names one of those given to run_checks.

    `columns` are the keys there, in the order of the check's columns; `compared` are the columns
    there whose values must be equal, in the order of the check's `compared`.
    """

    server: str
    table: str
    columns: tuple[str, ...]
    compared: tuple[str, ...] = ()

    @classmethod
    def from_json(cls, reference: JSONObject) -> Reference:
        return cls(**reference | {name: tuple(reference[name]) for name in ("columns", "compared")})


@dataclass(frozen=True, kw_only=True)
class Check:
    """One rule on a table; `key` is unique within a request.

    `columns` are looked up by exact name, else ignoring case; `address.city` is a member of a
    nested column, in files only. The conditions on a value (`minimum` to `pattern`) can be
    combined: a value is invalid if it breaks one of them. Bounds are numbers, dates or timestamps
    as text (ISO 8601) and are themselves valid unless `is_exclusive`. `missing` are texts that
    count as missing too, besides null. `pattern` (RE2) must be found in the value; `^` and `$` make
    it the whole. `sql` is a boolean expression on one row, or one SELECT of one number.
    `baseline` has the expected share (0 to 1) of each group: a value, or a bin of `bins`.
    """

    key: str
    kind: CheckKind
    columns: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    minimum: str | None = None
    maximum: str | None = None
    is_exclusive: bool = False
    min_length: int | None = None
    max_length: int | None = None
    allowed: tuple[str, ...] | None = None
    forbidden: tuple[str, ...] = ()
    pattern: str = ""
    logical_type: str = ""
    sql: str = ""
    compared: tuple[str, ...] = ()
    reference: Reference | None = None
    bins: tuple[float, ...] = ()
    baseline: tuple[tuple[str, float], ...] = ()

    @classmethod
    def from_json(cls, check: JSONObject) -> Check:
        names = ("columns", "missing", "forbidden", "compared", "bins")
        tuples: JSONObject = {name: tuple(check[name]) for name in names}
        tuples["allowed"] = None if check["allowed"] is None else tuple(check["allowed"])
        tuples["baseline"] = tuple((group, share) for group, share in check["baseline"])
        reference = check["reference"]
        tuples["reference"] = Reference.from_json(reference) if reference else None
        return cls(**check | tuples)


@dataclass(frozen=True)
class KeyRequest:
    """The different keys of a table that rows of another one are looked up in."""

    table: str
    columns: tuple[str, ...]

    @classmethod
    def from_json(cls, request: JSONObject) -> KeyRequest:
        return cls(request["table"], tuple(request["columns"]))


@dataclass(frozen=True, kw_only=True)
class CheckRequest:
    """The checks of one table.

    `table` is ignored for files, which have one; SQL may call the table by one of `aliases` too.
    Of a failing row the columns of the check and `identifiers` (such as its key) are sampled, none
    of `classified`; a check that uses a classified column has counts only. At most the first
    `max_rows` rows are read, all without it. Ages are counted from `now` (ISO 8601 with an offset).
    After `seconds` what is not measured yet has an error.
    """

    table: str
    checks: tuple[Check, ...]
    now: str
    aliases: tuple[str, ...] = ()
    classified: tuple[str, ...] = ()
    identifiers: tuple[str, ...] = ()
    sample_limit: int = 5
    max_rows: int | None = None
    seconds: float = 40.0

    @classmethod
    def from_json(cls, request: JSONObject) -> CheckRequest:
        names = ("aliases", "classified", "identifiers")
        tuples = {name: tuple(request[name]) for name in names}
        checks = tuple(map(Check.from_json, request["checks"]))
        return cls(**request | tuples | {"checks": checks})


@dataclass(frozen=True, kw_only=True)
class CheckResult:
    """What was measured for a check, or `code` and `error` (a sentence) of why nothing was.

    `observed` is the number that a threshold is compared with: rows (row_count), keys that occur
    more than once (duplicates), age in seconds (freshness), total variation distance from the
    baseline (distribution), the number of a SELECT (sql), else the failing rows. It is None
    without an error if there is none: no value (freshness), no baseline yet, a SELECT of null.
    `value` is the newest value of freshness as text. `groups` are the counts of a distribution.
    `seconds` is the time of the statement, which checks of the same `scan` share. `samples` are
    some failing rows, each by column name as text.
    """

    key: str
    observed: float | None = None
    tested: int | None = None
    failing: int | None = None
    is_sample: bool = False
    seconds: float = 0.0
    scan: int = 0
    value: str = ""
    groups: tuple[tuple[str, int], ...] = ()
    samples: tuple[Mapping[str, str | None], ...] = field(default=())
    code: str = ""
    error: str = ""

    @property
    def is_error(self) -> bool:
        return bool(self.code)

    def as_json(self) -> JSONObject:
        return asdict(self)

    @classmethod
    def from_json(cls, result: JSONObject) -> CheckResult:
        groups = tuple((group, n) for group, n in result["groups"])
        return cls(**result | {"groups": groups, "samples": tuple(result["samples"])})


@dataclass(frozen=True, kw_only=True)
class CheckRun:
    """The results of all checks of a table, in their order.

    `rows` were read: all of the table, or the first ones if `is_sample`. `note` says, as a
    sentence, what of the source was read. `seconds` is the whole run, the start of the process
    included.
    """

    rows: int | None
    results: tuple[CheckResult, ...]
    is_sample: bool = False
    note: str = ""
    seconds: float = 0.0

    def result(self, key: str) -> CheckResult:
        return next(result for result in self.results if result.key == key)

    def as_json(self) -> JSONObject:
        return asdict(self)

    @classmethod
    def from_json(cls, run: JSONObject) -> CheckRun:
        return cls(**run | {"results": tuple(map(CheckResult.from_json, run["results"]))})
