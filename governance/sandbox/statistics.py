"""Takes the statistics of a table in SQLAlchemy Core, once for all databases and for DuckDB.

A statement is about a few columns. If it fails, each half of them is tried alone, so that a column
that cannot be counted costs only its own figures.
"""

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any, TypeAlias

from sqlalchemy import (
    ColumnClause,
    ColumnElement,
    Float,
    FromClause,
    Select,
    String,
    and_,
    case,
    cast,
    column,
    distinct,
    func,
    literal_column,
    quoted_name,
    select,
)
from sqlalchemy import table as table_clause

from governance.sandbox.detection import SAMPLE_ROWS, with_detections
from governance.sandbox.types import (
    MAX_TEXT_LENGTH,
    N_BINS,
    N_TOP_VALUES,
    NUMBERS,
    SHARES,
    Bin,
    ColumnProfile,
    KeyProfile,
    Quantile,
    SourceUnreadable,
    TableProfile,
)

Statement: TypeAlias = Select[*tuple[Any, ...]]
Element: TypeAlias = ColumnElement[Any]
Row: TypeAlias = Sequence[Any]
# Runs one statement and returns its rows; raises SourceUnreadable.
Fetch: TypeAlias = Callable[[Statement], Sequence[Row]]
# Makes what is to be computed of a column.
Measures: TypeAlias = Callable[[ColumnProfile, Element], Sequence[Element]]

# Rows times columns of one statement: about two seconds of Postgres.
MAX_CELLS = 2_000_000
ORDERED = (*NUMBERS, "date", "timestamp", "time")
COMPARABLE = (*ORDERED, "string")
TIME_IS_UP = "Not counted: the time for this source was used up."


@dataclass(frozen=True, kw_only=True)
class Scan:
    """How the rows of a table are read: at most the first `max_rows`, `portion` columns at a time.

    Nothing begins after `ends_at` (time.monotonic).
    """

    name: str
    fetch: Fetch
    ends_at: float
    schema: str | None = None
    max_rows: int | None = None
    portion: int = 40

    @property
    def is_over(self) -> bool:
        return time.monotonic() >= self.ends_at

    def rows_of(self, *names: str) -> FromClause:
        """Return the rows that are read, with only the named columns."""
        columns: list[ColumnClause[Any]] = [column(quoted_name(name, quote=True)) for name in names]
        schema = None if self.schema is None else quoted_name(self.schema, quote=True)
        table = table_clause(quoted_name(self.name, quote=True), *columns, schema=schema)
        rows = select(*columns) if columns else select(literal_column("1").label("one"))
        rows = rows.select_from(table)
        return (rows if self.max_rows is None else rows.limit(self.max_rows)).subquery("r")


