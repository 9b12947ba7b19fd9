"""Counts of groups in Parquet, CSV and JSON files, by DuckDB inside the sandbox.

The file is read once, by one GROUP BY of all columns that are asked for. Their combinations are
kept in memory, and attributes and pairs are added up from them.
"""
# ruff: noqa: S608 - names and texts are quoted, numbers are ours

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import duckdb

from governance.sandbox.connectors.content import Content, content_of
from governance.sandbox.connectors.csv_dialect import Dialect, header_names
from governance.sandbox.connectors.csv_file import Survey, left_out, read_lines, rejects_of
from governance.sandbox.connectors.engine import Engine, OutOfTime, literal, quoted, reason_of
from governance.sandbox.connectors.json_file import (
    count_values_of_key,
    open_json,
    records_relation,
)
from governance.sandbox.connectors.json_text import FIRST_PAGE, open_text
from governance.sandbox.connectors.opening import OpenFile
from governance.sandbox.connectors.parquet_file import open_parquet
from governance.sandbox.group_counting import (
    MAX_ROWS,
    NO_NUMBER,
    BinNumber,
    Row,
    count_groups,
    missing_numbers,
)
from governance.sandbox.groups import GroupCounts, Grouping, GroupRequest
from governance.sandbox.types import NUMBERS, Source, SourceUnreadable

SECONDS = 16.0
# Nothing but one short statement runs: benchmarks/group_counts.py.
THREADS = 2
OUT_OF_TIME = "The file is too large to be read whole in the time that is allowed."
FEWER = "Fewer attributes, bins or a mapping make fewer groups."


def count(source: Source, request: GroupRequest) -> GroupCounts:
    """Return the counts of a file's one table. Raises SourceUnreadable."""
    content = content_of(source.descriptor, source.kind)
    path = f"/proc/self/fd/{source.descriptor}"
    if source.kind == "json":
        path, content = open_text(path, content)
    engine = Engine(path, seconds=SECONDS, threads=THREADS)
    try:
        file, note = COUNTERS[source.kind](engine, path, content, request)
        notes = (FIRST_PAGE if content.is_first_page else "", note)
        return replace(
            count_groups(request, file.rows),
            note=" ".join(filter(None, notes)),
            is_sample=content.is_first_page,
        )
    except (OutOfTime, duckdb.OutOfMemoryException) as error:
        reason = OUT_OF_TIME if isinstance(error, OutOfTime) else reason_of(error)
        raise SourceUnreadable("too-costly", f"{reason} {FEWER}") from error
    except duckdb.Error as error:
        raise SourceUnreadable("wrong-format", reason_of(error)) from error


@dataclass(frozen=True)
class GroupedFile:
    """The combinations of groups in a file; `sql` reads each grouping, by its name.

    If the combinations fit into the memory they are the one set of the table. If they do not, it
    has a set for each attribute and pair.
    """

    engine: Engine
    groupings: Sequence[Grouping]
    has_all: bool

    @classmethod
    def read(
        cls, engine: Engine, relation: str, request: GroupRequest, sql: Mapping[str, str]
    ) -> "GroupedFile":
        """Group the rows of a relation. Raises SourceUnreadable, duckdb.Error, OutOfTime."""
        groupings = request.groupings
        names = [f"g{index}" for index in range(len(groupings))]
        values = ", ".join(
            f"{_key(sql[grouping.name], grouping)} AS {name}"
            for name, grouping in zip(names, groupings, strict=True)
        )
        rows = f"(SELECT {values} FROM {relation})"
        start = "CREATE OR REPLACE TEMP TABLE combinations AS SELECT"
        try:
            engine.fetch(f"{start} *, 0 AS lacking, count(*) AS n FROM {rows} GROUP BY ALL")
        except duckdb.OutOfMemoryException:
            pass
        else:
            if engine.one("SELECT count(*) FROM combinations")[0] > MAX_ROWS:
                _require_few_values(engine, "combinations", groupings)
            return cls(engine, groupings, has_all=True)
        sets = ", ".join(f"({', '.join(names[place] for place in s)})" for s in _sets(request))
        lacking = f"GROUPING({', '.join(names)})"
        try:
            engine.fetch(
                f"{start} {', '.join(names)}, {lacking} AS lacking, count(*) AS n FROM {rows} "
                f"GROUP BY GROUPING SETS ({sets})"
            )
        except duckdb.OutOfMemoryException:
            _require_few_values(engine, rows, groupings)
            raise
        return cls(engine, groupings, has_all=False)

    def rows(self, groupings: Sequence[Grouping], limit: int) -> list[Row] | None:
        """Return the rows of a set; None if there are more than `limit`, or it was not counted."""
        places = [self.groupings.index(grouping) for grouping in groupings]
        last = len(self.groupings) - 1
        lacking = sum(1 << (last - place) for place in range(last + 1) if place not in places)
        names = "".join(f"g{place}, " for place in places)
        chosen = "" if self.has_all else f"WHERE lacking = {lacking} "
        rows = self.engine.fetch(
            f"SELECT {names}sum(n)::BIGINT FROM combinations {chosen}GROUP BY ALL LIMIT {limit + 1}"
        )
        if len(rows) > limit or (rows == [] and not self.has_all and lacking == 0):
            return None
        binned = [index for index, grouping in enumerate(groupings) if grouping.bins]
        return [_with_bins(row, binned) for row in rows] if binned else list(rows)


