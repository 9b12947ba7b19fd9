"""What a stretch of time saw of a port: outcomes counted, latencies in a histogram; pure.

An hour is kept as its twelve slices of five minutes, because an objective that is budgeted by
time slices must still see each slice when the single measurements are long gone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import reduce
from operator import add
from typing import Any

from governance.slo.histogram import Histogram, bucket_index, summed
from governance.slo.outcomes import Outcome

SLICE = timedelta(minutes=5)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

Stored = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Stats:
    """Counts of measurements by outcome, and the latencies of the good ones."""

    outcomes: Mapping[str, int] = field(default_factory=dict)
    latencies: Histogram = field(default_factory=Histogram)

    @property
    def total(self) -> int:
        """Return how many measurements there were."""
        return sum(self.outcomes.values())

    @property
    def good(self) -> int:
        """Return how many of them were good."""
        return self.outcomes.get(Outcome.GOOD, 0)

    @property
    def timeouts(self) -> int:
        """Return how many of them never ended in time."""
        return self.outcomes.get(Outcome.TIMEOUT, 0)

    def __add__(self, other: Stats) -> Stats:
        """Return what both saw together."""
        return Stats(summed(self.outcomes, other.outcomes), self.latencies + other.latencies)

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Stats:
        """Read a stored tally: `outcomes` by name, `latencies` by bucket."""
        return cls(stored.get("outcomes", {}), Histogram.from_json(stored.get("latencies", {})))

    def as_json(self) -> Stored:
        """Return the tally as it is stored."""
        return {"outcomes": dict(self.outcomes), "latencies": self.latencies.as_json()}


def together(tallies: Iterable[Stats]) -> Stats:
    """Return what several stretches saw together."""
    return reduce(add, tallies, Stats())


def hour_of(moment: datetime) -> datetime:
    """Return the start of the hour in which a moment lies."""
    return moment.replace(minute=0, second=0, microsecond=0)


def day_of(moment: datetime) -> datetime:
    """Return the start of the UTC day in which a moment lies."""
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


def window_start(window: timedelta, now: datetime) -> datetime:
    """Return where a window begins: with a whole day if it is of whole days, else a whole hour.

    So a window of 30 days is the last 30 days and today so far, and the days that a page shows
    add up to the window that is judged.
    """
    is_of_days = window >= 2 * DAY and window % DAY == timedelta(0)
    return (day_of if is_of_days else hour_of)(now - window)


def add_measurement(stored: Stored, *, outcome: str, seconds: float | None) -> None:
    """Count one measurement into a stored tally; of a good one its seconds too."""
    _raise(stored["outcomes"], outcome)
    if outcome == Outcome.GOOD and seconds is not None:
        _raise(stored["latencies"], str(bucket_index(seconds)))


def slice_at(slices: Stored, slot: datetime) -> Stored:
    """Return the stored slice of an hour in which a slot lies, a new one where there is none."""
    number = str(slot.minute // 5)
    slice_: Stored = slices.setdefault(number, {"outcomes": {}, "latencies": {}})
    return slice_


def _raise(counts: dict[str, int], key: str) -> None:
    counts[key] = counts.get(key, 0) + 1


def slices_of(stored: Mapping[str, Stored]) -> dict[int, Stats]:
    """Return the tallies of an hour's slices, by number from 0 to 11."""
    return {int(number): Stats.from_json(kept) for number, kept in stored.items()}
