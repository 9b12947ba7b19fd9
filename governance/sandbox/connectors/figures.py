"""Figures of a file's columns, by DuckDB: in portions, so that no column costs another its own."""
# ruff: noqa: S608 - names and texts are quoted

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypedDict

import duckdb

from governance.sandbox.connectors.engine import Engine, OutOfTime, literal, reason_of
from governance.sandbox.connectors.histograms import Axis, axis_of, grid_of
from governance.sandbox.types import (
    MAX_TEXT_LENGTH,
    N_TOP_VALUES,
    SHARES,
    ColumnProfile,
    KeyProfile,
    Quantile,
)

PORTION = 50
# Up to this number of rows all distinct values are counted.
EXACT_ROWS = 10_000
# Above this share of an estimate the values may all be distinct, so they are counted.
NEARLY_UNIQUE = 0.8
# Up to this number of distinct values each is counted; of more, only candidates are.
FEW_VALUES = 1000
N_CANDIDATES = 20
UNPROFILED = frozenset({"BLOB", "BIT", "INTERVAL"})
OUT_OF_TIME = "Not profiled: the time limit was reached."


class Counts(TypedDict, total=False):
    """The first figures of a column; from `min` on only if its values are read."""

    present: int
    n_distinct: int
    min: str | None
    max: str | None
    low: float | None
    high: float | None
    quantiles: Sequence[str] | None


@dataclass(frozen=True, kw_only=True)
class Cell:
    """A column, the SQL that reads it, and whether its values may be read."""

    column: ColumnProfile
    sql: str
    has_values: bool

    @property
    def text(self) -> str:
        return f"left({self.sql}::VARCHAR, {MAX_TEXT_LENGTH})"

    @property
    def axis(self) -> Axis | None:
        return axis_of(self.column.logical_type, self.sql)


def cell_of(column: ColumnProfile, sql: str, *, is_open: bool) -> Cell:
    is_flat = column.logical_type not in ("", "object", "array")
    has_values = is_open and is_flat and column.physical_type not in UNPROFILED
    return Cell(column=column, sql=sql, has_values=has_values)


def read_figures(
    engine: Engine, relation: str, cells: Sequence[Cell], *, rows: int | None
) -> Iterator[tuple[int, list[ColumnProfile]]]:
    """Yield the position of a column, and it and some that follow it with their figures."""
    is_exact = rows is not None and rows <= EXACT_ROWS
    columns: list[ColumnProfile] = []
    for start in range(0, len(cells), PORTION):
        portion = _portion(engine, relation, cells[start : start + PORTION], is_exact=is_exact)
        columns += portion
        yield start, portion
    for index, column in enumerate(columns):
        if _may_be_unique(column):
            counted = _with_distinct_count(engine, relation, cells[index].sql, column)
            if counted is not column:
                yield index, [counted]


def count_key(engine: Engine, relation: str, key: Mapping[str, str]) -> KeyProfile:
    """Count the rows that repeat an earlier one in the columns of a key, given with their SQL."""
    names, values = tuple(key), ", ".join(key.values())
    groups = f"SELECT count(*) AS n FROM {relation} GROUP BY {values} HAVING count(*) > 1"
    try:
        (duplicates,) = engine.one(f"SELECT coalesce(sum(n - 1), 0)::BIGINT FROM ({groups})")
    except OutOfTime:
        return KeyProfile(names, reason="Not counted: the time limit was reached.")
    except duckdb.Error as error:
        return KeyProfile(names, reason=f"Not counted. {reason_of(error)}")
    return KeyProfile(names, duplicates=duplicates)


def _may_be_unique(column: ColumnProfile) -> bool:
    if column.is_exact or column.n_distinct is None or not column.n_values:
        return False
    return column.n_distinct >= column.n_values * NEARLY_UNIQUE


def _with_distinct_count(
    engine: Engine, relation: str, sql: str, column: ColumnProfile
) -> ColumnProfile:
    """Count the distinct values; keep the estimate if that costs too much."""
    try:
        (n_distinct,) = engine.one(f"SELECT count(DISTINCT {sql}) FROM {relation}")
    except (duckdb.Error, OutOfTime):
        return column
    return replace(column, n_distinct=n_distinct, is_exact=True)


def _portion(
    engine: Engine, relation: str, cells: Sequence[Cell], *, is_exact: bool
) -> list[ColumnProfile]:
    """Return the columns with figures; what fails is read again in halves, then with less."""
    try:
        return _profiled(engine, relation, cells, is_exact=is_exact)
    except OutOfTime:
        return [_without_figures(cell.column, OUT_OF_TIME) for cell in cells]
    except duckdb.Error as error:
        reason = reason_of(error)
    if len(cells) > 1:
        half = len(cells) // 2
        first, second = cells[:half], cells[half:]
        return [
            *_portion(engine, relation, first, is_exact=is_exact),
            *_portion(engine, relation, second, is_exact=is_exact),
        ]
    if is_exact:
        return _portion(engine, relation, cells, is_exact=False)
    if not cells[0].has_values:
        return [_without_figures(cells[0].column, f"Not profiled. {reason}")]
    cell = replace(cells[0], has_values=False)
    (column,) = _portion(engine, relation, [cell], is_exact=False)
    return [_without_figures(column, f"Values not profiled. {reason}")]


