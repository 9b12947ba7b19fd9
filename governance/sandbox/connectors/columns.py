"""Reads values of a column by SQL that SQLite and DuckDB have in common."""
# ruff: noqa: S608 - the connectors quote the names of tables and columns

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol, TypeAlias

from governance.sandbox.detection import SAMPLE_ROWS
from governance.sandbox.types import ColumnProfile

N_TOP_VALUES = 5
MAX_TEXT_LENGTH = 120


Rows: TypeAlias = Sequence[Sequence[object]]


class Cursor(Protocol):
    def fetchall(self) -> Rows: ...


class Connection(Protocol):
    def execute(self, query: str, /) -> Cursor: ...


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def sampled_by(connection: Connection, table: str) -> Callable[[Sequence[str]], Rows]:
    """Return what reads the first rows of some columns."""

    def fetch(names: Sequence[str]) -> Rows:
        columns = ", ".join(quoted(name) for name in names)
        return connection.execute(f"SELECT {columns} FROM {table} LIMIT {SAMPLE_ROWS}").fetchall()

    return fetch


def with_values(
    column: ColumnProfile, connection: Connection, table: str, *, suffix: str = ""
) -> ColumnProfile:
    """Return a profile with minimum, maximum and top values; `suffix` may be a type."""
    name = quoted(column.name)
    bounds = connection.execute(f"SELECT min({name}){suffix}, max({name}){suffix} FROM {table}")
    minimum, maximum = (
        None if value is None else str(value)[:MAX_TEXT_LENGTH] for value in bounds.fetchall()[0]
    )
    top_values = connection.execute(
        f"SELECT {name}{suffix}, count(*) FROM {table} WHERE {name} IS NOT NULL "
        f"GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT {N_TOP_VALUES}"
    ).fetchall()
    return replace(
        column,
        min=minimum,
        max=maximum,
        top_values=tuple((str(value)[:MAX_TEXT_LENGTH], int(str(n))) for value, n in top_values),
    )
