"""A file that can be queried: its table, and the SQL that reads each of its columns."""

from dataclasses import dataclass

from governance.sandbox.types import TableProfile


@dataclass(frozen=True, kw_only=True)
class OpenFile:
    """`sql` reads the columns of `table` from `relation`, by position; none if they cannot be."""

    table: TableProfile
    relation: str
    sql: tuple[str, ...]
