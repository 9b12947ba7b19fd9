"""Finds the observed table of a schema object and the observed column of a property; pure."""

from collections.abc import Mapping, Sequence
from typing import Protocol, TypeVar

from governance.sandbox.types import ColumnProfile, TableProfile


class ObservedTable(Protocol):
    """What was observed of a table."""

    @property
    def name(self) -> str: ...


Table = TypeVar("Table", bound=ObservedTable)


def match_tables(physical_names: Sequence[str], observed: Sequence[Table]) -> Mapping[str, Table]:
    """Return the observed table of each declared one; the only ones of both are the same."""
    if len(physical_names) == 1 and len(observed) == 1:
        return {physical_names[0]: observed[0]}
    tables = {table.name: table for table in observed}
    return {name: tables[name] for name in physical_names if name in tables}


def columns_by_name(table: TableProfile | None) -> Mapping[str, ColumnProfile]:
    return {column.name: column for column in table.columns} if table else {}
