"""SQLite files, read by SQLAlchemy inside the sandbox."""

import re
import sqlite3
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from sqlalchemy import Connection, Engine, case, create_engine, event, func, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import StaticPool

from governance.sandbox.connectors.content import content_of
from governance.sandbox.connectors.database import (
    ColumnType,
    Database,
    read_database,
)
from governance.sandbox.connectors.sqlite_wal import current_content
from governance.sandbox.statistics import Element, Scan, measure
from governance.sandbox.types import (
    ColumnProfile,
    Source,
    SourceProfile,
    SourceUnreadable,
    TableProfile,
)

# SQLite has no type for dates and timestamps: a column has one if every value matches.
DATE = "[0-9][0-9][0-9][0-9]-[0-1][0-9]-[0-3][0-9]"
TIMESTAMP = f"{DATE}[T ][0-2][0-9]:[0-5][0-9]*"
OPERATIONS_PER_CHECK = 10_000
# https://www.sqlite.org/datatype3.html, section 3.1: the first rule that applies decides.
AFFINITIES = (
    (("INT",), "integer"),
    (("CHAR", "CLOB", "TEXT"), "string"),
    (("BLOB",), "string"),
    (("REAL", "FLOA", "DOUB"), "number"),
)
# All other names have the affinity NUMERIC; these say what their writer meant.
NUMERIC_NAMES = {
    "boolean": "boolean",
    "bool": "boolean",
    "date": "date",
    "datetime": "timestamp",
    "timestamp": "timestamp",
    "time": "time",
    "json": "object",
    "numeric": "number",
    "decimal": "number",
    "number": "number",
    "money": "number",
}
CODES = {
    "SQLITE_INTERRUPT": "timeout",
    "SQLITE_NOTADB": "wrong-format",
    "SQLITE_CORRUPT": "wrong-format",
    "SQLITE_NOMEM": "too-costly",
    "SQLITE_TOOBIG": "too-costly",
}
MISSING_MODULE = re.compile(r"no such module: (\w+)\Z")
MISSING = re.compile(r"no such (table|column|function)|error in view|circularly defined")
CONDITIONAL_INDEXES = """
SELECT m.name, l.name FROM sqlite_master m, pragma_index_list(m.name) l
WHERE m.type = 'table' AND l.partial = 1
"""


class SQLite(Database):
    # Constraints make indexes too; asked for by name, they need no reading of the CREATE TABLE.
    reflection_options: ClassVar[dict[str, dict[str, Any]]] = {
        "indexes": {"include_auto_indexes": True}
    }

    def create_engine(self) -> Engine:
        engine = create_engine("sqlite://", creator=self.open, poolclass=StaticPool)
        event.listen(engine, "begin", self.limit)
        return engine

    def open(self) -> sqlite3.Connection:
        """Open the file as it is committed; raises SourceUnreadable if that cannot be known."""
        content = current_content(self.source.descriptor, self.source.wal)
        if content is None:
            uri = f"file:/proc/self/fd/{self.source.descriptor}?mode=ro&immutable=1"
            connection = sqlite3.connect(uri, uri=True)
        else:
            connection = sqlite3.connect(":memory:")
            connection.deserialize(content)
        for pragma in ("trusted_schema=OFF", "cell_size_check=ON", "query_only=ON"):
            connection.execute(f"PRAGMA {pragma}")
        # Bytes of another encoding are shown with a sign for each wrong one.
        connection.text_factory = lambda raw: raw.decode(errors="replace")
        return connection

    @property
    def schema(self) -> str | None:
        return None

    def limit(self, connection: Connection) -> None:
        ends_at = time.monotonic() + self.statement_seconds
        driver = connection.connection.driver_connection
        assert isinstance(driver, sqlite3.Connection)
        driver.set_progress_handler(lambda: time.monotonic() > ends_at, OPERATIONS_PER_CHECK)

    def unreadable(self, error: Exception) -> SourceUnreadable:
        if isinstance(error, SourceUnreadable):
            return error
        cause = error.orig if isinstance(error, DBAPIError) and error.orig else error
        name = str(getattr(cause, "sqlite_errorname", ""))
        if code := next((CODES[key] for key in CODES if name.startswith(key)), ""):
            return SourceUnreadable(code)
        if module := MISSING_MODULE.search(str(cause)):
            return SourceUnreadable("no-module", f"({module[1]})")
        if MISSING.search(str(cause)):
            return SourceUnreadable("broken-view")
        return super().unreadable(error)

    def types(self, connection: Connection) -> dict[str, dict[str, ColumnType]]:
        names = connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'table'"))
        quote = self.engine.dialect.identifier_preparer.quote_identifier
        tables: dict[str, dict[str, ColumnType]] = {}
        for name in names.scalars().all():
            try:
                columns = connection.exec_driver_sql(f"PRAGMA table_xinfo({quote(name)})")
            except DBAPIError:
                continue
            tables[name] = {
                row.name: ColumnType(row.type or "ANY", declared_type(row.type))
                for row in columns
                if row.hidden != 1
            }
        return tables

    def unenforced(self, connection: Connection) -> set[tuple[str, str]]:
        return {(table, index) for table, index in connection.execute(text(CONDITIONAL_INDEXES))}

    def refined(self, profile: TableProfile, scan: Scan) -> TableProfile:
        """Return a table whose logical types are those of the values that SQLite has stored."""
        stored = measure(profile.columns, scan, stored_classes)
        columns = [
            column
            if isinstance(counts := stored[column.name], str) or not column.n_values
            else replace(
                column,
                logical_type=stored_type(column, *(int(count or 0) for count in counts)),
            )
            for column in profile.columns
        ]
        return replace(profile, columns=tuple(columns))


def read(source: Source) -> Iterator[SourceProfile]:
    """Yield the tables and views of the file. Raises SourceUnreadable."""
    content_of(source.descriptor, source.kind)
    yield from read_database(SQLite(source))


def declared_type(name: str) -> str:
    """Return the logical type of a declared type; empty if it lets the values decide."""
    upper = name.upper()
    for parts, logical_type in AFFINITIES:
        if any(part in upper for part in parts):
            return logical_type
    return NUMERIC_NAMES.get(name.partition("(")[0].strip().casefold(), "")


def stored_classes(column: ColumnProfile, values: Element) -> Sequence[Element]:
    """Count the values of each storage class, and the texts that are dates or timestamps."""
    tests = [func.typeof(values) == name for name in ("integer", "real")]
    tests += [values.op("GLOB", is_comparison=True)(pattern) for pattern in (DATE, TIMESTAMP)]
    return [func.sum(case((test, 1), else_=0)) for test in tests]


def stored_type(
    column: ColumnProfile, integers: int, reals: int, dates: int, timestamps: int
) -> str:
    """Return the logical type that a column has in its values."""
    declared, n = column.logical_type, column.n_values
    if dates == n:
        return "timestamp" if declared == "timestamp" else "date"
    if timestamps == n:
        return "timestamp"
    if declared in ("string", "time", "object"):
        return declared
    if integers + reals < (n or 0):
        return "string"
    numeric = "number" if reals else "integer"
    return numeric if declared in ("", "integer") else declared
