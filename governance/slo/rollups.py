"""Reads roll-ups: the stats of a window for evaluation, and the last 90 days for a page."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import chain

from django.db.models import Q

from governance.slo.budget import Ratio
from governance.slo.evaluation import ObjectiveSpec, count
from governance.slo.models import Measurement, ObjectiveStatus, RollUp
from governance.slo.stats import (
    DAY,
    HOUR,
    MAINTENANCE,
    SLICE,
    Stats,
    StoredStats,
    add_measurement,
    merge,
    parse_slices,
    start_of_day,
    start_of_hour,
)
from governance.slo.windows import next_slice

DAYS = 90
# The longest window of a burn rate.
BURN_HOURS = timedelta(hours=72)
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
    """The part of a window that no longer changes: [start, end), and its latest hours singly."""

    start: datetime
    end: datetime
    stats: Stats
    ratio: Ratio
    hours: Mapping[datetime, Ratio]

    @classmethod
    def from_status(cls, status: ObjectiveStatus) -> WindowBase | None:
        """Return the base that is kept with a status; None if it must be counted again."""
        if status.base_to is None or "start" not in status.base:
            return None
        return cls(
            start=datetime.fromisoformat(status.base["start"]),
            end=status.base_to,
            stats=Stats.from_json(status.base),
            ratio=Ratio(status.base_good, status.base_total),
            hours={
                datetime.fromtimestamp(seconds, UTC): Ratio(good, total)
                for seconds, good, total in status.base["hours"]
            },
        )

    def keep_in(self, status: ObjectiveStatus) -> None:
        status.base_good, status.base_total = self.ratio.good, self.ratio.total
        status.base_to = self.end
        status.base = {
            **self.stats.as_json(),
            "start": self.start.isoformat(),
            "hours": [
                [int(hour.timestamp()), ratio.good, ratio.total]
                for hour, ratio in self.hours.items()
            ],
        }


def read_base(
    spec: ObjectiveSpec, port_ids: Collection[int], start: datetime, end: datetime
) -> WindowBase:
    """Count [start, end), of which `end` is a full hour; nothing if `start` is not before it."""
    if start >= end:
        return WindowBase(start, end, Stats(), Ratio(), {})
    full = start if start == start_of_hour(start) else start_of_hour(start) + HOUR
    parts = [stats_between(port_ids, full, end)]
    cut = list(_first_slices(port_ids, start, full)) if start < full else []
    since = full if spec.is_sliced else max(full, end - BURN_HOURS)
    hours = defaultdict[datetime, list[Stats]](list)
    columns = ("start", *(("slices",) if spec.is_sliced else ("outcomes", "latencies")))
    rows = RollUp.objects.hours(port_ids, since, end).values_list(*columns)
    for at, *stored in rows:
        if spec.is_sliced:
            hours[at] += parse_slices(stored[0]).values()
        else:
            hours[at].append(Stats.from_json({"outcomes": stored[0], "latencies": stored[1]}))
    ratios = {at: count(spec, slices) for at, slices in hours.items()}
    ratio = count(spec, cut) + (
        sum(ratios.values(), Ratio()) if spec.is_sliced else count(spec, parts)
    )
    latest = {at: counted for at, counted in ratios.items() if at >= end - BURN_HOURS}
    return WindowBase(start, end, merge(parts + cut), ratio, latest)


def _first_slices(port_ids: Collection[int], start: datetime, end: datetime) -> Iterator[Stats]:
    """Yield the slices of some ports from a moment to the end of its hour, the first one cut."""
    first = next_slice(start)
    rows = RollUp.objects.hours(port_ids, start_of_hour(start), end)
    hours = rows.values_list("port_id", "start", "slices")
    for _, hour, stored in hours:
        for number, stats in parse_slices(stored).items():
            if hour + number * SLICE >= first:
                yield stats
    if start < first:
        yield from single_stats((port_id, start) for port_id, *_ in hours).values()


def single_stats(
    starts: Iterable[tuple[int, datetime]],
) -> Mapping[tuple[int, datetime], Stats]:
    """Return the stats from a moment to the end of its slice of five minutes, by port and moment.

    They are read from single measurements, of all ports in one statement.
    """
    by_slice: dict[datetime, dict[int, list[datetime]]] = defaultdict(lambda: defaultdict(list))
    for port_id, start in set(starts):
        by_slice[next_slice(start)][port_id].append(start)
    condition = Q()
    for end, ports in by_slice.items():
        first = min(chain.from_iterable(ports.values()))
        condition |= Q(port_id__in=list(ports), slot__gte=first, slot__lt=end)
    stored: dict[tuple[int, datetime], StoredStats] = defaultdict(
        lambda: StoredStats(outcomes={}, latencies={})
    )
    columns = ("port_id", "slot", "outcome", "total", "in_maintenance", "is_reported")
    rows = Measurement.objects.filter(condition).values_list(*columns) if by_slice else ()
    for port_id, slot, outcome, seconds, in_maintenance, is_reported in rows:
        for start in by_slice[next_slice(slot + timedelta.resolution)][port_id]:
            if slot >= start:
                add_measurement(
                    stored[port_id, start],
                    outcome=MAINTENANCE if in_maintenance else outcome,
                    seconds=None if is_reported else seconds,
                )
    return {key: Stats.from_json(stats) for key, stats in stored.items()}


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

    def resolution(self, ports: Collection[int]) -> timedelta:
        """Return the resolution of charts that suits the length of the history."""
        first = self.first_measured_at(ports)
        length = self.now - first if first else timedelta(0)
        if length <= BY_SLICES:
            return SLICE
        return HOUR if length <= BY_HOURS else DAY


def _series(stats_by_key: Mapping[tuple[int, datetime], Stats], ports: Collection[int]) -> Series:
    series: Series = defaultdict(list)
    for (port_id, start), stats in stats_by_key.items():
        if port_id in ports:
            series[start].append(stats)
    return dict(sorted(series.items()))


def last_day(port_ids: Collection[int], now: datetime) -> Mapping[int, Stats]:
    """Return the stats of ports over the last 24 hours, to the full hour."""
    stats: dict[int, list[Stats]] = defaultdict(list)
    rows = RollUp.objects.hours(port_ids, now - DAY, now + HOUR)
    for port_id, outcomes, latencies in rows.values_list("port_id", "outcomes", "latencies"):
        stats[port_id].append(Stats.from_json({"outcomes": outcomes, "latencies": latencies}))
    return {port_id: merge(parts) for port_id, parts in stats.items()}


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
    long_measured = {port_id for port_id, start in days if start < now - BY_HOURS}
    # A chart by days needs the hours that are in no day yet, and no slices: to read those of four
    # days takes longer than all the rest.
    by_days = not all_slices and all(
        port_id in long_measured and (port_id, rolled_to - DAY) in days for port_id in port_ids
    )
    since = min(rolled_to, start_of_day(now - (DAY if by_days else BY_HOURS)))
    hours, slices = {}, {}
    rows = RollUp.objects.hours(port_ids, first if all_slices else max(since, first), end)
    columns = _COLUMNS if by_days else (*_COLUMNS, "slices")
    for port_id, start, outcomes, latencies, *stored in rows.values_list(*columns):
        if stored and (all_slices or start > now - BY_SLICES - HOUR):
            for number, stats in parse_slices(stored[0]).items():
                slices[port_id, start + number * SLICE] = stats
        # An hour without outcomes was never measured.
        if outcomes:
            hours[port_id, start] = Stats.from_json({"outcomes": outcomes, "latencies": latencies})
    return RollUps(now, days, hours, slices)
