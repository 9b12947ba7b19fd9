"""The table of a file in DuckDB, as views: its columns by name, and as text and value by number."""
# ruff: noqa: S608 - names and texts are quoted, numbers are ours

import threading
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import duckdb
from sqlalchemy import FromClause, and_, column, exists, literal, select
from sqlalchemy import table as table_clause

from governance.sandbox.check_conditions import Column, Condition, all_present, key_text
from governance.sandbox.check_sql import Scope
from governance.sandbox.checks import Check, CheckResult
from governance.sandbox.connectors.duckdb_statements import DuckDBFunctions, sql_of
from governance.sandbox.connectors.duckdb_types import column_of
from governance.sandbox.connectors.engine import (
    Engine,
    OutOfTime,
    Row,
    quoted,
    reason_of,
    require_pattern,
)
from governance.sandbox.connectors.engine import literal as text_sql
from governance.sandbox.statistics import Statement
from governance.sandbox.types import SourceUnreadable

VIEW, NAMED_VIEW = "checked", "checked_by_name"
OUT_OF_TIME = "A statement on the file took longer than it may."


@dataclass(frozen=True)
class FileColumn:
    """A column of a file: the SQL of its text and of its value, read from a relation."""

    name: str
    text: str
    value: str
    logical_type: str
    is_text: bool


