"""Parquet, CSV and JSON files, read by DuckDB inside the sandbox.

No file declares a column as required, so none is reported as such; `null_share` tells.
"""
# ruff: noqa: S608 - column names are quoted, the path is a descriptor of ours

import math
from collections.abc import Iterator
from dataclasses import replace

import duckdb

from governance.sandbox.connectors.columns import quoted, sampled_by, with_values
from governance.sandbox.detection import with_detections
from governance.sandbox.types import (
    ColumnProfile,
    Source,
    SourceProfile,
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
    "autoinstall_known_extensions=false",
    "autoload_known_extensions=false",
    "allow_community_extensions=false",
    "python_enable_replacements=false",
    "enable_progress_bar=false",
    "temp_directory=''",
)
LOCKS = ("enable_external_access=false", "lock_configuration=true")
# The error of an estimate: above this share the values may all be distinct, so they are counted.
NEARLY_UNIQUE = 0.8


def read(source: Source) -> Iterator[SourceProfile]:
    """Yield the file's one table, named rows. Raises SourceUnreadable."""
    path = f"/proc/self/fd/{source.descriptor}"
    relation = READERS[source.kind].format(path=f"'{path}'")
    try:
        yield SourceProfile([_profile(restricted_connection(path), relation, source)])
    except duckdb.OutOfMemoryException as error:
        raise SourceUnreadable("too-costly") from error
    except duckdb.Error as error:
        raise SourceUnreadable("wrong-format") from error


def restricted_connection(path: str) -> duckdb.DuckDBPyConnection:
    """Return a connection that can read only this file."""
    connection = duckdb.connect(config={"threads": 1, "memory_limit": "400MB"})
    for setting in (*SETTINGS, f"allowed_paths=['{path}']", *LOCKS):
        connection.execute(f"SET {setting}")
    return connection


def _profile(connection: duckdb.DuckDBPyConnection, relation: str, source: Source) -> TableProfile:
    described = connection.execute(f"DESCRIBE SELECT * FROM {relation}").fetchall()
    columns = [(str(row[0]), str(row[1])) for row in described[: source.max_columns]]
    parts = ["count(*)"]
    for name, _ in columns:
        parts += [f"count({quoted(name)})", f"approx_count_distinct({quoted(name)}::VARCHAR)"]
    counted = connection.execute(f"SELECT {', '.join(parts)} FROM {relation}").fetchone()
    rows, *numbers = (int(number) for number in counted or (0,))
    counts = zip(numbers[::2], numbers[1::2], strict=True)
    profiles = []
    for (name, physical_type), (present, estimate) in zip(columns, counts, strict=True):
        profile = ColumnProfile(
            name=name,
            physical_type=physical_type,
            logical_type=logical_type_of(physical_type),
            null_share=1 - present / rows if rows else None,
            n_distinct=min(estimate, present),
        )
        is_nested = profile.logical_type in ("object", "array")
        if source.can_read_values("rows", name) and not is_nested:
            profile = with_values(profile, connection, relation, suffix="::VARCHAR")
        if estimate >= present * NEARLY_UNIQUE:
            profile = _with_exact_count(profile, connection, relation)
        profiles.append(profile)
    tested = with_detections(profiles, sampled_by(connection, relation), ends_at=math.inf)
    is_text = source.kind == "csv"
    return TableProfile(name="rows", rows=rows, columns=tuple(tested), is_text=is_text)


def _with_exact_count(
    profile: ColumnProfile, connection: duckdb.DuckDBPyConnection, relation: str
) -> ColumnProfile:
    """Count the distinct values; keep the estimate if that exceeds the memory limit."""
    try:
        statement = f"SELECT count(DISTINCT {quoted(profile.name)}) FROM {relation}"
        row = connection.execute(statement).fetchone()
    except duckdb.OutOfMemoryException:
        return profile
    return replace(profile, n_distinct=int(row[0]), is_exact=True) if row else profile
