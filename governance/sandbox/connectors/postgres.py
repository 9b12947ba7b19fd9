"""Postgres databases, read by SQLAlchemy and its own catalogue."""

from collections.abc import Iterator
from typing import Any, ClassVar

import psycopg
from sqlalchemy import URL, Connection, Engine, text

from governance.sandbox.connectors.database import (
    ColumnType,
    Database,
    read_database,
)
from governance.sandbox.types import Source, SourceProfile, SourceUnreadable

# What the name of a type says is said by the catalogue alone: its kind, and for a domain the type
# below it. Only types of pg_catalog and of known extensions are known by their names.
TYPES = """
WITH RECURSIVE resolved (id, base) AS (
  SELECT oid, oid FROM pg_type
  UNION ALL
  SELECT r.id, t.typbasetype FROM resolved r JOIN pg_type t ON t.oid = r.base WHERE t.typtype = 'd'
)
SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), t.typtype, t.typcategory,
       t.typname, n.nspname = 'pg_catalog'
FROM pg_class c
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN resolved r ON r.id = a.atttypid
JOIN pg_type t ON t.oid = r.base AND t.typtype <> 'd'
JOIN pg_namespace n ON n.oid = t.typnamespace
WHERE c.relnamespace = CAST(:schema AS regnamespace) AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
ORDER BY c.relname, a.attnum
"""
TABLES = """
SELECT relname, relkind, reltuples, relhassubclass, relispartition FROM pg_class
WHERE relnamespace = CAST(:schema AS regnamespace) AND relkind IN ('r', 'p', 'v', 'm', 'f')
"""
KINDS = {"p": "partitioned table", "f": "foreign table"}
LOGICAL_TYPES = {
    "boolean": "bool",
    "integer": "int2 int4 int8 oid",
    "number": "float4 float8 numeric money",
    "date": "date",
    "time": "time timetz",
    "timestamp": "timestamp timestamptz",
    "object": "json jsonb",
}
LOGICAL_TYPE_OF = {
    name: logical_type for logical_type, names in LOGICAL_TYPES.items() for name in names.split()
}
CODES = {
    "42501": "no-permission",
    "57014": "timeout",
    "55000": "no-data-yet",
    "42P01": "broken-view",
    "42703": "broken-view",
    "42883": "broken-view",
    "57P01": "connection-lost",
    "3D000": "no-database",
    "28000": "login-refused",
    "28P01": "login-refused",
}
# A failed login has no code; libpq in the child writes English, the server maybe not.
PHRASES = (
    (("Connection refused", "timeout", "unreachable", "No route"), "unreachable"),
    (("FATAL:  database",), "no-database"),
    (("password", "authentication", "pg_hba", "FATAL"), "login-refused"),
    (("closed the connection", "connection is lost", "connection is closed"), "connection-lost"),
)


class Postgres(Database):
    default_schema: ClassVar[str] = "public"
    reflects_at_once: ClassVar[bool] = True

    def create_engine(self) -> Engine:
        return super().create_engine().execution_options(postgresql_readonly=True)

    def url(self, dialect: str) -> URL:
        """Return an address without parts: libpq is given them all, the checked one among them."""
        return URL.create(dialect)

    def connect_args(self) -> dict[str, Any]:
        names = ("host", "hostaddr", "port", "dbname", "user", "password")
        database = self.source.database
        # The files and names of our own user are none of the source's business.
        return {name: database.get(name) for name in names} | {
            "connect_timeout": 5,
            "application_name": "assay",
            "passfile": "/dev/null/none",
            "gssencmode": "disable",
            "prepare_threshold": None,
        }

    def limit(self, connection: Connection) -> None:
        seconds = self.statement_seconds
        connection.exec_driver_sql(f"SET LOCAL statement_timeout = '{seconds}s'")

    def unreadable(self, error: Exception) -> SourceUnreadable:
        cause = getattr(error, "orig", None) or error
        state = getattr(cause, "sqlstate", None)
        if state is not None:
            code = CODES.get(state, "not-counted")
            return SourceUnreadable(code, "" if state in CODES else f"(SQLSTATE {state})")
        message = str(cause)
        if not isinstance(cause, psycopg.OperationalError):
            return super().unreadable(error)
        for phrases, code in PHRASES:
            if any(phrase in message for phrase in phrases):
                return SourceUnreadable(code)
        return SourceUnreadable("not-understood")

    def types(self, connection: Connection) -> dict[str, dict[str, ColumnType]]:
        tables: dict[str, dict[str, ColumnType]] = {}
        for table, column, name, *known in connection.execute(text(TYPES), {"schema": self.quoted}):
            columns = tables.setdefault(table, {})
            columns[column] = ColumnType(name, logical_type_of(*known))
        return tables

    def rows_about(self, connection: Connection) -> dict[str, int]:
        rows = connection.execute(text(TABLES), {"schema": self.quoted})
        # A table that was never analyzed has -1, in older versions 0.
        return {row.relname: round(row.reltuples) for row in rows if row.reltuples > 0}

    def kinds(self, connection: Connection) -> dict[str, str]:
        rows = connection.execute(text(TABLES), {"schema": self.quoted})
        return {row.relname: KINDS[row.relkind] for row in rows if row.relkind in KINDS}

    def unenforced(self, connection: Connection) -> set[tuple[str, str]]:
        """Return the tables whose children, which a query reads too, have indexes of their own."""
        rows = connection.execute(text(TABLES), {"schema": self.quoted})
        return {(row.relname, "") for row in rows if row.relkind == "r" and row.relhassubclass}

    @property
    def quoted(self) -> str:
        return '"' + (self.schema or "").replace('"', '""') + '"'


def read(source: Source) -> Iterator[SourceProfile]:
    """Yield the tables of a schema. Raises SourceUnreadable."""
    yield from read_database(Postgres(source))


def logical_type_of(kind: str, category: str, name: str, is_builtin: object) -> str:
    """Return the logical type of a pg_type by typtype, typcategory, typname and its schema."""
    if kind == "c":
        return "object"
    if kind == "b" and category == "A":
        return "array"
    if kind != "b":  # enums, ranges and multiranges are written as text
        return "string"
    if not is_builtin:
        return "object" if name == "hstore" else "string"
    return LOGICAL_TYPE_OF.get(name, "string")