class FileTable:
    """The rows of a relation, at most `max_rows`; see CheckedTable."""

    engine = "duckdb"
    functions = DuckDBFunctions()

    def __init__(
        self,
        engine: Engine,
        columns: Sequence[FileColumn],
        *,
        names: Collection[str],
        key_files: Mapping[str, str],
        max_rows: int | None = None,
    ) -> None:
        self.duckdb = engine
        self.columns = list(columns)
        self.scope = Scope(dict.fromkeys(filter(None, names), NAMED_VIEW))
        self.key_files = key_files
        self.max_rows = max_rows
        self.relation = ""
        self.has_view = False

    def read_from(self, relation: str) -> None:
        self.relation, self.has_view = relation, False

    def rows(self) -> FromClause:
        return table_clause(VIEW)

    def find(self, name: str) -> Column:
        place = self._place(name)
        known = self.columns[place]
        return Column(
            name=known.name,
            value=column(f"v{place}"),
            text=column(f"t{place}"),
            logical_type=known.logical_type,
            is_text=known.is_text,
        )

    def _place(self, name: str) -> int:
        names = [known.name for known in self.columns]
        if (place := place_of(name, names)) is not None:
            return place
        top, _, member = name.partition(".")
        outer = place_of(top, names)
        if outer is None or not member:
            raise SourceUnreadable("no-column", name)
        self.columns.append(self._member(self.columns[outer], name, member.split(".")))
        self.has_view = False
        return len(self.columns) - 1

    def _member(self, outer: FileColumn, name: str, path: Sequence[str]) -> FileColumn:
        if outer.is_text:
            pointer = "$" + "".join(f'."{part}"' for part in path if '"' not in part)
            text = f"json_extract_string({outer.text}, {text_sql(pointer)})"
            return FileColumn(name, text, text, "", is_text=True)
        sql = ".".join((outer.value, *map(quoted, path)))
        try:
            described = self.duckdb.describe(f"(SELECT {sql} AS v FROM {self.relation})")
        except duckdb.Error as error:
            raise SourceUnreadable("no-column", name) from error
        logical_type = column_of(*described[0]).logical_type
        return FileColumn(name, f"CAST({sql} AS VARCHAR)", sql, logical_type, is_text=False)

    def fetch(self, statement: Statement, seconds: float) -> Sequence[Row]:
        return self.fetch_sql(sql_of(statement), seconds)

    def fetch_sql(self, sql: str, seconds: float) -> Sequence[Row]:
        timer = threading.Timer(seconds, self.duckdb.connection.interrupt)
        timer.start()
        try:
            self._require_view()
            return self.duckdb.fetch(sql)
        except OutOfTime as error:
            raise SourceUnreadable("too-costly", OUT_OF_TIME) from error
        except duckdb.OutOfMemoryException as error:
            raise SourceUnreadable("too-costly", reason_of(error)) from error
        except (duckdb.BinderException, duckdb.CatalogException) as error:
            # About names and types, before a row is read: it holds no value of the data.
            raise SourceUnreadable("invalid-sql", str(error).splitlines()[0]) from error
        except duckdb.Error as error:
            raise SourceUnreadable("not-counted", reason_of(error)) from error
        finally:
            timer.cancel()

    def _require_view(self) -> None:
        if self.has_view:
            return
        limit = "" if self.max_rows is None else f" LIMIT {int(self.max_rows)}"
        source = f"(SELECT * FROM {self.relation}{limit})"
        numbered = ", ".join(
            f"{known.text} AS t{place}, {known.value} AS v{place}"
            for place, known in enumerate(self.columns)
        )
        by_name = {known.name.casefold(): known for known in self.columns}
        columns = (f"{known.value} AS {quoted(known.name)}" for known in by_name.values())
        self.duckdb.fetch(f"CREATE OR REPLACE TEMP VIEW {VIEW} AS SELECT {numbered} FROM {source}")
        self.duckdb.fetch(
            f"CREATE OR REPLACE TEMP VIEW {NAMED_VIEW} AS SELECT {', '.join(columns)} FROM {source}"
        )
        self.has_view = True

    def require_pattern(self, pattern: str) -> None:
        require_pattern(self.duckdb.connection, pattern)

    def unmatched(self, check: Check) -> Condition:
        if check.reference is None or check.key not in self.key_files:
            raise SourceUnreadable("no-reference")
        columns = [self.find(name) for name in (*check.columns, *check.compared)]
        keys = table_clause(self._load_keys(check), *(column(f"k{n}") for n in range(len(columns))))
        texts = [key_text(known) for known in columns]
        n = len(check.columns)
        # A literal in place of a column would be read as its position.
        same = [keys.c[f"k{place}"] == text for place, text in enumerate(texts)]
        is_known = exists(select(literal(True)).select_from(keys).where(*same[:n]))
        complete = all_present(check, columns[:n], self.functions)
        if not check.compared:
            return Condition(tested=complete, failing=and_(complete, ~is_known))
        equal = [
            keys.c[f"k{place}"].is_not_distinct_from(texts[place])
            for place in range(n, len(columns))
        ]
        is_equal = exists(select(literal(True)).select_from(keys).where(*same[:n], *equal))
        tested = and_(complete, is_known)
        return Condition(tested=tested, failing=and_(tested, ~is_equal))

    def _load_keys(self, check: Check) -> str:
        """Return the name of the table with the keys that a check needs."""
        name = f"keys_{list(self.key_files).index(check.key)}"
        n = len(check.columns) + len(check.compared)
        keys = ", ".join(f"k[{place + 1}] AS k{place}" for place in range(n))
        path = text_sql(self.key_files[check.key])
        self.duckdb.fetch(
            f"CREATE TEMP TABLE IF NOT EXISTS {name} AS SELECT {keys} FROM read_json({path}, "
            "format='newline_delimited', records=false, columns={'k': 'VARCHAR[]'})"
        )
        return name

    def count_unmatched(self, check: Check, seconds: float) -> CheckResult:
        raise NotImplementedError

    def by_values(self, check: Check, column: Column, seconds: float) -> CheckResult:
        raise NotImplementedError


def place_of(name: str, names: Sequence[str]) -> int | None:
    """Return the place of a name, else of the one name that differs in case only."""
    if names.count(name) == 1:
        return names.index(name)
    folded = [known.casefold() for known in names]
    return folded.index(name.casefold()) if folded.count(name.casefold()) == 1 else None
