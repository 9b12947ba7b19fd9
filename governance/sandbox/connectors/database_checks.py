"""Checks of a table in a database, by SQLAlchemy inside the sandbox.

The database computes what it can, in read-only transactions with a limit of time. Patterns that it
cannot search, and keys of another source, are compared with the distinct values of a column.
"""

import json
import os
import time
import warnings
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    ColumnClause,
    FromClause,
    LargeBinary,
    case,
    cast,
    collate,
    column,
    func,
    literal,
    quoted_name,
    select,
    text,
    type_coerce,
)
from sqlalchemy import table as table_clause
from sqlalchemy.dialects.mysql import CHAR
from sqlalchemy.exc import SAWarning
from sqlalchemy.types import String, Text

from governance.sandbox.check_conditions import (
    TYPE_PATTERNS,
    Column,
    Condition,
    Functions,
    all_present,
    is_present,
    key_of,
)
from governance.sandbox.check_parts import PartBuilder
from governance.sandbox.check_samples import as_sample
from governance.sandbox.check_scan import Scan
from governance.sandbox.check_sql import Scope
from governance.sandbox.checks import (
    MAX_KEYS,
    WHOLE_TABLE_KINDS,
    Check,
    CheckRequest,
    CheckResult,
    KeyRequest,
)
from governance.sandbox.connectors.content import content_of
from governance.sandbox.connectors.database import Database
from governance.sandbox.connectors.database_groups import DATABASES
from governance.sandbox.connectors.engine import require_pattern, restricted_connection
from governance.sandbox.connectors.file_checks import Progress
from governance.sandbox.connectors.file_table import place_of
from governance.sandbox.statistics import Element, Row, Statement
from governance.sandbox.types import Source, SourceUnreadable

SECONDS = 40
MAX_DISTINCT_SAMPLES = 20


class PlainFunctions(Functions):
    """SQL that every database understands."""

    def count_if(self, condition: Element) -> Element:
        return func.sum(case((condition, 1), else_=0))

    def matches(self, column: Column, pattern: str) -> Element | None:
        return None


class MySQLFunctions(PlainFunctions):
    def text_literal(self, text: str) -> Element:
        return type_coerce(literal(text.encode(), LargeBinary), LargeBinary)

    def matches(self, column: Column, pattern: str) -> Element:
        return _mysql_text(column).op("REGEXP", is_comparison=True)(pattern)

    def length(self, column: Column) -> Element:
        return func.char_length(_mysql_text(column))

    def epoch(self, value: Element) -> Element:
        return func.timestampdiff(text("SECOND"), "1970-01-01", value)


class SQLiteFunctions(PlainFunctions):
    def length(self, column: Column) -> Element:
        return func.length(cast(column.value, Text))

    def moment(self, value: Element) -> Element:
        return func.julianday(value)

    def epoch(self, value: Element) -> Element:
        return (value - 2440587.5) * 86400

    def number(self, text: str) -> Decimal | float | int | None:
        number = super().number(text)
        return float(number) if isinstance(number, Decimal) else number


FUNCTIONS: Mapping[str, Functions] = {
    "postgresql": Functions(),
    "mysql": MySQLFunctions(),
    "mariadb": MySQLFunctions(),
    "sqlite": SQLiteFunctions(),
}


def _mysql_text(column: Column) -> Element:
    return collate(cast(column.value, CHAR(charset="utf8mb4")), "utf8mb4_bin")


