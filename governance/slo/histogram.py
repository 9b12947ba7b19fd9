"""A mergeable histogram of latencies, and the bucket bounds that thresholds snap to; pure.

The bounds are the preferred numbers of ISO 3, series R40: forty to a decade, about 6 % apart, from
0.1 ms to 1000 s. People's thresholds (0.2, 0.25, 0.5, 0.75, 1, 1.5, 2, 5 s) are bounds themselves.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TypeVar

R40_SERIES = """
    1.00 1.06 1.12 1.18 1.25 1.32 1.40 1.50 1.60 1.70 1.80 1.90 2.00 2.12 2.24 2.36 2.50 2.65 2.80
    3.00 3.15 3.35 3.55 3.75 4.00 4.25 4.50 4.75 5.00 5.30 5.60 6.00 6.30 6.70 7.10 7.50 8.00 8.50
    9.00 9.50
""".split()
BUCKET_BOUNDS = (
    *(float(f"{step}e{power}") for power in range(-4, 3) for step in R40_SERIES),
    1000.0,
)


def bucket_index(seconds: float) -> int:
    """Return the bucket of a latency: bucket i holds latencies above bound i-1, up to bound i."""
    return min(bisect_left(BUCKET_BOUNDS, seconds), len(BUCKET_BOUNDS) - 1)


@lru_cache(maxsize=1024)
def snap_to_bucket(threshold: float) -> float:
    """Return the bound nearest to a threshold by ratio; of two equally near, the greater."""
    above = BUCKET_BOUNDS[bucket_index(threshold)]
    below = BUCKET_BOUNDS[max(bucket_index(threshold) - 1, 0)]
    if threshold <= 0:
        return BUCKET_BOUNDS[0]
    return above if above / threshold <= threshold / below else below


Key = TypeVar("Key")


def add_counts(first: Mapping[Key, int], second: Mapping[Key, int]) -> dict[Key, int]:
    total = dict(first)
    for key, count in second.items():
        total[key] = total.get(key, 0) + count
    return total


@dataclass(frozen=True, slots=True)
class Histogram:
    """The number of latencies in each bucket. Adding histograms loses nothing."""

    counts: Mapping[int, int] = field(default_factory=dict)

    @classmethod
    def of(cls, latencies: Iterable[float]) -> Histogram:
        """Count latencies, given in seconds."""
        return cls(Counter(map(bucket_index, latencies)))

    @classmethod
    def from_json(cls, stored: Mapping[str, int]) -> Histogram:
        return cls({int(bucket): count for bucket, count in stored.items()})

    def as_json(self) -> dict[str, int]:
        """Return the non-empty buckets in order, with text keys."""
        return {str(bucket): self.counts[bucket] for bucket in sorted(self.counts)}

    def __add__(self, other: Histogram) -> Histogram:
        return Histogram(add_counts(self.counts, other.counts))

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    def at_or_below(self, threshold: float) -> int:
        """Return how many latencies were at or below a threshold, snapped to its bound."""
        last = bucket_index(snap_to_bucket(threshold))
        return sum([count for bucket, count in self.counts.items() if bucket <= last])

    def quantile(self, share: float) -> float | None:
        """Return the bound at or below which this share of the latencies lies (nearest rank).

        It is never below the true quantile and at most one bucket above; None without latencies.
        """
        rank, cumulated = math.ceil(share * self.total), 0
        for bucket in sorted(self.counts):
            cumulated += self.counts[bucket]
            if cumulated and cumulated >= rank:
                return BUCKET_BOUNDS[bucket]
        return None
