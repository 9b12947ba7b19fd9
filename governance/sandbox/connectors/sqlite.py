"""SQLite files, read by the standard library inside the sandbox."""
# ruff: noqa: S608 - names of tables and columns are quoted

import sqlite3
from collections.abc import Iterator

from governance.sandbox.connectors.columns import quoted, with_values
from governance.sandbox.types import (
    ColumnProfile,
    Source,
    SourceProfile,
    SourceUnreadable,
    TableProfile,
    logical_type_of,
)

# SQLite has no type for dates and timestamps: a text column has one if every value matches.
DATE = "[0-9][0-9][0-9][0-9]-[0-1][0-9]-[0-3][0-9]"
TEXT_PATTERNS = {"date": DATE, "timestamp": f"{DATE}[T ][0-2][0-9]:[0-5][0-9]*"}
COUNTS_PER_COLUMN = 2 + len(TEXT_PATTERNS)
TABLES = (
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"
)


def read(source: Source) -> Iterator[SourceProfile]:
    """Return the tables of the file. Raises SourceUnreadable."""
    uri = f"file:/proc/self/fd/{source.descriptor}?mode=ro&immutable=1"
    try:
        connection = sqlite3.connect(uri, uri=True)
        connection.execute("PRAGMA trusted_schema=OFF")
        connection.execute("PRAGMA cell_size_check=ON")
        names = [str(row[0]) for row in connection.execute(TABLES)][: source.max_tables]
        tables = [_table(connection, source, name) for name in names]
    except sqlite3.Error as error:
        raise SourceUnreadable("wrong-format") from error
    yield SourceProfile(tables)


def _table(connection: sqlite3.Connection, source: Source, table: str) -> TableProfile:
    described = connection.execute(f"PRAGMA table_info({quoted(table)})").fetchall()
    described = described[: source.max_columns]
    unique = _unique_columns(connection, table)
    parts = ["count(*)"]
    for column in described:
        name = quoted(column[1])
        parts += [f"count({name})", f"count(DISTINCT {name})"]
        parts += [f"total({name} GLOB '{pattern}')" for pattern in TEXT_PATTERNS.values()]
    rows, *counts = _counts(connection, table, parts)
    columns = []
    for index, (_, name, physical_type, is_required, _, key_position) in enumerate(described):
        present, n_distinct, *matches = counts[COUNTS_PER_COLUMN * index :][:COUNTS_PER_COLUMN]
        column = ColumnProfile(
            name=name,
            physical_type=physical_type or "ANY",
            logical_type=_logical_type(physical_type or "ANY", present, matches),
            is_required=bool(is_required or key_position),
            is_primary_key=bool(key_position),
            is_unique=name in unique,
            null_share=1 - present / rows if rows else None,
            n_distinct=n_distinct,
            is_exact=True,
        )
        if source.can_read_values(table, name):
            column = with_values(column, connection, quoted(table))
        columns.append(column)
    return TableProfile(name=table, rows=rows, columns=tuple(columns))


def _counts(connection: sqlite3.Connection, table: str, parts: list[str]) -> list[int]:
    """Count in pieces, because SQLite limits the number of results of a statement."""
    numbers: list[int] = []
    for start in range(0, len(parts), 1000):
        piece = ", ".join(parts[start : start + 1000])
        numbers += connection.execute(f"SELECT {piece} FROM {quoted(table)}").fetchone()
    return numbers


def _unique_columns(connection: sqlite3.Connection, table: str) -> set[str]:
    """Return the columns with a unique index of their own."""
    unique = set()
    for index in connection.execute(f"PRAGMA index_list({quoted(table)})").fetchall():
        indexed = connection.execute(f"PRAGMA index_info({quoted(str(index[1]))})").fetchall()
        if index[2] and len(indexed) == 1:
            unique.add(str(indexed[0][2]))
    return unique


def _logical_type(physical_type: str, present: int, matches: list[int]) -> str:
    declared = logical_type_of(physical_type)
    if declared != "string" or not present:
        return declared
    counts = zip(TEXT_PATTERNS, matches, strict=True)
    return next((name for name, count in counts if count == present), declared)