class DatabaseTable:
    """A table or view of a database, at most its first `max_rows`; see CheckedTable."""

    def __init__(
        self,
        database: Database,
        name: str,
        *,
        key_files: Mapping[str, int],
        aliases: Sequence[str] = (),
        max_rows: int | None = None,
    ) -> None:
        self.database = database
        self.key_files = key_files
        self.engine = database.engine.dialect.name
        self.functions = FUNCTIONS.get(self.engine, PlainFunctions())
        self.name, self.types = self._known_table(name)
        self.max_rows = max_rows
        names = dict.fromkeys((name, *aliases), self.name)
        self.scope = Scope(names, schema=database.schema or "", has_others=True)

    def _known_table(self, name: str) -> tuple[str, Mapping[str, str]]:
        try:
            return name, self.database.logical_types(name)
        except SourceUnreadable as error:
            if error.code != "no-table":
                raise
        # Postgres folds names to lower case, and people write them as they like.
        folded = name.casefold()
        return folded, self.database.logical_types(folded)

    def rows(self) -> FromClause:
        schema = self.database.schema
        columns: list[ColumnClause[Any]] = [
            column(quoted_name(name, quote=True)) for name in self.types
        ]
        table = table_clause(
            quoted_name(self.name, quote=True),
            *columns,
            schema=None if schema is None else quoted_name(schema, quote=True),
        )
        if self.max_rows is None:
            return table.alias("r")
        return select(*columns).select_from(table).limit(self.max_rows).subquery("r")

    def find(self, name: str) -> Column:
        names = list(self.types)
        if (place := place_of(name, names)) is None:
            raise SourceUnreadable("no-column", name)
        value: Element = column(quoted_name(names[place], quote=True))
        return Column(
            name=names[place],
            value=value,
            text=self._text_of(value),
            logical_type=self.types[names[place]],
        )

    def _text_of(self, value: Element) -> Element:
        if self.engine == "postgresql":
            return collate(cast(value, Text), "C")
        if self.engine in ("mysql", "mariadb"):
            as_text = cast(value, CHAR(charset="utf8mb4"))
            return type_coerce(cast(as_text, LargeBinary), LargeBinary)
        if self.engine == "sqlite":
            return collate(cast(value, Text), "BINARY")
        return cast(value, String)

    def fetch(self, statement: Statement, seconds: float) -> Sequence[Row]:
        self.database.statement_seconds = max(1, round(seconds))
        return self.database.fetch(statement)

    def fetch_sql(self, sql: str, seconds: float) -> Sequence[Row]:
        self.database.statement_seconds = max(1, round(seconds))
        return self.database.fetch_sql(sql)

    def require_pattern(self, pattern: str) -> None:
        require_pattern(restricted_connection(), pattern)

    def unmatched(self, check: Check) -> Condition | None:
        return None

    def count_unmatched(self, check: Check, seconds: float) -> CheckResult:
        """Look up the keys of all rows in the reference, which was read before."""
        if check.reference is None or check.key not in self.key_files:
            raise SourceUnreadable("no-reference")
        columns = [self.find(name) for name in (*check.columns, *check.compared)]
        n = len(check.columns)
        known = _read_keys(self.key_files[check.key])
        known_keys = {key[:n] for key in known}
        tested = failing = 0
        samples: list[Mapping[str, str | None]] = []
        complete = all_present(check, columns[:n], self.functions)
        for *values, count in self.distinct(columns, complete, seconds):
            key = tuple(map(key_of, map(_decoded, values)))
            if check.compared and key[:n] not in known_keys:
                continue
            tested += int(count)
            if key not in known:
                failing += int(count)
                names = (column.name for column in columns)
                samples.append(dict(zip(names, key, strict=True)))
        return CheckResult(
            key=check.key,
            observed=failing,
            tested=tested,
            failing=failing,
            samples=tuple(samples[:MAX_DISTINCT_SAMPLES]),
        )

    def by_values(self, check: Check, column: Column, seconds: float) -> CheckResult:
        """Search the distinct values of a column for a pattern, by RE2."""
        present = is_present(check, column, self.functions)
        rows = self.distinct([column], present, seconds)
        pattern = check.pattern or TYPE_PATTERNS[check.logical_type]
        texts = [as_sample(_decoded(value)) for value, _ in rows]
        connection = restricted_connection()
        matching = connection.execute(
            "SELECT regexp_matches(t, $pattern) FROM (SELECT unnest($texts::VARCHAR[]) AS t)",
            {"pattern": pattern, "texts": texts},
        ).fetchall()
        counts = [int(n) for _, n in rows]
        failing = [place for place, (matches,) in enumerate(matching) if not matches]
        n_failing = sum(counts[place] for place in failing)
        return CheckResult(
            key=check.key,
            observed=n_failing,
            tested=sum(counts),
            failing=n_failing,
            samples=tuple({column.name: texts[place]} for place in failing[:MAX_DISTINCT_SAMPLES]),
        )

    def distinct(
        self, columns: Sequence[Column], condition: Element, seconds: float
    ) -> Sequence[Row]:
        """Return the distinct values of columns with their rows. Raises SourceUnreadable."""
        values = [
            (known.text if known.logical_type in ("", "string") else known.value).label(f"k{place}")
            for place, known in enumerate(columns)
        ]
        rows = select(*values).select_from(self.rows()).where(condition).subquery("d")
        names = [rows.c[f"k{place}"] for place in range(len(values))]
        statement = select(*names, func.count()).select_from(rows).group_by(*names)
        fetched = self.fetch(statement.limit(MAX_KEYS + 1), seconds)
        if len(fetched) > MAX_KEYS:
            raise SourceUnreadable("too-many-keys", f"There are more than {MAX_KEYS:,}.")
        return fetched


def _decoded(value: object) -> object:
    return bytes(value).decode(errors="replace") if isinstance(value, bytes | memoryview) else value


def _read_keys(descriptor: int) -> set[tuple[str | None, ...]]:
    with os.fdopen(os.dup(descriptor)) as lines:
        return {tuple(json.loads(line)) for line in lines}


def check(source: Source, request: CheckRequest) -> Iterator[Progress]:
    """Yield the results of one table or view. Raises SourceUnreadable."""
    database = _database(source)
    ends_at = time.monotonic() + request.seconds
    of_all_rows = [item for item in request.checks if item.kind in WHOLE_TABLE_KINDS]
    rest = [item for item in request.checks if item not in of_all_rows]
    portions: list[tuple[Sequence[Check], int | None]] = [(request.checks, None)]
    if request.max_rows:
        portions = [(rest, request.max_rows), (of_all_rows, None)]
    rows: int | None = None
    for checks, max_rows in portions:
        table = DatabaseTable(
            database,
            request.table,
            key_files=dict(source.key_files),
            aliases=request.aliases,
            max_rows=max_rows,
        )
        scan = Scan(PartBuilder(table, request), ends_at)
        for results in scan.measure(checks):
            rows = scan.rows if rows is None else rows
            yield Progress(results, rows)


def keys(source: Source, request: KeyRequest) -> Iterator[list[list[str | None]]]:
    """Yield the different keys of one table or view. Raises SourceUnreadable."""
    table = DatabaseTable(_database(source), request.table, key_files={})
    columns = [table.find(name) for name in request.columns]
    rows = table.distinct(columns, columns[0].is_present, SECONDS)
    yield [[key_of(_decoded(value)) for value in values] for *values, _ in rows]


def _database(source: Source) -> Database:
    if source.kind == "sqlite":
        content_of(source.descriptor, source.kind)
    # A type that SQLAlchemy does not know is our own business.
    warnings.simplefilter("ignore", SAWarning)
    return DATABASES[source.kind](source, statement_seconds=SECONDS)
