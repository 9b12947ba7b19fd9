"""MySQL and MariaDB databases, read by SQLAlchemy and its own catalogue."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any, ClassVar

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError, UnreflectableTableError

from governance.sandbox.connectors.database import (
    ColumnType,
    Database,
    read_database,
)
from governance.sandbox.types import Source, SourceProfile, SourceUnreadable

TYPES = """
SELECT table_name, column_name, column_type, data_type FROM information_schema.columns
WHERE table_schema = :schema ORDER BY table_name, ordinal_position
"""
TABLES = """
SELECT table_name, table_type, table_rows FROM information_schema.tables
WHERE table_schema = :schema
"""
KINDS = {"SYSTEM VERSIONED": "system-versioned table"}
LOGICAL_TYPES = {
    "integer": "tinyint smallint mediumint int bigint year",
    "number": "decimal float double",
    "date": "date",
    "time": "time",
    "timestamp": "datetime timestamp",
    "object": "json",
}
LOGICAL_TYPE_OF = {
    name: logical_type for logical_type, names in LOGICAL_TYPES.items() for name in names.split()
}
# What MySQL has in place of a type of two values.
BOOLEANS = ("tinyint(1)", "bit(1)")
CODES = {
    1044: "no-database",
    1049: "no-database",
    1045: "login-refused",
    1130: "login-refused",
    1129: "login-refused",
    1251: "login-refused",
    1698: "login-refused",
    2059: "login-refused",
    1142: "no-permission",
    1143: "no-permission",
    1227: "no-permission",
    1370: "no-permission",
    1356: "broken-view",
    1146: "broken-view",
    1054: "broken-view",
    1969: "timeout",
    3024: "timeout",
    2003: "unreachable",
    2006: "connection-lost",
    2013: "connection-lost",
    2014: "not-understood",
    2027: "not-understood",
}


class MySQL(Database):
    max_rows: ClassVar[int] = 200_000

    @property
    def schema(self) -> str | None:
        """Return the database: what MySQL calls a schema is the same."""
        return self.source.database.get("dbname") or None

    def connect_args(self) -> dict[str, Any]:
        # A server that asks for a local file of ours gets none.
        read_timeout = self.statement_seconds + 5
        return {"connect_timeout": 5, "read_timeout": read_timeout, "local_infile": False}

    def limit(self, connection: Connection) -> None:
        seconds = self.statement_seconds
        if connection.info.get("limit") == seconds:
            return
        connection.info["limit"] = seconds
        limits = (
            f"SET SESSION max_execution_time = {seconds * 1000}",  # MySQL
            f"SET SESSION max_statement_time = {seconds}",  # MariaDB
        )
        for statement in limits:
            with suppress(DBAPIError):
                connection.exec_driver_sql(statement)
        connection.exec_driver_sql("SET SESSION TRANSACTION READ ONLY")

    def unreadable(self, error: Exception) -> SourceUnreadable:
        if isinstance(error, UnreflectableTableError):
            return SourceUnreadable("broken-view")
        cause = getattr(error, "orig", None) or error
        number = cause.args[0] if cause.args and isinstance(cause.args[0], int) else None
        if number is None:
            is_driver = type(cause).__module__.startswith("pymysql")
            return SourceUnreadable("not-understood") if is_driver else super().unreadable(error)
        code = CODES.get(number, "not-counted")
        return SourceUnreadable(code, "" if number in CODES else f"(error {number})")

    def types(self, connection: Connection) -> dict[str, dict[str, ColumnType]]:
        tables: dict[str, dict[str, ColumnType]] = {}
        for table, column, physical, name in connection.execute(
            text(TYPES), {"schema": self.schema}
        ):
            logical = "boolean" if physical in BOOLEANS else LOGICAL_TYPE_OF.get(name, "string")
            tables.setdefault(table, {})[column] = ColumnType(physical, logical)
        return tables

    def rows_about(self, connection: Connection) -> dict[str, int]:
        rows = connection.execute(text(TABLES), {"schema": self.schema})
        return {table: int(number) for table, _, number in rows if number}

    def kinds(self, connection: Connection) -> dict[str, str]:
        """Return the tables that SHOW TABLES gives another kind, so that none is left out."""
        rows = connection.execute(text(TABLES), {"schema": self.schema})
        return {table: KINDS[kind] for table, kind, _ in rows if kind in KINDS}


def read(source: Source) -> Iterator[SourceProfile]:
    """Yield the tables of a database. Raises SourceUnreadable."""
    yield from read_database(MySQL(source))
