"""What was measured of a port in a period: outcome counts and a latency histogram; pure.

An hour also keeps its twelve slices of five minutes, because an objective budgeted by time slices
still needs each slice when the single measurements have long been pruned.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypedDict

from governance.slo.histogram import Histogram, add_counts, bucket_index
from governance.slo.outcomes import Outcome

# Measured during planned maintenance: kept, but neither good nor bad.
MAINTENANCE = "maintenance"
SLICE = timedelta(minutes=5)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


class StoredStats(TypedDict):
    """Stats as JSON: `outcomes` by name, `latencies` by bucket."""

    outcomes: dict[str, int]
    latencies: dict[str, int]


@dataclass(frozen=True, slots=True)
class Stats:
    """Measurement counts by outcome, and the latencies of the good measurements."""

    outcomes: Mapping[str, int] = field(default_factory=dict)
    latencies: Histogram = field(default_factory=Histogram)

    @property
    def total(self) -> int:
        return sum(self.outcomes.values()) - self.maintenance

    @property
    def maintenance(self) -> int:
        return self.outcomes.get(MAINTENANCE, 0)

    @property
    def good(self) -> int:
        return self.outcomes.get(Outcome.GOOD, 0)

    @property
    def timeouts(self) -> int:
        return self.outcomes.get(Outcome.TIMEOUT, 0)

    def __add__(self, other: Stats) -> Stats:
        return Stats(add_counts(self.outcomes, other.outcomes), self.latencies + other.latencies)

    @classmethod
    def from_json(cls, stored: StoredStats | Mapping[str, dict[str, int]]) -> Stats:
        """Return stats from their stored form, of which either part may be missing."""
        return cls(stored.get("outcomes", {}), Histogram.from_json(stored.get("latencies", {})))

    def as_json(self) -> StoredStats:
        return {"outcomes": dict(self.outcomes), "latencies": self.latencies.as_json()}


def merge(stats: Iterable[Stats]) -> Stats:
    """Return the sum; counted into one pair of dicts, for a page merges thousands."""
    parts = list(stats)
    if len(parts) == 1:
        return parts[0]
    outcomes: dict[str, int] = {}
    latencies: dict[int, int] = {}
    for part in parts:
        for outcome, count in part.outcomes.items():
            outcomes[outcome] = outcomes.get(outcome, 0) + count
        for bucket, count in part.latencies.counts.items():
            latencies[bucket] = latencies.get(bucket, 0) + count
    return Stats(outcomes, Histogram(latencies))


def start_of_hour(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)


def start_of_day(moment: datetime) -> datetime:
    """Return the start of the UTC day of a moment that is given in UTC."""
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


def window_start(window: timedelta, now: datetime) -> datetime:
    """Return the start of a window: a full day for windows of whole days, else a full hour.

    So a window of 30 days is the last 30 days and today so far, and the days on a page add up to
    the window that is evaluated.
    """
    has_whole_days = window >= 2 * DAY and window % DAY == timedelta(0)
    return (start_of_day if has_whole_days else start_of_hour)(now - window)


def add_measurement(stored: StoredStats, *, outcome: str, seconds: float | None) -> None:
    """Count one measurement into stored stats; of a good one its latency too."""
    counted = [(stored["outcomes"], outcome)]
    if outcome == Outcome.GOOD and seconds is not None:
        counted.append((stored["latencies"], str(bucket_index(seconds))))
    for counts, key in counted:
        counts[key] = counts.get(key, 0) + 1


def stored_slice(slices: dict[str, StoredStats], slot: datetime) -> StoredStats:
    """Return the stored slice of a slot; create it if it is missing."""
    return slices.setdefault(str(slot.minute // 5), {"outcomes": {}, "latencies": {}})


def parse_slices(stored: Mapping[str, StoredStats]) -> dict[int, Stats]:
    """Return the stats of an hour's slices, by number from 0 to 11."""
    return {int(number): Stats.from_json(slice_) for number, slice_ in stored.items()}
