"""Checks of Parquet, CSV and JSON files, by DuckDB inside the sandbox.

Lines of CSV and objects of JSON are read as text in one pass; a check casts what it compares. So a
value that does not fit a type fails one check, and is not lost to the others.
"""
# ruff: noqa: S608 - names and texts are quoted, numbers are ours

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import duckdb
from sqlalchemy import select

from governance.sandbox.check_conditions import key_text
from governance.sandbox.check_parts import PartBuilder
from governance.sandbox.check_scan import Scan
from governance.sandbox.checks import (
    MAX_KEYS,
    WHOLE_TABLE_KINDS,
    CheckRequest,
    CheckResult,
    KeyRequest,
)
from governance.sandbox.connectors.content import content_of
from governance.sandbox.connectors.csv_dialect import Dialect, header_names
from governance.sandbox.connectors.csv_file import IGNORE, Survey, left_out, read_lines, rejects_of
from governance.sandbox.connectors.duckdb_types import LOGICAL_TYPES
from governance.sandbox.connectors.engine import Engine, OutOfTime, quoted, reason_of
from governance.sandbox.connectors.file_table import FileColumn, FileTable, place_of
from governance.sandbox.connectors.json_file import (
    count_values_of_key,
    open_json,
    records_relation,
)
from governance.sandbox.connectors.json_text import FIRST_PAGE, open_text
from governance.sandbox.connectors.opening import OpenFile
from governance.sandbox.connectors.parquet_file import open_parquet
from governance.sandbox.types import ColumnProfile, Source, SourceUnreadable

SECONDS = 40.0
THREADS = 2
FILE_TABLE = "rows"
Results = Iterator[list[CheckResult]]


@dataclass(frozen=True)
class Progress:
    """Results as they are measured; a result that comes again replaces the one of its key."""

    results: Sequence[CheckResult] = ()
    rows: int | None = None
    note: str = ""
    is_sample: bool = False


def check(source: Source, request: CheckRequest) -> Iterator[Progress]:
    """Yield the results of a file's one table. Raises SourceUnreadable."""
    engine = _Engine(source, request.seconds)
    yield from engine.guarded(lambda: CHECKERS[source.kind](engine, request))


class _Engine:
    """DuckDB with the file of a source, and the keys that its checks need."""

    def __init__(self, source: Source, seconds: float) -> None:
        self.content = content_of(source.descriptor, source.kind)
        self.path = f"/proc/self/fd/{source.descriptor}"
        if source.kind == "json":
            self.path, self.content = open_text(self.path, self.content)
        self.key_files = {key: f"/proc/self/fd/{number}" for key, number in source.key_files}
        paths = (self.path, *self.key_files.values())
        self.ends_at = time.monotonic() + seconds
        self.duckdb = Engine(*paths, seconds=seconds, threads=THREADS)

    def guarded(self, read: Callable[[], Iterator[Progress]]) -> Iterator[Progress]:
        try:
            yield from read()
        except (OutOfTime, duckdb.OutOfMemoryException) as error:
            reason = "" if isinstance(error, OutOfTime) else reason_of(error)
            raise SourceUnreadable("too-costly", reason) from error
        except duckdb.Error as error:
            raise SourceUnreadable("wrong-format", reason_of(error)) from error

    def table(
        self, columns: Sequence[FileColumn], request: CheckRequest, *, is_whole: bool
    ) -> FileTable:
        return FileTable(
            self.duckdb,
            columns,
            names=dict.fromkeys((FILE_TABLE, request.table, *request.aliases)),
            key_files=self.key_files,
            max_rows=None if is_whole else request.max_rows,
        )

    def scans(
        self, columns: Sequence[FileColumn], request: CheckRequest, relation: str
    ) -> Iterator[tuple[Scan, Results]]:
        """Yield the scan of the rows that are read, then of all rows for what needs them."""
        of_all_rows = [item for item in request.checks if item.kind in WHOLE_TABLE_KINDS]
        rest = [item for item in request.checks if item not in of_all_rows]
        portions = (
            [(rest, False), (of_all_rows, True)] if request.max_rows else [(request.checks, True)]
        )
        for checks, is_whole in portions:
            table = self.table(columns, request, is_whole=is_whole)
            table.read_from(relation)
            scan = Scan(PartBuilder(table, request), self.ends_at)
            yield scan, scan.measure(checks)


def _progress(scans: Iterator[tuple[Scan, Results]], request: CheckRequest) -> Iterator[Progress]:
    rows: int | None = None
    for scan, results in scans:
        for portion in results:
            rows = scan.rows if rows is None else rows
            yield Progress(portion, rows)


def _of_open_file(engine: _Engine, file: OpenFile, request: CheckRequest) -> Iterator[Progress]:
    if not file.sql:
        raise SourceUnreadable("not-counted", file.table.columns[0].reason)
    columns = typed_columns(file)
    yield from _progress(engine.scans(columns, request, file.relation), request)


def typed_columns(file: OpenFile) -> list[FileColumn]:
    return [
        FileColumn(known.name, f"CAST({sql} AS VARCHAR)", sql, known.logical_type, is_text=False)
        for known, sql in zip(file.table.columns, file.sql, strict=True)
    ]


def _parquet(engine: _Engine, request: CheckRequest) -> Iterator[Progress]:
    *_, file = open_parquet(engine.duckdb, engine.path, engine.content)
    yield from _of_open_file(engine, file, request)


