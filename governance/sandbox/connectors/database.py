"""SQL databases, read by SQLAlchemy inside the sandbox: the catalogue first, then statistics.

This is what all databases have in common, and all there is for a dialect that an operator has
installed. Every table is listed with its columns; what cannot be counted says why.
"""

import time
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect
from sqlalchemy.exc import DBAPIError, NoSuchModuleError, NoSuchTableError, SAWarning
from sqlalchemy.types import TypeEngine

from governance.sandbox.connectors.reflection import Catalogue, logical_type_of_class
from governance.sandbox.statistics import (
    TIME_IS_UP,
    Row,
    Scan,
    Statement,
    with_keys,
    with_statistics,
)
from governance.sandbox.types import PENDING, Source, SourceProfile, SourceUnreadable, TableProfile

STATEMENT_SECONDS = 5
CATALOGUE_SECONDS = 8
# Less than the processor time of the child, all of which SQLite may need.
STATISTICS_SECONDS = 16
TABLE_SECONDS = 8
MAX_ROWS = 1_000_000
MIN_ROWS = 10_000
# Rows times columns that are counted of one table: about five seconds of Postgres.
MAX_CELLS = 5_000_000
EXTRAS = {"pymysql": "mysql", "MySQLdb": "mysql"}


@dataclass(frozen=True)
class ColumnType:
    """The type of a column by the catalogue, and its logical type."""

    physical: str
    logical: str


class Database:
    """A database at a checked address; subclasses know more of their catalogue and errors."""

    # What a user without further rights sees when nothing is named.
    default_schema: ClassVar[str] = ""
    max_rows: ClassVar[int] = MAX_ROWS
    # True if the Inspector can be asked about all tables in one statement.
    reflects_at_once: ClassVar[bool] = False
    reflection_options: ClassVar[dict[str, dict[str, Any]]] = {}

    def __init__(self, source: Source, *, statement_seconds: int = STATEMENT_SECONDS) -> None:
        self.source = source
        self.statement_seconds = statement_seconds
        self.engine = self.create_engine()

    @property
    def schema(self) -> str | None:
        return self.source.database.get("schema") or self.default_schema or None

    def create_engine(self) -> Engine:
        """Return an engine of one connection; raises SourceUnreadable if its driver is missing."""
        dialect = self.source.database["dialect"]
        try:
            engine = create_engine(
                self.url(dialect), connect_args=self.connect_args(), pool_size=1, max_overflow=0
            )
        except NoSuchModuleError as error:
            detail = f"SQLAlchemy has no dialect {dialect}: install the package that brings it."
            raise SourceUnreadable("no-driver", detail) from error
        except ModuleNotFoundError as error:
            name = error.name or dialect
            extra = f" (pip install .[{EXTRAS[name]}])" if name in EXTRAS else ""
            raise SourceUnreadable("no-driver", f"Install {name}{extra}.") from error
        event.listen(engine, "begin", self.limit)
        return engine

    def url(self, dialect: str) -> URL:
        """Return an address of numbers only: the driver has no name to resolve again."""
        database = self.source.database
        return URL.create(
            dialect,
            username=database.get("user"),
            password=database.get("password"),
            host=database.get("hostaddr"),
            port=int(database["port"]) if database.get("port") else None,
            database=database.get("dbname"),
        )

    def connect_args(self) -> dict[str, Any]:
        return {}

    def limit(self, connection: Connection) -> None:
        """Limit the time of each statement of a transaction, and let it only read."""

    def fetch(self, statement: Statement) -> Sequence[Row]:
        """Run a statement in a transaction of its own. Raises SourceUnreadable."""
        try:
            with self.engine.connect() as connection:
                return connection.execute(statement).fetchall()
        except MemoryError:
            raise
        except Exception as error:  # a driver that misreads a server raises anything
            raise self.unreadable(error) from error

    def fetch_sql(self, sql: str) -> Sequence[Row]:
        """Run one statement of SQL in a transaction of its own. Raises SourceUnreadable."""
        try:
            with self.engine.connect() as connection:
                return connection.exec_driver_sql(sql).fetchall()
        except MemoryError:
            raise
        except Exception as error:  # a driver that misreads a server raises anything
            raise self.unreadable(error) from error

    def logical_types(self, table: str) -> Mapping[str, str]:
        """Return the logical types of a table's columns. Raises SourceUnreadable."""
        try:
            with self.engine.connect() as connection:
                if known := self.types(connection).get(table):
                    return {name: kind.logical for name, kind in known.items()}
                columns = inspect(connection).get_columns(table, schema=self.schema)
        except NoSuchTableError as error:
            raise SourceUnreadable("no-table", table) from error
        except MemoryError:
            raise
        except Exception as error:  # a driver that misreads a server raises anything
            raise self.unreadable(error) from error
        return {item["name"]: self.logical_type(item["type"]) for item in columns}

    def unreadable(self, error: Exception) -> SourceUnreadable:
        """Return the reason of an error without its text, which may hold values."""
        cause = error.orig if isinstance(error, DBAPIError) and error.orig else error
        return SourceUnreadable("not-counted", f"({type(cause).__name__})")

    def types(self, connection: Connection) -> dict[str, dict[str, ColumnType]]:
        """Return the types of columns by table and column, where the catalogue says more."""
        return {}

    def rows_about(self, connection: Connection) -> dict[str, int]:
        """Return the number of rows that the database itself estimates, by table."""
        return {}

    def kinds(self, connection: Connection) -> dict[str, str]:
        """Return what a table is where that is more than a table or a view."""
        return {}

    def unenforced(self, connection: Connection) -> set[tuple[str, str]]:
        """Return unique indexes that are not of all rows, as (table, index); "" is any index."""
        return set()

    def logical_type(self, type_: TypeEngine[Any]) -> str:
        return logical_type_of_class(type_)

    def refined(self, profile: TableProfile, scan: Scan) -> TableProfile:
        """Return a counted table with what only its values tell."""
        return profile


