"""Parquet, CSV and JSON files, read by DuckDB inside the sandbox.

No file declares a column as required, so none is reported as such; `null_share` tells.
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
N_TOP_VALUES = 5
# The error of an estimate: above this share the values may all be distinct, so they are counted.
NEARLY_UNIQUE = 0.8


def read(source: Source) -> list[TableProfile]:
    """Return the file's one table, named rows. Raises SourceUnreadable."""
    path = f"/proc/self/fd/{source.descriptor}"
    connection = _restricted_connection(path)
    relation = READERS[source.kind].format(path=f"'{path}'")
    try:
        described = connection.execute(f"DESCRIBE SELECT * FROM {relation}").fetchall()
        columns = [(str(row[0]), str(row[1])) for row in described[: source.max_columns]]
        parts = ["count(*)"]
        for name, _ in columns:
            quoted = _quoted(name)
            parts += [f"count({quoted})", f"approx_count_distinct({quoted}::VARCHAR)"]
        counted = connection.execute(f"SELECT {', '.join(parts)} FROM {relation}").fetchone()
        rows, *numbers = (int(number) for number in counted or (0,))
        counts_by_column = zip(numbers[::2], numbers[1::2], strict=True)
        profiles = tuple(
            _column(connection, relation, source, column, counts, rows)
            for column, counts in zip(columns, counts_by_column, strict=True)
        )
    except duckdb.OutOfMemoryException as error:
        raise SourceUnreadable("too-costly") from error
    except duckdb.Error as error:
        raise SourceUnreadable("wrong-format") from error
    return [TableProfile(name="rows", rows=rows, columns=profiles, is_text=source.kind == "csv")]


def _restricted_connection(path: str) -> duckdb.DuckDBPyConnection:
    """Return a connection that can read only this file."""
    connection = duckdb.connect(config={"threads": 1, "memory_limit": "400MB"})
    for setting in SETTINGS:
        connection.execute(setting)
    connection.execute("SET temp_directory=''")
    connection.execute(f"SET allowed_paths=['{path}']")
    connection.execute("SET enable_external_access=false")
    connection.execute("SET lock_configuration=true")
    return connection


def _column(
    connection: duckdb.DuckDBPyConnection,
    relation: str,
    source: Source,
    column: tuple[str, str],
    counts: tuple[int, int],
    rows: int,
) -> ColumnProfile:
    name, physical_type = column
    present, estimate = counts
    logical_type = logical_type_of(physical_type)
    minimum = maximum = None
    top_values: tuple[tuple[str, int], ...] = ()
    if source.can_read_values("rows", name) and logical_type not in ("object", "array"):
        minimum, maximum, top_values = _values(connection, relation, _quoted(name))
    exact = None
    if estimate >= present * NEARLY_UNIQUE:
        exact = _count_distinct(connection, relation, name)
    return ColumnProfile(
        name=name,
        physical_type=physical_type,
        logical_type=logical_type,
        null_share=1 - present / rows if rows else None,
        n_distinct=min(estimate, present) if exact is None else exact,
        is_exact=exact is not None,
        min=minimum,
        max=maximum,
        top_values=top_values,
    )


def _count_distinct(connection: duckdb.DuckDBPyConnection, relation: str, name: str) -> int | None:
    """Count a column's distinct values; None if that exceeds the memory limit."""
    try:
        statement = f"SELECT count(DISTINCT {_quoted(name)}) FROM {relation}"
        row = connection.execute(statement).fetchone()
    except duckdb.OutOfMemoryException:
        return None
    return int(row[0]) if row else None


def _values(
    connection: duckdb.DuckDBPyConnection, relation: str, quoted: str
) -> tuple[str | None, str | None, tuple[tuple[str, int], ...]]:
    bounds = connection.execute(
        f"SELECT min({quoted})::VARCHAR, max({quoted})::VARCHAR FROM {relation}"
    ).fetchone() or (None, None)
    top_values = connection.execute(
        f"SELECT {quoted}::VARCHAR AS value, count(*) AS n FROM {relation} "
        f"WHERE {quoted} IS NOT NULL GROUP BY 1 ORDER BY n DESC, value LIMIT {N_TOP_VALUES}"
    ).fetchall()
    return (
        _shorten(bounds[0]),
        _shorten(bounds[1]),
        tuple((str(value)[:120], int(count)) for value, count in top_values),
    )


def _shorten(value: object) -> str | None:
    return None if value is None else str(value)[:120]


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