def with_statistics(
    profile: TableProfile, scan: Scan, *, shows: Callable[[str], bool]
) -> TableProfile:
    """Return a table with counts, and with values of the columns that `shows` allows.

    What cannot be counted has the reason in its place; the names and types are kept.
    """
    try:
        rows = int(scan.fetch(select(func.count()).select_from(scan.rows_of()))[0][0])
    except SourceUnreadable as error:
        return replace(profile, reason=str(error))
    if not rows:
        columns = [
            replace(item, n_values=0, n_distinct=0, is_exact=True) for item in profile.columns
        ]
        return replace(profile, rows=0, columns=tuple(columns), reason="")
    scan = replace(scan, portion=max(1, min(scan.portion, MAX_CELLS // rows)))
    counts = measure(profile.columns, scan, counts_of())
    # Types without an equality of their own (XML, shapes) are compared as text.
    failed = [item for item in profile.columns if isinstance(counts[item.name], str)]
    counts |= measure(failed, replace(scan, portion=1), counts_of(as_texts=True))
    counted = (with_counts(item, counts[item.name]) for item in profile.columns)
    columns = with_detections(counted, first_rows_of(scan), ends_at=scan.ends_at)
    for index, item in enumerate(columns):
        if shows(item.name) and item.n_values and item.logical_type in (*COMPARABLE, "boolean"):
            columns[index] = with_values(item, scan)
    is_sample = scan.max_rows is not None and rows >= scan.max_rows
    return replace(profile, rows=rows, is_sample=is_sample, columns=tuple(columns), reason="")


def first_rows_of(scan: Scan) -> Callable[[Sequence[str]], Sequence[Row]]:
    """Return what reads the first rows of some columns as texts."""

    def fetch(names: Sequence[str]) -> Sequence[Row]:
        rows = scan.rows_of(*names)
        return scan.fetch(select(*(as_text(rows.c[name]) for name in names)).limit(SAMPLE_ROWS))

    return fetch


def counts_of(*, as_texts: bool = False) -> Measures:
    """Count all rows, the values, and the distinct ones."""

    def measures(profile: ColumnProfile, values: Element) -> Sequence[Element]:
        is_nested = profile.logical_type in ("object", "array", "")
        compared = as_text(values) if as_texts or is_nested else values
        return func.count(), func.count(values), func.count(distinct(compared))

    return measures


def with_counts(profile: ColumnProfile, counts: Row | str) -> ColumnProfile:
    if isinstance(counts, str):
        return replace(profile, reason=counts)
    rows, n_values, n_distinct = map(int, counts[:3])
    return replace(
        profile,
        n_values=n_values,
        null_share=1 - n_values / rows if rows else None,
        n_distinct=min(n_distinct, n_values),
        is_exact=True,
    )


def measure(
    columns: Sequence[ColumnProfile], scan: Scan, measures: Measures
) -> dict[str, Row | str]:
    """Return the measures of each column by its name, or the sentence why there are none."""
    measured: dict[str, Row | str] = {}
    for start in range(0, len(columns), scan.portion):
        measured |= _measure_portion(columns[start : start + scan.portion], scan, measures)
    return measured


def _measure_portion(
    columns: Sequence[ColumnProfile], scan: Scan, measures: Measures
) -> dict[str, Row | str]:
    if scan.is_over:
        return {item.name: TIME_IS_UP for item in columns}
    rows = scan.rows_of(*(item.name for item in columns))
    parts = [list(measures(item, rows.c[item.name])) for item in columns]
    try:
        answer = iter(scan.fetch(select(*chain.from_iterable(parts)).select_from(rows))[0])
    except SourceUnreadable as error:
        if len(columns) == 1:
            return {columns[0].name: str(error)}
        middle = len(columns) // 2
        halves = columns[:middle], columns[middle:]
        first, second = (_measure_portion(half, scan, measures) for half in halves)
        return first | second
    return {
        item.name: tuple(next(answer) for _ in part)
        for item, part in zip(columns, parts, strict=True)
    }


def with_values(profile: ColumnProfile, scan: Scan) -> ColumnProfile:
    """Return a column with its bounds, quantiles, histogram and most frequent values.

    Each is left out if it cannot be computed for the column's type, or in time.
    """
    rows = scan.rows_of(profile.name)
    values = rows.c[profile.name]
    if profile.logical_type in COMPARABLE:
        bounds = (as_text(func.min(values)), as_text(func.max(values)))
        for low, high in _try(scan, select(*bounds).select_from(rows)):
            profile = replace(profile, min=low, max=high)
    n = func.count()
    frequent = select(as_text(values), n).where(values.is_not(None)).group_by(values)
    ordered = frequent.order_by(n.desc(), values).limit(N_TOP_VALUES)
    top_values = tuple((str(value), int(count)) for value, count in _try(scan, ordered))
    if profile.logical_type in ORDERED:
        profile = replace(profile, quantiles=tuple(_quantiles(profile, scan)))
    if profile.logical_type in NUMBERS:
        profile = replace(profile, histogram=tuple(_histogram(profile, scan)))
    return replace(profile, top_values=top_values)


def _quantiles(profile: ColumnProfile, scan: Scan) -> Iterator[Quantile]:
    rows = scan.rows_of(profile.name)
    values = rows.c[profile.name]
    position = func.row_number().over(order_by=values).label("position")
    ordered = select(as_text(values).label("v"), position).where(values.is_not(None)).subquery("o")
    positions = {share: max(1, math.ceil(share * (profile.n_values or 0))) for share in SHARES}
    chosen = select(ordered.c.position, ordered.c.v)
    answer = dict(_pairs(_try(scan, chosen.where(ordered.c.position.in_(set(positions.values()))))))
    for share, place in positions.items():
        if place in answer:
            yield Quantile(share, answer[place])


def _pairs(rows: Sequence[Row]) -> Iterator[tuple[int, str]]:
    for position, value in rows:
        yield int(position), str(value)


def _histogram(profile: ColumnProfile, scan: Scan) -> Iterator[Bin]:
    """Yield bins of equal width; none if all values are equal, or one is infinite or no number."""
    rows = scan.rows_of(profile.name)
    values = cast(rows.c[profile.name], Float)
    bounds = _try(scan, select(func.min(values), func.max(values)).select_from(rows))
    if not bounds or None in bounds[0]:
        return
    low, high = map(float, bounds[0])
    width = (high - low) / N_BINS
    if not math.isfinite(width) or width <= 0:
        return
    edges = [low + width * step for step in range(N_BINS)] + [high]
    inside = [and_(values >= edges[i], values < edges[i + 1]) for i in range(N_BINS - 1)]
    inside.append(values >= edges[N_BINS - 1])
    counts = _try(scan, select(*(func.sum(case((part, 1), else_=0)) for part in inside)))
    for index, count in enumerate(counts[0] if counts else ()):
        yield Bin(f"{edges[index]:.6g}", f"{edges[index + 1]:.6g}", int(count))


def with_keys(profile: TableProfile, keys: Sequence[tuple[str, ...]], scan: Scan) -> TableProfile:
    """Return a table with declared keys counted as a whole, unless the source enforces them."""
    names = {item.name for item in profile.columns}
    counted = [
        _counted_key(key, scan)
        for key in keys
        if names.issuperset(key)
        and not any(known.is_enforced and set(known.columns) <= set(key) for known in profile.keys)
    ]
    return replace(profile, keys=(*profile.keys, *counted))


def _counted_key(key: tuple[str, ...], scan: Scan) -> KeyProfile:
    if scan.is_over:
        return KeyProfile(key, reason=TIME_IS_UP)
    rows = scan.rows_of(*key)
    columns = [rows.c[name] for name in key]
    groups = select(func.count().label("n")).select_from(rows).group_by(*columns)
    repeated = groups.having(func.count() > 1).subquery("g")
    try:
        answer = scan.fetch(select(func.sum(repeated.c.n - 1)).select_from(repeated))
    except SourceUnreadable as error:
        return KeyProfile(key, reason=str(error))
    return KeyProfile(key, duplicates=int(answer[0][0] or 0))


def as_text(value: Element) -> ColumnElement[str]:
    """Return a value as a text of bounded length, made by the engine: Python has no year 0."""
    return func.substr(cast(value, String), 1, MAX_TEXT_LENGTH)


def _try(scan: Scan, statement: Statement) -> Sequence[Row]:
    if scan.is_over:
        return ()
    try:
        return scan.fetch(statement)
    except SourceUnreadable:
        return ()