def read(source: Source) -> Iterator[SourceProfile]:
    """Yield the tables of a database of any dialect. Raises SourceUnreadable."""
    return read_database(Database(source))


def read_database(database: Database) -> Iterator[SourceProfile]:
    """Yield all tables as the catalogue has them, then each with its statistics.

    What the contract declares is counted first, and views, which may be of any cost, last.
    """
    # A type that SQLAlchemy does not know is our own business.
    warnings.simplefilter("ignore", SAWarning)
    begins_at = time.monotonic()
    catalogue = Catalogue(database, ends_at=begins_at + CATALOGUE_SECONDS)
    tables: list[TableProfile] = []
    for profile in catalogue.read():
        tables = profile.tables
        yield profile
    ends_at = begins_at + STATISTICS_SECONDS
    declared = set(database.source.tables)
    pending = [table for table in tables if table.reason == PENDING]
    pending.sort(key=lambda table: (table.name not in declared, "view" in table.physical_type))
    for table in pending:
        yield SourceProfile([_counted(table, database, ends_at)])


def _counted(table: TableProfile, database: Database, ends_at: float) -> TableProfile:
    now = time.monotonic()
    if now >= ends_at:
        return replace(table, reason=TIME_IS_UP)
    share = MAX_CELLS // max(1, len(table.columns))
    scan = Scan(
        name=table.name,
        schema=database.schema,
        fetch=database.fetch,
        ends_at=min(ends_at, now + TABLE_SECONDS),
        max_rows=max(MIN_ROWS, min(database.max_rows, share)),
    )
    source = database.source
    counted = with_statistics(
        table, scan, shows=lambda column: source.can_read_values(table.name, column)
    )
    if counted.rows is None:
        return counted
    return database.refined(with_keys(counted, source.keys_of(table.name), scan), scan)