def _with_bins(row: Row, binned: Sequence[int]) -> Row:
    values = list(row)
    for index in binned:
        if (number := values[index]) is not None:
            values[index] = BinNumber(str(number))
    return values


def _sets(request: GroupRequest) -> list[tuple[int, ...]]:
    """Return the places of the groupings of each attribute and pair, with the label."""
    n = len(request.attributes)
    label = (n,) if request.label else ()
    return [(*places, *label) for size in range(3) for places in combinations(range(n), size)]


def _key(sql: str, grouping: Grouping) -> str:
    """Return the SQL of what is grouped: a value, or the number of its bin."""
    if not grouping.bins:
        return sql
    number = f"TRY_CAST({sql} AS DOUBLE)"
    texts = ", ".join(literal(text.strip()) for text in grouping.missing) or "NULL"
    numbers = ", ".join(map(repr, missing_numbers(grouping))) or "NULL"
    bins = " ".join(
        f"WHEN {number} < {edge!r} THEN {index}" for index, edge in enumerate(grouping.bins)
    )
    return (
        f"CASE WHEN {sql} IS NULL OR isnan({number}) OR {number} IN ({numbers}) THEN NULL "
        f"{bins} WHEN {number} IS NOT NULL THEN {len(grouping.bins)} "
        f"WHEN trim(CAST({sql} AS VARCHAR)) IN ({texts}) THEN NULL ELSE {NO_NUMBER} END"
    )


def _require_few_values(engine: Engine, rows: str, groupings: Sequence[Grouping]) -> None:
    """Raise SourceUnreadable if a column has more different values than can be grouped."""
    for index, grouping in enumerate(groupings):
        (about,) = engine.one(f"SELECT approx_count_distinct(g{index}) FROM {rows}")
        if about > MAX_ROWS:
            detail = f"{grouping.name} has more than {MAX_ROWS:,} different values; is it an id?"
            raise SourceUnreadable("too-many-groups", detail)


def _places(names: Sequence[str], request: GroupRequest) -> dict[str, int]:
    """Return the place of each grouping's column. Raises SourceUnreadable."""
    places = {}
    for grouping in request.groupings:
        if (n := names.count(grouping.column)) != 1:
            detail = f"{n} columns are called {grouping.column}." if n else grouping.column
            raise SourceUnreadable("no-column", detail)
        places[grouping.name] = names.index(grouping.column)
    return places


def _of_open_file(engine: Engine, file: OpenFile, request: GroupRequest) -> GroupedFile:
    names = [column.name for column in file.table.columns]
    places = _places(names, request)
    if not file.sql:
        raise SourceUnreadable("not-counted", file.table.columns[0].reason)
    sql = {name: file.sql[place] for name, place in places.items()}
    for grouping in request.groupings:
        if grouping.bins and file.table.columns[places[grouping.name]].logical_type not in NUMBERS:
            # A date is no number, and DuckDB would refuse the statement.
            sql[grouping.name] = f"CAST({sql[grouping.name]} AS VARCHAR)"
    return GroupedFile.read(engine, file.relation, request, sql)


def _parquet(
    engine: Engine, path: str, content: Content, request: GroupRequest
) -> tuple[GroupedFile, str]:
    *_, file = open_parquet(engine, path, content)
    return _of_open_file(engine, file, request), ""


def _json(
    engine: Engine, path: str, content: Content, request: GroupRequest
) -> tuple[GroupedFile, str]:
    if content.is_pipe:
        *_, decoded = open_json(engine, path, content)
        return _of_open_file(engine, decoded, request), ""
    columns = [grouping.column for grouping in request.groupings]
    relation = records_relation(path, content, columns)
    sql = {grouping.name: quoted(grouping.column) for grouping in request.groupings}
    file = GroupedFile.read(engine, relation, request, sql)
    for grouping in request.groupings:
        values = file.rows([grouping], MAX_ROWS) or [()]
        if all(row[:1] == (None,) for row in values) and not count_values_of_key(
            engine, path, content, grouping.column
        ):
            raise SourceUnreadable("no-column", grouping.column)
    return file, ""


@dataclass(frozen=True, kw_only=True)
class GroupSurvey(Survey):
    """All lines of a file, grouped."""

    file: GroupedFile


def _csv(
    engine: Engine, path: str, content: Content, request: GroupRequest
) -> tuple[GroupedFile, str]:
    def survey(dialect: Dialect) -> GroupSurvey:
        names = header_names(engine, path, dialect)
        places = _places(names, request)
        sql = {name: f"c{place}" for name, place in places.items()}
        with rejects_of(engine, path, dialect) as (relation, rejects):
            file = GroupedFile.read(engine, relation, request, sql)
            ((rows,),) = engine.fetch("SELECT coalesce(sum(n), 0)::BIGINT FROM combinations")
        return GroupSurvey(dialect=dialect, rows=rows, rejects=rejects, file=file)

    lines = read_lines(engine, path, content, survey)
    notes = [lines.note, left_out(lines.survey)]
    return lines.survey.file, " ".join(filter(None, notes))


COUNTERS: Mapping[str, Callable[[Engine, str, Content, GroupRequest], tuple[GroupedFile, str]]] = {
    "parquet": _parquet,
    "csv": _csv,
    "json": _json,
}
