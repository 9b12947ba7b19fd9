"""Reads roll-ups: the stats of a window for evaluation, and the last 90 days for a page."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from governance.slo.budget import Ratio
from governance.slo.evaluation import ObjectiveSpec, ratio_of, ratio_of_slices
from governance.slo.models import RollUp
from governance.slo.stats import (
    DAY,
    HOUR,
    SLICE,
    Stats,
    StoredStats,
    merge,
    parse_slices,
    start_of_day,
    start_of_hour,
)

DAYS = 90
# A history up to this long is drawn by slices, or by hours; a longer one by days.
BY_SLICES, BY_HOURS = timedelta(hours=6), timedelta(days=4)
_COLUMNS = ("port_id", "start", "outcomes", "latencies")

Series = dict[datetime, list[Stats]]


def stats_between(port_ids: Collection[int], start: datetime, end: datetime) -> Stats:
    """Return the merged stats of some ports in [start, end), both full hours.

    Whole days are read from the days already rolled up, the rest from hours.
    """
    first = start if start == start_of_day(start) else start_of_day(start + DAY)
    days = RollUp.objects.days(port_ids, first, start_of_day(end))
    rows, rolled_up = [], set()
    for port_id, day, outcomes, latencies in days.values_list(*_COLUMNS):
        rolled_up.add((port_id, day))
        rows.append(StoredStats(outcomes=outcomes, latencies=latencies))
    for gap_start, gap_end in _gaps(port_ids, rolled_up, start, end):
        hours = RollUp.objects.hours(port_ids, gap_start, gap_end)
        for port_id, hour, outcomes, latencies in hours.values_list(*_COLUMNS):
            if (port_id, start_of_day(hour)) not in rolled_up:
                rows.append(StoredStats(outcomes=outcomes, latencies=latencies))
    return merge(map(Stats.from_json, rows))


def _gaps(
    port_ids: Collection[int],
    rolled_up: set[tuple[int, datetime]],
    start: datetime,
    end: datetime,
) -> Iterator[tuple[datetime, datetime]]:
    """Yield the periods in which some port has no rolled-up day, adjacent ones merged."""
    gap_start, day = None, start
    while day < end:
        is_rolled_up = all((port_id, day) in rolled_up for port_id in port_ids)
        if not is_rolled_up and gap_start is None:
            gap_start = day
        if is_rolled_up and gap_start is not None:
            yield gap_start, day
            gap_start = None
        day = min(start_of_day(day) + DAY, end)
    if gap_start is not None:
        yield gap_start, end


@dataclass(frozen=True, slots=True)
class WindowBase:
    """The part of a window that no longer changes."""

    stats: Stats
    ratio: Ratio


@dataclass(frozen=True, slots=True)
class HourBucket:
    """One hour of a port, and its slices as stored (empty unless they were requested)."""

    stats: Stats
    stored_slices: Mapping[str, StoredStats]

    def slices(self) -> Iterator[Stats]:
        yield from parse_slices(self.stored_slices).values()


def window_base(
    spec: ObjectiveSpec, port_ids: Collection[int], start: datetime, end: datetime
) -> WindowBase:
    """Count the full hours of a window from the roll-ups."""
    stats = stats_between(port_ids, start, end)
    if not spec.is_sliced:
        return WindowBase(stats, ratio_of(spec, stats))
    hours = RollUp.objects.hours(port_ids, start, end).values_list("slices", flat=True)
    slices = (slice_ for stored in hours for slice_ in parse_slices(stored).values())
    return WindowBase(stats, ratio_of_slices(spec, slices))


def hours_since(
    port_ids: Collection[int], start: datetime, *, with_slices: bool = True
) -> dict[int, list[HourBucket]]:
    hours: dict[int, list[HourBucket]] = defaultdict(list)
    rows = RollUp.objects.hours(port_ids, start, start + 3 * DAY)
    columns = ["port_id", "outcomes", "latencies", *(["slices"] if with_slices else [])]
    for port_id, outcomes, latencies, *slices in rows.values_list(*columns):
        stats = Stats.from_json({"outcomes": outcomes, "latencies": latencies})
        hours[port_id].append(HourBucket(stats, slices[0] if slices else {}))
    return hours


def ratio_of_hours(spec: ObjectiveSpec, hours: Collection[HourBucket]) -> Ratio:
    if spec.is_sliced:
        return ratio_of_slices(spec, (slice_ for hour in hours for slice_ in hour.slices()))
    return sum((ratio_of(spec, hour.stats) for hour in hours), Ratio())


@dataclass(frozen=True)
class RollUps:
    """Stats by port and start: of days, and of the hours that are recent or in no day yet."""

    now: datetime
    days: Mapping[tuple[int, datetime], Stats]
    hours: Mapping[tuple[int, datetime], Stats]
    slices: Mapping[tuple[int, datetime], Stats]

    @property
    def first_day(self) -> datetime:
        """Return the first of the 90 days that end today."""
        return start_of_day(self.now) - (DAYS - 1) * DAY

    def by_day(self, ports: Collection[int]) -> Series:
        """Return the stats of some ports by day; days without a measurement are missing."""
        series: Series = defaultdict(list)
        for (port_id, day), stats in self.days.items():
            if port_id in ports:
                series[day].append(stats)
        for (port_id, hour), stats in self.hours.items():
            if port_id in ports and (port_id, start_of_day(hour)) not in self.days:
                series[start_of_day(hour)].append(stats)
        return dict(sorted(series.items()))

    def by_hour(self, ports: Collection[int]) -> Series:
        return _series(self.hours, ports)

    def by_slice(self, ports: Collection[int]) -> Series:
        """Return the stats of some ports by slice of five minutes, as far as slices were read."""
        return _series(self.slices, ports)

    def slices_by_day(self, ports: Collection[int]) -> Series:
        """Return the slices of some ports, grouped by day."""
        series: Series = defaultdict(list)
        for start, stats in self.by_slice(ports).items():
            series[start_of_day(start)] += stats
        return dict(series)

    def first_measured_at(self, ports: Collection[int]) -> datetime | None:
        """Return the start of the first known hour or day."""
        starts = [start for (port, start) in [*self.days, *self.hours] if port in ports]
        return min(starts, default=None)

    def chart_series(self, ports: Collection[int]) -> tuple[timedelta, dict[datetime, Stats]]:
        """Return a resolution that suits the length of the history, and the stats at it."""
        first = self.first_measured_at(ports)
        length = self.now - first if first else timedelta(0)
        if length <= BY_SLICES:
            resolution, series = SLICE, self.by_slice(ports)
        elif length <= BY_HOURS:
            resolution, series = HOUR, self.by_hour(ports)
        else:
            resolution, series = DAY, self.by_day(ports)
        return resolution, {start: merge(stats) for start, stats in series.items()}


def _series(stats_by_key: Mapping[tuple[int, datetime], Stats], ports: Collection[int]) -> Series:
    series: Series = defaultdict(list)
    for (port_id, start), stats in stats_by_key.items():
        if port_id in ports:
            series[start].append(stats)
    return dict(sorted(series.items()))


def load_rollups(port_ids: Collection[int], now: datetime, *, all_slices: bool = False) -> RollUps:
    """Read the last 90 days of some ports; `all_slices` reads the slices of all of them."""
    first, end = start_of_day(now) - (DAYS - 1) * DAY, start_of_hour(now) + HOUR
    days = {
        (port_id, start): Stats.from_json({"outcomes": outcomes, "latencies": latencies})
        for port_id, start, outcomes, latencies in RollUp.objects.days(
            port_ids, first, end
        ).values_list(*_COLUMNS)
    }
    rolled_to = max((start for _, start in days), default=first - DAY) + DAY
    since = first if all_slices else min(rolled_to, start_of_day(now - BY_HOURS))
    hours, slices = {}, {}
    rows = RollUp.objects.hours(port_ids, max(since, first), end)
    for port_id, start, outcomes, latencies, stored in rows.values_list(*_COLUMNS, "slices"):
        for number, stats in parse_slices(stored).items():
            slices[port_id, start + number * SLICE] = stats
        # An hour without slices was never measured.
        if stored:
            hours[port_id, start] = Stats.from_json({"outcomes": outcomes, "latencies": latencies})
    return RollUps(now, days, hours, slices)
