"""Parquet, CSV and JSON files, read by DuckDB inside the child.

No file says that a column must have values, so none is seen as required; the share of nulls tells.
"""
# ruff: noqa: S608 - column names are quoted, the path is a descriptor of ours

from __future__ import annotations

import duckdb

from governance.sandbox.types import (
    ColumnProfile,
    Source,
    SourceUnreadable,
    TableProfile,
    logical_type_of,
)

READERS = {
    "parquet": "read_parquet({path})",
    "csv": "read_csv({path}, sample_size=20000, max_line_size=1000000)",
    "json": "read_json({path}, maximum_object_size=4000000, sample_size=20000)",
}
SETTINGS = (
    "SET autoinstall_known_extensions=false",
    "SET autoload_known_extensions=false",
    "SET allow_community_extensions=false",
    "SET python_enable_replacements=false",
    "SET enable_progress_bar=false",
)
FREQUENT = 5
# An estimate may be off by so much; above it, values may all differ, and are counted.
NEARLY_ALL = 0.8


def read(source: Source) -> list[TableProfile]:
    """Return the file's one table. Raises SourceUnreadable."""
    path = f"/proc/self/fd/{source.descriptor}"
    connection = _locked(path)
    relation = READERS[source.kind].format(path=f"'{path}'")
    try:
        described = connection.execute(f"DESCRIBE SELECT * FROM {relation}").fetchall()
        columns = [(str(row[0]), str(row[1])) for row in described[: source.most_columns]]
        rows, counted = _counts(connection, relation, columns)
        seen = tuple(
            _column(connection, relation, source, column, counts, rows)
            for column, counts in zip(columns, counted, strict=True)
        )
    except duckdb.OutOfMemoryException as error:
        raise SourceUnreadable("too-costly") from error
    except duckdb.Error as error:
        raise SourceUnreadable("wrong-format") from error
    return [TableProfile(name="rows", rows=rows, columns=seen, is_text=source.kind == "csv")]


def _locked(path: str) -> duckdb.DuckDBPyConnection:
    """Return a connection that can read this file and nothing else."""
    connection = duckdb.connect(config={"threads": 1, "memory_limit": "400MB"})
    for setting in SETTINGS:
        connection.execute(setting)
    connection.execute("SET temp_directory=''")
    connection.execute(f"SET allowed_paths=['{path}']")
    connection.execute("SET enable_external_access=false")
    connection.execute("SET lock_configuration=true")
    return connection


def _counts(
    connection: duckdb.DuckDBPyConnection, relation: str, columns: list[tuple[str, str]]
) -> tuple[int, list[tuple[int, int]]]:
    """Return the number of rows, and of each column how many values it has and how many differ."""
    parts = ["count(*)"]
    for name, _ in columns:
        quoted = _quoted(name)
        parts += [f"count({quoted})", f"approx_count_distinct({quoted}::VARCHAR)"]
    row = connection.execute(f"SELECT {', '.join(parts)} FROM {relation}").fetchone()
    numbers = [int(value) for value in row or (0,)]
    return numbers[0], list(zip(numbers[1::2], numbers[2::2], strict=True))


def _column(
    connection: duckdb.DuckDBPyConnection,
    relation: str,
    source: Source,
    column: tuple[str, str],
    counts: tuple[int, int],
    rows: int,
) -> ColumnProfile:
    name, physical_type = column
    present, distinct = counts
    logical_type = logical_type_of(physical_type)
    least = greatest = None
    frequent: tuple[tuple[str, int], ...] = ()
    if source.may_show("rows", name) and logical_type not in ("object", "array"):
        least, greatest, frequent = _values(connection, relation, _quoted(name))
    counted = _distinct(connection, relation, name) if distinct >= present * NEARLY_ALL else None
    return ColumnProfile(
        name=name,
        physical_type=physical_type,
        logical_type=logical_type,
        null_share=1 - present / rows if rows else None,
        distinct=min(distinct, present) if counted is None else counted,
        is_counted=counted is not None,
        least=least,
        greatest=greatest,
        frequent=frequent,
    )


def _distinct(connection: duckdb.DuckDBPyConnection, relation: str, name: str) -> int | None:
    """Count a column's different values; nothing where that takes more memory than there is."""
    try:
        counting = f"SELECT count(DISTINCT {_quoted(name)}) FROM {relation}"
        row = connection.execute(counting).fetchone()
    except duckdb.OutOfMemoryException:
        return None
    return int(row[0]) if row else None


def _values(
    connection: duckdb.DuckDBPyConnection, relation: str, quoted: str
) -> tuple[str | None, str | None, tuple[tuple[str, int], ...]]:
    ends = connection.execute(
        f"SELECT min({quoted})::VARCHAR, max({quoted})::VARCHAR FROM {relation}"
    ).fetchone() or (None, None)
    frequent = connection.execute(
        f"SELECT {quoted}::VARCHAR AS value, count(*) AS n FROM {relation} "
        f"WHERE {quoted} IS NOT NULL GROUP BY 1 ORDER BY n DESC, value LIMIT {FREQUENT}"
    ).fetchall()
    return (
        _short(ends[0]),
        _short(ends[1]),
        tuple((str(value)[:120], int(count)) for value, count in frequent),
    )


def _short(value: object) -> str | None:
    return None if value is None else str(value)[:120]


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
