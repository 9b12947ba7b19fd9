"""What some ports were seen to do over 90 days, read once and cut as a page needs it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from governance.slo.models import RollUp
from governance.slo.stats import DAY, HOUR, SLICE, Stats, day_of, hour_of, slices_of, together

DAYS = 90
# So long a past is drawn by slices, so long by hours; a longer one by days.
BY_SLICES, BY_HOURS = timedelta(hours=6), timedelta(days=4)

Series = dict[datetime, list[Stats]]


@dataclass(frozen=True)
class RollUps:
    """Tallies by port: of whole days, and of the hours that no day covers or that are recent."""

    now: datetime
    days: Mapping[tuple[int, datetime], Stats]
    hours: Mapping[tuple[int, datetime], Stats]
    slices: Mapping[tuple[int, datetime], Stats]

    @property
    def first_day(self) -> datetime:
        """Return the first of the 90 days that end today."""
        return day_of(self.now) - (DAYS - 1) * DAY

    def by_day(self, ports: Collection[int]) -> Series:
        """Return the tallies of some ports by day; days without a measurement are missing."""
        found: Series = defaultdict(list)
        for (port_id, day), tally in self.days.items():
            if port_id in ports:
                found[day].append(tally)
        for (port_id, hour), tally in self.hours.items():
            if port_id in ports and (port_id, day_of(hour)) not in self.days:
                found[day_of(hour)].append(tally)
        return _in_order(found)

    def by_hour(self, ports: Collection[int]) -> Series:
        """Return the tallies of some ports by hour, over the last days."""
        return _chosen(self.hours, ports)

    def by_slice(self, ports: Collection[int]) -> Series:
        """Return the tallies of some ports by slice of five minutes: all that were read."""
        return _chosen(self.slices, ports)

    def slices_by_day(self, ports: Collection[int]) -> Series:
        """Return the slices of some ports, gathered by their day."""
        found: Series = defaultdict(list)
        for (port_id, at), tally in self.slices.items():
            if port_id in ports:
                found[day_of(at)].append(tally)
        return _in_order(found)

    def begins_at(self, ports: Collection[int]) -> datetime | None:
        """Return the hour or day of the first measurement that is known."""
        starts = [start for (port, start) in [*self.days, *self.hours] if port in ports]
        return min(starts, default=None)

    def course(self, ports: Collection[int]) -> tuple[timedelta, dict[datetime, Stats]]:
        """Return the past in steps that suit its length: five minutes, hours, or days."""
        begins_at = self.begins_at(ports)
        length = self.now - begins_at if begins_at else timedelta(0)
        for longest, step, cut in (
            (BY_SLICES, SLICE, self.by_slice),
            (BY_HOURS, HOUR, self.by_hour),
        ):
            if length <= longest:
                return step, {at: together(each) for at, each in cut(ports).items()}
        return DAY, {at: together(each) for at, each in self.by_day(ports).items()}


def _chosen(tallies: Mapping[tuple[int, datetime], Stats], ports: Collection[int]) -> Series:
    found: Series = defaultdict(list)
    for (port_id, at), tally in tallies.items():
        if port_id in ports:
            found[at].append(tally)
    return _in_order(found)


def _in_order(series: Series) -> Series:
    return {at: series[at] for at in sorted(series)}


def past_of(port_ids: Collection[int], now: datetime, *, all_slices: bool = False) -> RollUps:
    """Read the past of some ports; `all_slices` reads those of 90 days, for time slices."""
    first, end = day_of(now) - (DAYS - 1) * DAY, hour_of(now) + HOUR
    days = {
        (port_id, start): Stats.from_json({"outcomes": outcomes, "latencies": latencies})
        for port_id, start, outcomes, latencies in RollUp.objects.days(
            port_ids, first, end
        ).values_list("port_id", "start", "outcomes", "latencies")
    }
    rolled_to = max((start for _, start in days), default=first - DAY) + DAY
    hours, slices = {}, {}
    since = first if all_slices else min(rolled_to, day_of(now - BY_HOURS))
    for port_id, start, tally, number, slice_ in _hours(port_ids, max(since, first), end):
        hours[port_id, start] = tally
        slices[port_id, start + number * SLICE] = slice_
    return RollUps(now, days, hours, slices)


def _hours(
    port_ids: Collection[int], start: datetime, end: datetime
) -> Iterator[tuple[int, datetime, Stats, int, Stats]]:
    rows = RollUp.objects.hours(port_ids, start, end)
    for port_id, at, outcomes, latencies, slices in rows.values_list(
        "port_id", "start", "outcomes", "latencies", "slices"
    ):
        tally = Stats.from_json({"outcomes": outcomes, "latencies": latencies})
        for number, slice_ in slices_of(slices).items():
            yield port_id, at, tally, number, slice_
