"""Error budgets: how much may go wrong, how fast it does, and how long what is left lasts; pure.

Formulas: Google, Site Reliability Workbook, chapter 5. A burn rate of 1 spends the budget of a
window exactly by its end; the greatest reachable rate is 1 / (1 - target).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Ratio:
    """Of `total` measurements or slices, `good` kept the objective."""

    good: int = 0
    total: int = 0

    @property
    def bad(self) -> int:
        """Return how many did not."""
        return self.total - self.good

    @property
    def share(self) -> float | None:
        """Return the good share; None without any."""
        return self.good / self.total if self.total else None

    def __add__(self, other: Ratio) -> Ratio:
        """Return the score of both together."""
        return Ratio(self.good + other.good, self.total + other.total)


def allowed_failures(total: int, target: float) -> float:
    """Return how many of `total` may be bad; not a whole number."""
    return (1 - target) * total


def is_missed(score: Ratio, target: float) -> bool:
    """Say whether the good share is below the target; without measurements nothing is missed."""
    # The margin swallows the error of binary fractions: 9 of 10 do reach 0.9.
    return score.total > 0 and score.good < target * score.total - 1e-9 * score.total


def spent(score: Ratio, target: float) -> float:
    """Return the spent share of the budget: 0 untouched, 1 gone, above 1 missed."""
    if score.bad == 0:
        return 0.0
    allowed = allowed_failures(score.total, target)
    return score.bad / allowed if allowed > 1e-9 else math.inf


def max_burn_rate(target: float) -> float:
    """Return the burn rate of a total failure."""
    return 1 / (1 - target) if target < 1 else math.inf


def burn_rate(recent: Ratio, target: float) -> float:
    """Return how many times faster than evenly the recent past spends the budget."""
    if recent.total == 0 or recent.bad == 0:
        return 0.0
    if target >= 1:
        return math.inf
    return min(recent.bad / recent.total / (1 - target), max_burn_rate(target))


def lasts(score: Ratio, recent: Ratio, *, target: float, window: timedelta) -> timedelta | None:
    """Return how long the rest of the budget lasts at the recent rate; None where for ever.

    A burn rate of 144 with nothing spent leaves 5 hours of 30 days.
    """
    burn, left = burn_rate(recent, target), max(0.0, 1 - spent(score, target))
    if burn == 0 or (burn <= 1 and left > 0):
        return None
    return timedelta(0) if math.isinf(burn) else left * window / burn
