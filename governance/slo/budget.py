"""Error budgets: how much may fail, how fast the budget is consumed, how long the rest lasts; pure.

Formulas: Google, Site Reliability Workbook, chapter 5. A burn rate of 1 consumes the budget of a
window exactly by its end; the greatest possible rate is 1 / (1 - target).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Ratio:
    """Of `total` measurements or time slices, `good` met the objective."""

    good: int = 0
    total: int = 0

    @property
    def failed(self) -> int:
        return self.total - self.good

    @property
    def share(self) -> float | None:
        """Return the good share, from 0 to 1; None when nothing was measured."""
        return self.good / self.total if self.total else None

    def __add__(self, other: Ratio) -> Ratio:
        return Ratio(self.good + other.good, self.total + other.total)


def allowed_failures(total: int, target: float) -> float:
    """Return how many of `total` may fail; usually not a whole number."""
    return (1 - target) * total


def is_missed(ratio: Ratio, target: float) -> bool:
    """Return True if the good share is below the target; without measurements nothing is missed."""
    # The margin absorbs the error of binary fractions: 9 of 10 do reach 0.9.
    return ratio.total > 0 and ratio.good < target * ratio.total - 1e-9 * ratio.total


def consumed(ratio: Ratio, target: float) -> float:
    """Return the consumed share of the budget: 0 untouched, 1 exhausted, above 1 missed."""
    if ratio.failed == 0:
        return 0.0
    allowed = allowed_failures(ratio.total, target)
    return ratio.failed / allowed if allowed > 1e-9 else math.inf


def max_burn_rate(target: float) -> float:
    return 1 / (1 - target) if target < 1 else math.inf


def burn_rate(recent: Ratio, target: float) -> float:
    """Return how many times faster than evenly the recent measurements consume the budget."""
    if recent.total == 0 or recent.failed == 0:
        return 0.0
    if target >= 1:
        return math.inf
    return min(recent.failed / recent.total / (1 - target), max_burn_rate(target))


def time_to_exhaustion(
    ratio: Ratio, recent: Ratio, *, target: float, window: timedelta
) -> timedelta | None:
    """Return how long the remaining budget lasts at the recent rate; None if it never runs out."""
    remaining = max(0.0, 1 - consumed(ratio, target))
    return exhausted_in(remaining, burn_rate(recent, target), window)


def exhausted_in(remaining: float, burn: float, window: timedelta) -> timedelta | None:
    """Return how long a share of the budget lasts at a burn rate; None if it never runs out.

    At a burn rate of 144 an untouched budget of 30 days lasts 5 hours.
    """
    if burn == 0 or (burn <= 1 and remaining > 0):
        return None
    return timedelta(0) if math.isinf(burn) else remaining * window / burn
