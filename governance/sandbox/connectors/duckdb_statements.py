"""SQLAlchemy Core for DuckDB, whose SQL is that of Postgres but for some functions."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import BigInteger, Boolean, Date, DateTime, Double, Time, case, func, try_cast
from sqlalchemy.dialects.postgresql.base import PGCompiler, PGDialect
from sqlalchemy.sql.elements import ClauseElement, TryCast

from governance.sandbox.check_conditions import Column, Functions
from governance.sandbox.statistics import Element

TYPES = {
    "integer": BigInteger,
    "number": Double,
    "boolean": Boolean,
    "date": Date,
    "timestamp": DateTime,
    "time": Time,
}
# As a whole number DuckDB also reads 1.5 and 1e3.
WHOLE_NUMBER = r"^\s*[+-]?[0-9]+\s*$"


class DuckDBCompiler(PGCompiler):
    def visit_try_cast(self, element: TryCast[Any], **options: Any) -> str:
        return f"TRY_{self.visit_cast(element, **options)}"  # type: ignore[no-untyped-call]


class DuckDBDialect(PGDialect):
    """The dialect of Postgres; a text of DuckDB has no escapes."""

    statement_compiler = DuckDBCompiler
    supports_statement_cache = False
    _backslash_escapes = False


DIALECT = DuckDBDialect(paramstyle="named")  # type: ignore[no-untyped-call]


def sql_of(statement: ClauseElement) -> str:
    """Return a statement as SQL; its constants are no parameters, so a pattern is prepared once."""
    return str(statement.compile(dialect=DIALECT, compile_kwargs={"literal_binds": True}))


class DuckDBFunctions(Functions):
    has_try_cast = True

    def matches(self, column: Column, pattern: str) -> Element:
        return func.regexp_matches(column.text, pattern)

    def length(self, column: Column) -> Element:
        return func.length(column.text)

    def try_cast_to(self, column: Column, logical_type: str) -> Element:
        text: Element = column.text
        if logical_type == "integer":
            text = case((func.regexp_matches(text, WHOLE_NUMBER), text))
        return try_cast(text, TYPES[logical_type])

    def key_hash(self, columns: Sequence[Column]) -> Element:
        """Return a hash: of many different texts only 8 bytes each are kept."""
        return func.hash(*(column.text if column.is_text else column.value for column in columns))

    def histogram(self, values: Element) -> Element:
        return func.histogram(values)
