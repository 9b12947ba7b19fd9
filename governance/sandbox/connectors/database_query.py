"""Runs one SELECT of a probe in a database, read-only and within its time; only times come out."""

import math
from time import perf_counter

from catalog.contracts.queries import query_issue
from governance.sandbox.connectors.database import Database
from governance.sandbox.connectors.mysql import MySQL
from governance.sandbox.connectors.postgres import Postgres
from governance.sandbox.types import QueryTimes, Source, SourceUnreadable

DATABASES = {"postgres": Postgres, "mysql": MySQL, "database": Database}


def run(source: Source) -> QueryTimes:
    """Return the seconds to connect and to the first row. Raises SourceUnreadable."""
    # The document may have been written before this was checked.
    if reason := query_issue(source.query):
        raise SourceUnreadable("query-refused", reason)
    database = DATABASES[source.kind](source, statement_seconds=math.ceil(source.query_seconds))
    started = perf_counter()
    try:
        with database.engine.connect() as connection:
            connected = perf_counter()
            if isinstance(database, Postgres):
                connection.exec_driver_sql(f"SET LOCAL search_path TO {database.quoted}")
            began = perf_counter()
            # A cursor of the server: of a large result only the beginning is sent, and Postgres
            # takes nothing but one SELECT for it.
            streaming = connection.execution_options(stream_results=True, max_row_buffer=1)
            streaming.exec_driver_sql(source.query.strip().rstrip(";")).fetchone()
            return QueryTimes(connected - started, perf_counter() - began)
    except MemoryError:
        raise
    except Exception as error:  # a driver that misreads a server raises anything
        raise database.unreadable(error) from error
