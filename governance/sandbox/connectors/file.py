"""Parquet, CSV and JSON files, read by DuckDB inside the sandbox.

No file declares a column as required, so none is reported as such; `null_share` tells.
"""
# ruff: noqa: S608 - names and paths are ours

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace

import duckdb

from governance.sandbox.connectors.content import content_of
from governance.sandbox.connectors.csv_file import open_csv
from governance.sandbox.connectors.engine import Engine, OutOfTime, Row, reason_of
from governance.sandbox.connectors.figures import cell_of, count_key, read_figures
from governance.sandbox.connectors.json_file import open_json
from governance.sandbox.connectors.json_text import FIRST_PAGE, open_text
from governance.sandbox.connectors.opening import OpenFile
from governance.sandbox.connectors.parquet_file import open_parquet
from governance.sandbox.detection import SAMPLE_ROWS, with_detections
from governance.sandbox.types import Source, SourceProfile, SourceUnreadable, TableProfile

OPENERS = {"parquet": open_parquet, "csv": open_csv, "json": open_json}
OUT_OF_TIME = "The file is too large to be read whole in the time that is allowed."


# A table of many columns is sent again so often at most: should the process end, little is lost.
SECONDS_BETWEEN = 1.5
SECONDS = 14.0
MAX_CACHED_CELLS = 3_000_000


def read(source: Source, *, seconds: float = SECONDS) -> Iterator[SourceProfile]:
    """Yield the file's one table, named rows, with more and more figures until the time is up.

    Raises SourceUnreadable.
    """
    content = content_of(source.descriptor, source.kind)
    path = f"/proc/self/fd/{source.descriptor}"
    if source.kind == "json":
        path, content = open_text(path, content)
    engine = Engine(path, seconds=seconds)
    file: OpenFile | None = None
    try:
        for file in OPENERS[source.kind](engine, path, content):
            if content.is_first_page:
                table = replace(file.table, is_sample=True, reason=FIRST_PAGE)
                file = replace(file, table=table)
            yield SourceProfile([cut_to(file.table, source.max_columns)])
    except (OutOfTime, duckdb.OutOfMemoryException) as error:
        reason = OUT_OF_TIME if isinstance(error, OutOfTime) else reason_of(error)
        if file is None:
            raise SourceUnreadable("too-costly", reason) from error
        table = cut_to(file.table, source.max_columns)
        yield SourceProfile([replace(table, reason=reason)])
        return
    except duckdb.Error as error:
        raise SourceUnreadable("wrong-format", reason_of(error)) from error
    if file is not None and file.sql and not source.is_schema_only:
        yield from _figures(engine, _cached(engine, file), source)


def _cached(engine: Engine, file: OpenFile) -> OpenFile:
    """Return a small file as a table in memory, so that its text is parsed once."""
    n_cells = (file.table.rows or 0) * len(file.sql)
    if file.relation.startswith("read_parquet") or n_cells > MAX_CACHED_CELLS:
        return file
    names = [f"c{index}" for index in range(len(file.sql))]
    values = (f"{sql} AS {name}" for sql, name in zip(file.sql, names, strict=True))
    try:
        engine.fetch(f"CREATE TEMP TABLE cached AS SELECT {', '.join(values)} FROM {file.relation}")
    except (duckdb.Error, OutOfTime):
        return file
    return replace(file, relation="cached", sql=tuple(names))


def _figures(engine: Engine, file: OpenFile, source: Source) -> Iterator[SourceProfile]:
    table = cut_to(file.table, source.max_columns)
    columns = list(table.columns)
    cells = [
        cell_of(column, sql, is_open=source.can_read_values("rows", column.name))
        for column, sql in zip(columns, file.sql, strict=False)
    ]
    sent_at = time.monotonic()
    for start, figures in read_figures(engine, file.relation, cells, rows=table.rows):
        columns[start : start + len(figures)] = figures
        if time.monotonic() - sent_at >= SECONDS_BETWEEN:
            yield SourceProfile([replace(table, columns=tuple(columns))])
            sent_at = time.monotonic()
    sql = {column.name: text for column, text in zip(columns, file.sql, strict=False)}

    def sample(names: Sequence[str]) -> list[Row]:
        values = ", ".join(sql[name] for name in names)
        try:
            return engine.fetch(f"SELECT {values} FROM {file.relation} LIMIT {SAMPLE_ROWS}")
        except (duckdb.Error, OutOfTime) as error:
            raise SourceUnreadable("not-counted") from error

    columns = with_detections(columns, sample, ends_at=engine.ends_at)
    keys = [
        count_key(engine, file.relation, {name: sql[name] for name in key})
        for key in source.keys_of("rows")
        if sql.keys() >= set(key)
    ]
    yield SourceProfile([replace(table, columns=tuple(columns), keys=tuple(keys))])


def cut_to(table: TableProfile, max_columns: int) -> TableProfile:
    n_columns = len(table.columns)
    if n_columns <= max_columns:
        return table
    reason = f"Only the first {max_columns:,} of {n_columns:,} columns are listed. {table.reason}"
    columns = table.columns[:max_columns]
    return replace(table, columns=columns, is_cut=True, reason=reason.strip())
