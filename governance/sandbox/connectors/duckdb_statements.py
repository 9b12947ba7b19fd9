"""Runs statements of SQLAlchemy Core in DuckDB, by the dialect of duckdb-engine."""

from collections.abc import Sequence

import duckdb
from duckdb_engine import Dialect

from governance.sandbox.statistics import Fetch, Row, Statement
from governance.sandbox.types import SourceUnreadable


def fetch_from(connection: duckdb.DuckDBPyConnection) -> Fetch:
    """Return what runs a statement on a connection; it raises SourceUnreadable without values."""
    dialect = Dialect()

    def fetch(statement: Statement) -> Sequence[Row]:
        compiled = statement.compile(dialect=dialect, compile_kwargs={"literal_binds": True})
        try:
            return connection.execute(str(compiled)).fetchall()
        except duckdb.OutOfMemoryException as error:
            raise SourceUnreadable("too-costly") from error
        except duckdb.Error as error:
            raise SourceUnreadable("not-counted") from error

    return fetch