def _without_figures(column: ColumnProfile, reason: str) -> ColumnProfile:
    return replace(column, reason=column.reason or reason)


def _profiled(
    engine: Engine, relation: str, cells: Sequence[Cell], *, is_exact: bool
) -> list[ColumnProfile]:
    parts = [_counts_sql(cell, is_exact=is_exact) for cell in cells]
    rows, *counted = engine.one(f"SELECT {', '.join(('count(*)', *parts))} FROM {relation}")
    counts = counted
    columns = [
        _with_counts(cell.column, count, rows=rows, is_exact=is_exact)
        for cell, count in zip(cells, counts, strict=True)
    ]
    grids = {
        index: grid
        for index, (cell, count) in enumerate(zip(cells, counts, strict=True))
        if (axis := cell.axis) and (grid := grid_of(axis, count.get("low"), count.get("high")))
    }
    bins = _maps(engine, relation, {index: grid.expression for index, grid in grids.items()})
    top = _top_values(engine, relation, cells, counts)
    for index, grid in grids.items():
        columns[index] = replace(columns[index], histogram=grid.bins(bins[index]))
    for index, values in top.items():
        columns[index] = _with_top_values(columns[index], values)
    return columns


def _counts_sql(cell: Cell, *, is_exact: bool) -> str:
    sql, axis = cell.sql, cell.axis
    distinct = f"count(DISTINCT {sql})" if is_exact else f"approx_count_distinct({sql})"
    parts = {"present": f"count({sql})", "n_distinct": distinct}
    if cell.has_values:
        parts["min"] = f"left(min({sql})::VARCHAR, {MAX_TEXT_LENGTH})"
        parts["max"] = f"left(max({sql})::VARCHAR, {MAX_TEXT_LENGTH})"
        if axis is not None:
            parts["low"], parts["high"] = f"min({axis.position})", f"max({axis.position})"
            parts["quantiles"] = f"approx_quantile({axis.finite}, {list(SHARES)})::VARCHAR[]"
    return f"{{{', '.join(f'{name!r}: {part}' for name, part in parts.items())}}}"


def _with_counts(
    column: ColumnProfile, counts: Counts, *, rows: int, is_exact: bool
) -> ColumnProfile:
    quantiles = zip(SHARES, counts.get("quantiles") or (), strict=False)
    return replace(
        column,
        n_values=counts["present"],
        null_share=1 - counts["present"] / rows if rows else None,
        n_distinct=min(counts["n_distinct"], counts["present"]),
        is_exact=is_exact,
        min=counts.get("min"),
        max=counts.get("max"),
        quantiles=tuple(Quantile(share, value) for share, value in quantiles if value is not None),
    )


def _maps(
    engine: Engine, relation: str, expressions: Mapping[int, str]
) -> dict[int, dict[object, int]]:
    """Return how often each value of some expressions occurs, by their keys."""
    if not expressions:
        return {}
    parts = ", ".join(f"histogram({sql})" for sql in expressions.values())
    row = engine.one(f"SELECT {parts} FROM {relation}")
    maps = row
    return {key: counts or {} for key, counts in zip(expressions, maps, strict=True)}


def _top_values(
    engine: Engine, relation: str, cells: Sequence[Cell], counts: Sequence[Counts]
) -> dict[int, dict[object, int]]:
    """Return how often the frequent values of columns occur; none of a column of unique ones."""
    numbers = {
        index: count["n_distinct"]
        for index, (cell, count) in enumerate(zip(cells, counts, strict=True))
        if cell.has_values and 0 < count["n_distinct"] < count["present"]
    }
    counted = {index: cells[index].text for index, n in numbers.items() if n <= FEW_VALUES}
    many = [index for index, n in numbers.items() if n > FEW_VALUES]
    if many:
        parts = ", ".join(f"approx_top_k({cells[index].text}, {N_CANDIDATES})" for index in many)
        candidates = engine.one(f"SELECT {parts} FROM {relation}")
        for index, values in zip(many, candidates, strict=True):
            texts = ", ".join(literal(value) for value in values or ())
            text = cells[index].text
            counted[index] = f"CASE WHEN {text} IN ({texts or 'NULL'}) THEN {text} END"
    return _maps(engine, relation, counted)


def _with_top_values(column: ColumnProfile, counts: Mapping[object, int]) -> ColumnProfile:
    ordered = sorted(counts.items(), key=lambda item: (-item[1], str(item[0])))
    values = tuple((str(value), count) for value, count in ordered[:N_TOP_VALUES] if count > 1)
    return replace(column, top_values=values)
