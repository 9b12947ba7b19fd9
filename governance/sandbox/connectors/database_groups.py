"""Counts of groups in a table of a database, by SQLAlchemy inside the sandbox.

Values are grouped as text that is compared byte by byte, whatever the collation of a column; the
bins of numbers are made by the database.
"""

import time
import warnings
from collections.abc import Sequence

from sqlalchemy import (
    LargeBinary,
    Numeric,
    case,
    cast,
    collate,
    column,
    func,
    literal_column,
    null,
    or_,
    quoted_name,
    select,
    type_coerce,
)
from sqlalchemy import table as table_clause
from sqlalchemy.dialects.mysql import CHAR
from sqlalchemy.exc import SAWarning
from sqlalchemy.types import Text

from governance.sandbox.connectors.content import content_of
from governance.sandbox.connectors.database import Database
from governance.sandbox.connectors.mysql import MySQL
from governance.sandbox.connectors.postgres import Postgres
from governance.sandbox.connectors.sqlite import SQLite
from governance.sandbox.group_counting import (
    NO_NUMBER,
    BinNumber,
    Row,
    count_groups,
    missing_numbers,
)
from governance.sandbox.groups import GroupCounts, Grouping, GroupRequest
from governance.sandbox.statistics import Element
from governance.sandbox.types import NUMBERS, Source, SourceUnreadable

DATABASES: dict[str, type[Database]] = {
    "postgres": Postgres,
    "mysql": MySQL,
    "sqlite": SQLite,
    "database": Database,
}
# All rows of a table are read, not a part of them as for profiles.
SECONDS = 18


def count(source: Source, request: GroupRequest) -> GroupCounts:
    """Return the counts of one table or view. Raises SourceUnreadable."""
    if source.kind == "sqlite":
        content_of(source.descriptor, source.kind)
    # A type that SQLAlchemy does not know is our own business.
    warnings.simplefilter("ignore", SAWarning)
    database = DATABASES[source.kind](source, statement_seconds=SECONDS)
    return count_groups(request, GroupedTable(database, request).rows)


class GroupedTable:
    """A table whose rows are grouped by the database."""

    def __init__(self, database: Database, request: GroupRequest) -> None:
        self.database = database
        self.name = request.table
        self.ends_at = time.monotonic() + SECONDS
        self.types = database.logical_types(self.name)
        for grouping in request.groupings:
            if grouping.column not in self.types:
                raise SourceUnreadable("no-column", grouping.column)

    def rows(self, groupings: Sequence[Grouping], limit: int) -> list[Row] | None:
        """Return the rows of a GROUP BY; None if there are more than `limit`."""
        if time.monotonic() >= self.ends_at:
            raise SourceUnreadable("too-costly", "The table is too large to be counted in time.")
        keys = [self._key(grouping).label(f"g{place}") for place, grouping in enumerate(groupings)]
        schema = self.database.schema
        table = table_clause(
            quoted_name(self.name, quote=True),
            schema=None if schema is None else quoted_name(schema, quote=True),
        )
        # In a subquery, because GROUP BY may take a name for that of a column of the table.
        rows = select(*keys, literal_column("1").label("one")).select_from(table).subquery("r")
        names = [rows.c[f"g{place}"] for place in range(len(keys))]
        statement = select(*names, func.count()).select_from(rows)
        if names:
            statement = statement.group_by(*names).limit(limit + 1)
        fetched = self.database.fetch(statement)
        if len(fetched) > limit:
            return None
        is_binned = [self._is_binned(grouping) for grouping in groupings]
        return [
            [
                BinNumber(value) if binned and value is not None else value
                for value, binned in zip(row, (*is_binned, False), strict=True)
            ]
            for row in fetched
        ]

    def _is_binned(self, grouping: Grouping) -> bool:
        """Return True if the database makes the bins; a text is a number only to Python."""
        return bool(grouping.bins) and self.types[grouping.column] in NUMBERS

    def _key(self, grouping: Grouping) -> Element:
        values: Element = column(quoted_name(grouping.column, quote=True))
        if self._is_binned(grouping):
            return self._bin(values, grouping)
        dialect = self.database.engine.dialect.name
        if dialect == "postgresql":
            return collate(cast(values, Text), "C")
        if dialect in ("mysql", "mariadb"):
            text = cast(values, CHAR(charset="utf8mb4"))
            return type_coerce(cast(text, LargeBinary), LargeBinary)
        if dialect == "sqlite":
            return collate(values, "BINARY")
        return values

    def _bin(self, values: Element, grouping: Grouping) -> Element:
        number = type_coerce(values, Numeric(asdecimal=False))
        is_missing = [number == missing for missing in missing_numbers(grouping)]
        if self.database.engine.dialect.name == "postgresql":
            # NaN is above all numbers; an integer has none.
            is_missing += [cast(values, Text) == "NaN"]
        whens: list[tuple[Element, Element | int]]
        whens = [(or_(values.is_(None), *is_missing), null())]
        if self.database.engine.dialect.name == "sqlite":
            # A column of numbers can hold texts, which are above all numbers.
            whens += [(func.typeof(values).not_in(("integer", "real")), NO_NUMBER)]
        whens += [(number < edge, index) for index, edge in enumerate(grouping.bins)]
        return case(*whens, else_=len(grouping.bins))
