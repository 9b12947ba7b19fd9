"""Geometry of the charts, in SVG boxes of 100 by 100; templates/macros/charts.html draws them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from catalog.contracts.observations import ValueRange
from catalog.web.components.badges import verdict_style

# Height distinguishes the verdicts without colour: a breach is short however small it was.
# Where the axis of shares begins, in percent: a drop from 99.9 to 99.5 would be no line apart.
BOTTOMS = (99, 95, 90, 80, 50)
HEIGHTS = {"met": 100, "at_risk": 72, "breached": 40, "collecting": 20, "no_data": 0}


@dataclass(frozen=True, kw_only=True)
class Day:
    """One day of a day strip, with its verdict as a sentence."""

    day: date
    verdict: str
    text: str
    has_maintenance: bool = False

    @property
    def tone(self) -> str:
        return verdict_style(self.verdict).tone

    @property
    def height(self) -> int:
        return HEIGHTS.get(self.verdict, 0)


@dataclass(frozen=True, kw_only=True)
class Reading:
    """One point in time of a line chart, with a value for each line; None leaves a gap."""

    label: str
    values: Sequence[float | None]


@dataclass(frozen=True)
class LineChart:
    """Paths of a line chart, where its axis begins and ends, and where its target lies."""

    paths: list[tuple[str, str]]
    bottom: float
    top: float
    target_y: float | None
    first: str
    last: str


@dataclass(frozen=True)
class Band:
    """A period on a line chart: where it begins and how wide it is, in percent."""

    x: float
    width: float


@dataclass(frozen=True)
class StackPart:
    """One part of a stacked bar: where it begins and how wide it is, in percent."""

    x: float
    width: float
    tone: str


def line_chart(
    readings: Sequence[Reading],
    names: Sequence[str],
    target: float | None = None,
    *,
    is_share: bool = False,
) -> LineChart:
    """Return up to two lines from zero to a round top; shares in percent from a round bottom."""
    values = [value for reading in readings for value in reading.values if value is not None]
    top = 100 if is_share else _round_top(max([*values, target or 0, 1e-9]))
    least = min([*values, 100 if target is None else target], default=0)
    bottom = next((step for step in BOTTOMS if step < least), 0) if is_share else 0
    paths = [
        (name, line_path([reading.values[index] for reading in readings], top, bottom))
        for index, name in enumerate(names)
    ]
    return LineChart(
        paths=paths,
        bottom=bottom,
        top=top,
        target_y=None if target is None else _from_top(target, top, bottom),
        first=readings[0].label if readings else "",
        last=readings[-1].label if readings else "",
    )


def period_bands(
    periods: Iterable[tuple[datetime, datetime]], start: datetime, end: datetime
) -> list[Band]:
    """Return the bands of periods on a chart from `start` to `end`, cut to it."""
    length = (end - start).total_seconds()
    bands = []
    for begins, ends in periods:
        first, last = max(begins, start), min(ends, end)
        if length > 0 and first < last:
            x = 100 * (first - start).total_seconds() / length
            width = 100 * (last - first).total_seconds() / length
            bands.append(Band(round(x, 2), max(round(width, 2), 0.5)))
    return bands


def spark_path(values: Sequence[float | None]) -> str:
    """Return the path of a line that is as high as a line of text."""
    return line_path(values, max((v for v in values if v is not None), default=1) or 1)


def bar_width(share: float) -> float:
    """Return a share (0 to 1) as the width of a bar in percent."""
    return round(100 * min(max(share, 0), 1), 2)


def stack_parts(counts: Iterable[tuple[str, int]]) -> list[StackPart]:
    parts: list[StackPart] = []
    x, rows = 0.0, list(counts)
    total = sum(count for _, count in rows) or 1
    for verdict, count in rows:
        width = round(100 * count / total, 2)
        parts.append(StackPart(round(x, 2), width, verdict_style(verdict).tone))
        x += width
    return parts


def line_path(values: Sequence[float | None], top: float, bottom: float = 0) -> str:
    """Return the path of a line; a missing value lifts the pen."""
    step = 100 / max(len(values) - 1, 1)
    path, pen_is_down = [], False
    for index, value in enumerate(values):
        if value is not None:
            command = "L" if pen_is_down else "M"
            path.append(f"{command}{index * step:.2f} {_from_top(value, top, bottom):.2f}")
        pen_is_down = value is not None
    return "".join(path)


def _from_top(value: float, top: float, bottom: float = 0) -> float:
    return 100 - 100 * min((value - bottom) / (top - bottom), 1)


def _round_top(value: float) -> float:
    """Return the least of 1, 2, 2.5, 5 times a power of ten that is not below a value."""
    power = 1.0
    while power * 10 <= value:
        power *= 10
    while power > value:
        power /= 10
    return next(power * step for step in (1, 2, 2.5, 5, 10) if power * step >= value)


@dataclass(frozen=True)
class Histogram:
    """The outline of bars in a box of 100 by 24, the ends of its axis, and the range with most."""

    path: str
    low: str
    high: str
    most: ValueRange


def histogram(ranges: Sequence[ValueRange]) -> Histogram | None:
    """Return the bars of ranges of equal width; one path, for a page draws hundreds of them."""
    highest = max((part.rows for part in ranges), default=0)
    if not highest:
        return None
    width = 100 / len(ranges)
    bars = [
        f"M{index * width:.4g} 24v-{max(1, round(part.rows / highest * 24))}h{width - 1:.4g}V24z"
        for index, part in enumerate(ranges)
        if part.rows
    ]
    most = max(ranges, key=lambda part: part.rows)
    return Histogram("".join(bars), ranges[0].low, ranges[-1].high, most)
