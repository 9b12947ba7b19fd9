"""A Parquet file of which only the footer is there: names, types and the number of rows."""

from collections.abc import Iterator
from dataclasses import replace

import duckdb

from governance.sandbox.connectors.content import content_of
from governance.sandbox.connectors.engine import Engine, OutOfTime, reason_of
from governance.sandbox.connectors.file import SECONDS, cut_to
from governance.sandbox.connectors.parquet_file import open_parquet
from governance.sandbox.types import Source, SourceProfile, SourceUnreadable

REASON = "Not profiled: of an object this large only the footer was read."


def read(source: Source) -> Iterator[SourceProfile]:
    """Yield the file's one table, named rows, without figures. Raises SourceUnreadable."""
    content = content_of(source.descriptor, "parquet")
    path = f"/proc/self/fd/{source.descriptor}"
    try:
        for file in open_parquet(Engine(path, seconds=SECONDS), path, content):
            columns = [
                replace(column, reason=column.reason or REASON) for column in file.table.columns
            ]
            table = replace(file.table, columns=tuple(columns))
            yield SourceProfile([cut_to(table, source.max_columns)])
    except (OutOfTime, duckdb.OutOfMemoryException) as error:
        raise SourceUnreadable("too-costly") from error
    except duckdb.Error as error:
        raise SourceUnreadable("wrong-format", reason_of(error)) from error