def _json(engine: _Engine, request: CheckRequest) -> Iterator[Progress]:
    if engine.content.is_pipe:
        *_, decoded = open_json(engine.duckdb, engine.path, engine.content)
        for item in _of_open_file(engine, decoded, request):
            if engine.content.is_first_page:
                yield replace(item, note=FIRST_PAGE, is_sample=True)
            else:
                yield item
        return
    first = next(open_json(engine.duckdb, engine.path, engine.content))
    names = [column.name for column in first.table.columns]
    names_used = [name for item in request.checks for name in (*item.columns, *item.compared)]
    names += _late_keys(engine, names_used, names)
    columns = json_columns(names, first.table.columns)
    relation = records_relation(engine.path, engine.content, names)
    yield from _progress(engine.scans(columns, request, relation), request)


def _late_keys(engine: _Engine, names_used: Sequence[str], names: Sequence[str]) -> list[str]:
    """Return the keys that none of the first objects has, and others have."""
    unknown = [
        name
        for name in dict.fromkeys(names_used)
        if place_of(name, names) is None and place_of(name.partition(".")[0], names) is None
    ]
    content = engine.content
    return [
        name for name in unknown if count_values_of_key(engine.duckdb, engine.path, content, name)
    ]


def json_columns(names: Sequence[str], known: Sequence[ColumnProfile]) -> list[FileColumn]:
    """Return the keys of objects as text, with the type that the first values seem to have."""
    types = {column.name: column.physical_type for column in known}
    columns = []
    for name in names:
        kind = types.get(name, "VARCHAR")
        logical_type = LOGICAL_TYPES.get(kind.casefold(), "")
        text = quoted(name)
        is_flat = logical_type not in ("", "string", "object", "array")
        value = f"TRY_CAST({text} AS {kind})" if is_flat else text
        columns.append(FileColumn(name, text, value, logical_type, is_text=True))
    return columns


@dataclass(frozen=True, kw_only=True)
class CheckSurvey(Survey):
    """All lines of a file in a dialect, after the first statement of its checks."""

    progress: Sequence[Progress]
    rest: Iterator[Progress]


def _csv(engine: _Engine, request: CheckRequest) -> Iterator[Progress]:
    def survey(dialect: Dialect) -> CheckSurvey:
        names = header_names(engine.duckdb, engine.path, dialect)
        columns = csv_columns(names, dialect)
        with rejects_of(engine.duckdb, engine.path, dialect) as (relation, rejects):
            scans = engine.scans(columns, request, relation)
            rest = _progress(scans, request)
            progress: list[Progress] = []
            for item in rest:
                progress.append(item)
                if item.rows is not None:
                    break
        rows = next((item.rows for item in progress if item.rows is not None), None)
        return CheckSurvey(
            dialect=dialect, rows=rows or 0, rejects=rejects, progress=progress, rest=rest
        )

    lines = read_lines(engine.duckdb, engine.path, engine.content, survey)
    note = " ".join(filter(None, (lines.note, left_out(lines.survey))))
    for item in lines.survey.progress:
        yield Progress(item.results, item.rows, note)
    yield from lines.survey.rest


def csv_columns(names: Sequence[str], dialect: Dialect) -> list[FileColumn]:
    return [
        FileColumn(
            name,
            f"c{place}",
            dialect.value(place, kind),
            LOGICAL_TYPES.get(kind.casefold(), "string"),
            is_text=True,
        )
        for place, (name, kind) in enumerate(zip(names, dialect.types, strict=True))
    ]


CHECKERS: Mapping[str, Callable[[_Engine, CheckRequest], Iterator[Progress]]] = {
    "parquet": _parquet,
    "csv": _csv,
    "json": _json,
}


def keys(source: Source, request: KeyRequest) -> Iterator[list[list[str | None]]]:
    """Yield the different keys of a file's one table. Raises SourceUnreadable."""
    engine = _Engine(source, SECONDS)
    try:
        columns, relation = _relation(engine, source.kind, request.columns)
        table = FileTable(engine.duckdb, columns, names=(), key_files={})
        table.read_from(relation)
        texts = [key_text(table.find(name)) for name in request.columns]
        statement = select(*texts).select_from(table.rows()).distinct().limit(MAX_KEYS + 1)
        yield [list(row) for row in table.fetch(statement, SECONDS)]
    except duckdb.Error as error:
        raise SourceUnreadable("wrong-format", reason_of(error)) from error


def _relation(engine: _Engine, kind: str, names: Sequence[str]) -> tuple[list[FileColumn], str]:
    """Return the columns of a file and the SQL that reads its rows."""
    if kind == "parquet" or engine.content.is_pipe:
        open_file = open_parquet if kind == "parquet" else open_json
        *_, file = open_file(engine.duckdb, engine.path, engine.content)
        return typed_columns(file), file.relation
    if kind == "json":
        first = next(open_json(engine.duckdb, engine.path, engine.content))
        known = [column.name for column in first.table.columns]
        known += _late_keys(engine, names, known)
        relation = records_relation(engine.path, engine.content, known)
        return json_columns(known, first.table.columns), relation
    survey_in = partial(_count, engine)
    lines = read_lines(engine.duckdb, engine.path, engine.content, survey_in)
    dialect = lines.survey.dialect
    relation = dialect.relation(engine.path, IGNORE, has_header=dialect.has_header)
    return csv_columns(lines.names, dialect), relation


def _count(engine: _Engine, dialect: Dialect) -> Survey:
    with rejects_of(engine.duckdb, engine.path, dialect) as (relation, rejects):
        (rows,) = engine.duckdb.one(f"SELECT count(*) FROM {relation}")
    return Survey(dialect=dialect, rows=rows, rejects=rejects)
