"""SQLite files, read by the standard library inside the child."""
# ruff: noqa: S608 - names of tables and columns are quoted

from __future__ import annotations

import sqlite3

from governance.sandbox.types import (
    ColumnProfile,
    Source,
    SourceUnreadable,
    TableProfile,
    logical_type_of,
)

FREQUENT = 5
# SQLite has no type for days and moments: a text column holds them where every value is one.
DAY = "[0-9][0-9][0-9][0-9]-[0-1][0-9]-[0-3][0-9]"
WRITTEN_AS = {"date": DAY, "timestamp": f"{DAY}[T ][0-2][0-9]:[0-5][0-9]*"}
COUNTS_EACH = 2 + len(WRITTEN_AS)
TABLES = (
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"
)


def read(source: Source) -> list[TableProfile]:
    """Return the tables of the file. Raises SourceUnreadable."""
    uri = f"file:/proc/self/fd/{source.descriptor}?mode=ro&immutable=1"
    try:
        connection = sqlite3.connect(uri, uri=True)
        connection.execute("PRAGMA trusted_schema=OFF")
        connection.execute("PRAGMA cell_size_check=ON")
        names = [str(row[0]) for row in connection.execute(TABLES)][: source.most_tables]
        tables = [_table(connection, source, name) for name in names]
    except sqlite3.Error as error:
        raise SourceUnreadable("wrong-format") from error
    return tables


def _table(connection: sqlite3.Connection, source: Source, table: str) -> TableProfile:
    described = connection.execute(f"PRAGMA table_info({_quoted(table)})").fetchall()
    described = described[: source.most_columns]
    unique = _unique_columns(connection, table)
    parts = ["count(*)"]
    for column in described:
        name = _quoted(str(column[1]))
        parts += [f"count({name})", f"count(DISTINCT {name})"]
        parts += [f"total({name} GLOB '{pattern}')" for pattern in WRITTEN_AS.values()]
    numbers = _counts(connection, table, parts)
    rows = numbers[0]
    columns = tuple(
        _column(connection, source, table, column, unique, numbers[1 + COUNTS_EACH * place :], rows)
        for place, column in enumerate(described)
    )
    return TableProfile(name=table, rows=rows, columns=columns)


def _counts(connection: sqlite3.Connection, table: str, parts: list[str]) -> list[int]:
    """Count in pieces, for SQLite bounds how many results one statement may have."""
    numbers: list[int] = []
    for start in range(0, len(parts), 1000):
        piece = ", ".join(parts[start : start + 1000])
        numbers += connection.execute(f"SELECT {piece} FROM {_quoted(table)}").fetchone()
    return numbers


def _unique_columns(connection: sqlite3.Connection, table: str) -> set[str]:
    """Return the columns that a unique index of their own covers."""
    found = set()
    for index in connection.execute(f"PRAGMA index_list({_quoted(table)})").fetchall():
        inside = connection.execute(f"PRAGMA index_info({_quoted(str(index[1]))})").fetchall()
        if index[2] and len(inside) == 1:
            found.add(str(inside[0][2]))
    return found


def _column(
    connection: sqlite3.Connection,
    source: Source,
    table: str,
    column: tuple[object, ...],
    unique: set[str],
    counts: list[int],
    rows: int,
) -> ColumnProfile:
    name, physical_type = str(column[1]), str(column[2]) or "ANY"
    present, distinct, *written = counts[:COUNTS_EACH]
    shown = source.may_show(table, name)
    least, greatest, frequent = (
        _values(connection, table, _quoted(name)) if shown else (None, None, ())
    )
    return ColumnProfile(
        name=name,
        physical_type=physical_type,
        logical_type=_logical_type(physical_type, present, written),
        is_required=bool(column[3]) or bool(column[5]),
        is_primary_key=bool(column[5]),
        is_unique=name in unique,
        null_share=1 - present / rows if rows else None,
        distinct=distinct,
        is_counted=True,
        least=least,
        greatest=greatest,
        frequent=frequent,
    )


def _logical_type(physical_type: str, present: int, written: list[int]) -> str:
    declared = logical_type_of(physical_type)
    if declared != "string" or not present:
        return declared
    forms = zip(WRITTEN_AS, written, strict=True)
    return next((name for name, count in forms if count == present), declared)


def _values(
    connection: sqlite3.Connection, table: str, quoted: str
) -> tuple[str | None, str | None, tuple[tuple[str, int], ...]]:
    least, greatest = connection.execute(
        f"SELECT min({quoted}), max({quoted}) FROM {_quoted(table)}"
    ).fetchone()
    frequent = connection.execute(
        f"SELECT {quoted}, count(*) FROM {_quoted(table)} WHERE {quoted} IS NOT NULL "
        f"GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT {FREQUENT}"
    ).fetchall()
    return (
        None if least is None else str(least)[:120],
        None if greatest is None else str(greatest)[:120],
        tuple((str(value)[:120], int(count)) for value, count in frequent),
    )


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
