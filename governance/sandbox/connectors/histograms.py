"""Histograms of numbers, days and moments: bins of equal width, as SQL and as labels; pure."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from governance.sandbox.types import N_BINS, Bin

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Axis:
    """A column on a line: the SQL of its position as a number, and the label of a position.

    `finite` is the SQL of its values without infinite ones.
    """

    finite: str
    position: str
    is_whole: bool
    label: Callable[[float], str]


def axis_of(logical_type: str, expression: str) -> Axis | None:
    """Return the axis of a column of DuckDB; None if its type has none."""
    is_whole = logical_type == "integer"
    finite = expression if is_whole else f"CASE WHEN isfinite({expression}) THEN {expression} END"
    if logical_type in ("integer", "number"):
        label = _whole_label if is_whole else _number_label
        return Axis(finite=finite, position=f"({finite})::DOUBLE", is_whole=is_whole, label=label)
    if logical_type == "date":
        position = f"epoch({finite}) / 86400"
        return Axis(finite=finite, position=position, is_whole=True, label=_day_label)
    if logical_type == "timestamp":
        position = f"epoch({finite})"
        return Axis(finite=finite, position=position, is_whole=False, label=_moment_label)
    return None


@dataclass(frozen=True, kw_only=True)
class Grid:
    """Bins of equal width over the positions from `low` to `high`."""

    axis: Axis
    low: float
    high: float
    width: float
    n_bins: int

    @property
    def expression(self) -> str:
        """The SQL of the number of a value's bin."""
        position = self.axis.position
        offset = f"floor(({position} - ({self.low!r})) / {self.width!r})"
        # Of null the engine's least and greatest make the other argument.
        inside = f"greatest(0, least({self.n_bins - 1}, {offset}))::UTINYINT"
        return f"CASE WHEN ({position}) IS NOT NULL THEN {inside} END"

    def bins(self, counts: Mapping[object, int]) -> tuple[Bin, ...]:
        edges = [self.low + index * self.width for index in range(self.n_bins)]
        labels = [self.axis.label(edge) for edge in (*edges, self.high)]
        return tuple(
            Bin(labels[index], labels[index + 1], counts.get(index, 0))
            for index in range(self.n_bins)
        )


def grid_of(axis: Axis, low: float | None, high: float | None) -> Grid | None:
    """Return bins between two positions; None if there is nothing between them."""
    if low is None or high is None or not low < high or not math.isfinite(high - low):
        return None
    if not axis.is_whole:
        width = (high - low) / N_BINS
        return Grid(axis=axis, low=low, high=high, width=width, n_bins=N_BINS)
    whole_width = math.ceil((high - low + 1) / N_BINS)
    n_bins = math.ceil((high - low + 1) / whole_width)
    return Grid(axis=axis, low=low, high=high, width=float(whole_width), n_bins=n_bins)


def _whole_label(position: float) -> str:
    return str(round(position))


def _number_label(position: float) -> str:
    return f"{position:.6g}"


def _day_label(position: float) -> str:
    try:
        return (date(1970, 1, 1) + timedelta(days=round(position))).isoformat()
    except OverflowError:
        return f"day {position:.0f}"


def _moment_label(position: float) -> str:
    try:
        moment = EPOCH + timedelta(seconds=position)
    except OverflowError:
        return f"second {position:.0f}"
    return moment.replace(tzinfo=None).isoformat(" ", "seconds")
