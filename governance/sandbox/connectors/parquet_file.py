"""The columns of a Parquet file, from its footer."""
# ruff: noqa: S608 - the path is a descriptor of ours

from collections.abc import Iterator, Sequence

import duckdb

from governance.sandbox.connectors.content import Content
from governance.sandbox.connectors.duckdb_types import column_of
from governance.sandbox.connectors.engine import Engine, literal, quoted, reason_of
from governance.sandbox.connectors.opening import OpenFile
from governance.sandbox.types import ColumnProfile, TableProfile


def open_parquet(engine: Engine, path: str, content: Content) -> Iterator[OpenFile]:
    """Yield the file as it is read. Raises duckdb.Error without a sound footer."""
    file = literal(path)
    ((rows,),) = engine.fetch(f"SELECT num_rows FROM parquet_file_metadata({file})")
    top = _top_level(engine.fetch(f"SELECT name, type, num_children FROM parquet_schema({file})"))
    relation = f"read_parquet({file}, hive_partitioning=false)"
    try:
        described = engine.describe(relation)
    except duckdb.Error as error:
        reason = f"Not profiled. DuckDB cannot open the file. {reason_of(error)}"
        unread = [
            ColumnProfile(name=name, physical_type=kind, logical_type="", reason=reason)
            for name, kind in top
        ]
        yield OpenFile(table=_table(rows, unread), relation="", sql=())
        return
    # The engine renames a column whose name differs from another's in case only.
    names = [name for name, _ in top]
    if len(names) != len(described):
        names = [name for name, _ in described]
    columns = [column_of(name, kind) for name, (_, kind) in zip(names, described, strict=True)]
    sql = tuple(quoted(name) for name, _ in described)
    yield OpenFile(table=_table(rows, columns), relation=relation, sql=sql)


def _table(rows: object, columns: Sequence[ColumnProfile]) -> TableProfile:
    return TableProfile(name="rows", rows=int(str(rows)), columns=tuple(columns))


def _top_level(schema: Sequence[Sequence[object]]) -> list[tuple[str, str]]:
    """Return names and types of the columns; a schema lists a node and then all below it."""
    columns: list[tuple[str, str]] = []
    below = 0
    for name, kind, n_children in schema[1:]:
        if below == 0:
            columns.append((str(name), str(kind or "group")))
        else:
            below -= 1
        below += int(str(n_children or 0))
    return columns
