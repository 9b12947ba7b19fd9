"""Reads what stretches of time saw: whole days from the days rolled up, their rims from hours."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from governance.slo.budget import Ratio
from governance.slo.evaluation import BudgetingMethod, ObjectiveSpec, score_of, score_of_slices
from governance.slo.models import RollUp
from governance.slo.stats import DAY, Stats, day_of, slices_of, together


def tally_between(port_ids: Collection[int], start: datetime, end: datetime) -> Stats:
    """Return what some ports saw together in [start, end), both full hours."""
    first, last = day_of(start + DAY) if start != day_of(start) else start, day_of(end)
    found, covered = [], set()
    for port_id, day, outcomes, latencies in _rows(RollUp.objects.days(port_ids, first, last)):
        covered.add((port_id, day))
        found.append({"outcomes": outcomes, "latencies": latencies})
    for gap_start, gap_end in _gaps(port_ids, covered, start, end):
        hours = RollUp.objects.hours(port_ids, gap_start, gap_end)
        for port_id, hour, outcomes, latencies in _rows(hours):
            if (port_id, day_of(hour)) not in covered:
                found.append({"outcomes": outcomes, "latencies": latencies})
    return together(map(Stats.from_json, found))


def _rows(roll_ups: Any) -> Iterator[tuple[int, datetime, dict[str, int], dict[str, int]]]:
    yield from roll_ups.values_list("port_id", "start", "outcomes", "latencies")


def _gaps(
    port_ids: Collection[int],
    covered: set[tuple[int, datetime]],
    start: datetime,
    end: datetime,
) -> Iterator[tuple[datetime, datetime]]:
    """Yield the stretches in which some port has no day of its own, merged where they touch."""
    gap_start, at = None, start
    while at < end:
        after = min(day_of(at) + DAY, end)
        is_covered = all((port_id, at) in covered for port_id in port_ids)
        if not is_covered and gap_start is None:
            gap_start = at
        if is_covered and gap_start is not None:
            yield gap_start, at
            gap_start = None
        at = after
    if gap_start is not None:
        yield gap_start, end


def slices_between(port_ids: Collection[int], start: datetime, end: datetime) -> Iterator[Stats]:
    """Yield the slices of five minutes of each port in [start, end)."""
    hours = RollUp.objects.hours(port_ids, start, end)
    for slices in hours.values_list("slices", flat=True):
        yield from slices_of(slices).values()


@dataclass(frozen=True, slots=True)
class Base:
    """The part of a window that no longer changes: what was seen, and its score."""

    tally: Stats
    score: Ratio


@dataclass(frozen=True, slots=True)
class HourBucket:
    """What an hour saw of a port, and its slices as they are stored (if they were asked for)."""

    tally: Stats
    stored: Mapping[str, Any]

    def slices(self) -> Iterator[Stats]:
        """Yield the slices of five minutes."""
        yield from slices_of(self.stored).values()


def base_of(
    promise: ObjectiveSpec, port_ids: Collection[int], start: datetime, end: datetime
) -> Base:
    """Count the full hours of a window anew."""
    tally = tally_between(port_ids, start, end)
    if promise.budgeting == BudgetingMethod.TIMESLICES:
        return Base(tally, score_of_slices(promise, slices_between(port_ids, start, end)))
    return Base(tally, score_of(promise, tally))


def hours_since(
    port_ids: Collection[int], start: datetime, *, with_slices: bool = True
) -> dict[int, list[HourBucket]]:
    """Return the hours of each port since a moment."""
    found: dict[int, list[HourBucket]] = defaultdict(list)
    rows = RollUp.objects.hours(port_ids, start, start + 3 * DAY)
    columns = ["port_id", "outcomes", "latencies", *(["slices"] if with_slices else [])]
    for port_id, outcomes, latencies, *slices in rows.values_list(*columns):
        tally = Stats.from_json({"outcomes": outcomes, "latencies": latencies})
        found[port_id].append(HourBucket(tally, slices[0] if slices else {}))
    return found


def score_of_hours(promise: ObjectiveSpec, hours: Collection[HourBucket]) -> Ratio:
    """Return the score of some hours by themselves."""
    if promise.budgeting == BudgetingMethod.TIMESLICES:
        return score_of_slices(promise, (each for hour in hours for each in hour.slices()))
    return sum((score_of(promise, hour.tally) for hour in hours), Ratio())
