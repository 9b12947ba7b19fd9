"""Makes the rows of the demo mesh with DuckDB and writes them as the files that contracts name.

The same seed and day always give the same rows. The only module here that loads DuckDB.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from config.demo.manifests import answer_file, data_file
from config.demo.notation import Column, DomainSpec, Port, Product, Table

SQL = Path(__file__).parent / "sql"
SEED = 7
FILE_KINDS = ("parquet", "csv", "json", "sqlite")
TYPES = {
    "string": "VARCHAR",
    "integer": "BIGINT",
    "number": "DOUBLE",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "timestamp": "TIMESTAMP",
}
SQLITE_TYPES = {"integer": "INTEGER", "number": "REAL", "boolean": "INTEGER"}
COPY = {
    "parquet": "FORMAT parquet, COMPRESSION zstd",
    "csv": "FORMAT csv, HEADER true",
    "json": "FORMAT json, ARRAY true",
}
Connection = duckdb.DuckDBPyConnection


def make_rows(*, day: date, seed: int = SEED) -> Connection:
    """Return a database in memory that holds every relation of `sql/`, as of a day."""
    connection = duckdb.connect(config={"autoinstall_known_extensions": "false", "threads": "2"})
    _run(connection, f"CREATE MACRO as_of_day() AS DATE '{day.isoformat()}'")
    _run(connection, f"CREATE MACRO seed() AS {seed:d}")
    for path in sorted(SQL.glob("*.sql")):
        _run(connection, path.read_text(encoding="utf-8"))
    return connection


def write_files(
    mesh: tuple[DomainSpec, ...],
    *,
    files: Path,
    answers: Path,
    day: date,
    say: Callable[[str], None] = lambda line: None,
) -> int:
    """Write what the ports of the mesh serve; return the number of files.

    Files of a port lie below `files`, those that the HTTP source answers with below `answers`. Each
    is written beside and then swapped in.
    """
    connection, written = make_rows(day=day), 0
    for sketch in mesh:
        for product, port in _served(sketch):
            target = answers / answer_file(port) if port.kind == "api" else None
            _write(connection, product, port, target or files / data_file(product, port))
            written += 1
        say(f"files of {sketch.name}")
    connection.close()
    return written


def columns_sql(table: Table) -> str:
    """Return the select list of a table: its columns in order, in the types of the contract."""
    return ", ".join(_column_sql(column) for column in table.columns)


def _served(sketch: DomainSpec) -> Iterator[tuple[Product, Port]]:
    for product in sketch.products:
        for port in product.ports:
            # A retired product's files are gone; a far server's rows are not ours to write.
            if product.status != "retired" and port.kind in (*FILE_KINDS, "api"):
                yield product, port


def _write(connection: Connection, product: Product, port: Port, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.with_name(f".{target.name}.new")
    beside.unlink(missing_ok=True)
    if port.kind == "sqlite":
        _write_sqlite(connection, product.tables, beside)
    else:
        options = COPY["json" if port.kind == "api" else port.kind]
        select = _select(product.tables[0])
        _run(connection, f"COPY ({select}) TO '{_quoted(str(beside))}' ({options})")
    beside.replace(target)


def _write_sqlite(connection: Connection, tables: tuple[Table, ...], target: Path) -> None:
    database = sqlite3.connect(target)
    with database:
        for table in tables:
            columns = ", ".join(
                f'"{column.name}" {SQLITE_TYPES.get(column.logical_type, "TEXT")}'
                for column in table.columns
            )
            database.execute(f'CREATE TABLE "{table.name}" ({columns})')
            marks = ", ".join("?" for _ in table.columns)
            rows = connection.execute(_select(table)).fetchall()
            database.executemany(
                f'INSERT INTO "{table.name}" VALUES ({marks})',  # noqa: S608  our own names
                [tuple(map(_plain, row)) for row in rows],
            )
    database.close()


def _plain(value: Any) -> Any:
    """Dates and moments as ISO 8601 text, which SQLite has no type for."""
    return value.isoformat(sep=" ") if hasattr(value, "hour") else _plain_day(value)


def _plain_day(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _select(table: Table) -> str:
    schema, name = table.rows.split(".")
    return f'SELECT {columns_sql(table)} FROM "{schema}"."{name}" ORDER BY ALL'  # noqa: S608


def _column_sql(column: Column) -> str:
    kind = TYPES.get(column.logical_type)
    return f'CAST("{column.name}" AS {kind}) AS "{column.name}"' if kind else f'"{column.name}"'


def _quoted(text: str) -> str:
    return text.replace("'", "''")


def _run(connection: Connection, statement: str) -> None:
    # DuckDB answers as a stream; until it is read to its end the next statement is refused.
    connection.execute(statement).fetchall()
