"""Whether a burn-rate rule can fire at all, and not at every single failure; pure.

Formulas: Google, Site Reliability Workbook, chapter 5. Of a budget of (1 - target), checks that
fail at the share `f` burn at the rate f / (1 - target), so at 1 / (1 - target) at most.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

# The long windows of rules; the short one, which says that it goes on, is a twelfth.
WINDOWS: Mapping[str, timedelta] = {
    "1h": timedelta(hours=1),
    "6h": timedelta(hours=6),
    "1d": timedelta(days=1),
    "3d": timedelta(days=3),
}
MIN_FAILURES = 2


@dataclass(frozen=True, kw_only=True)
class BurnRule:
    """Fires when the long and the short window burn at `burn_rate`, with enough failures."""

    window: str
    burn_rate: float
    min_failures: int = MIN_FAILURES

    @property
    def long(self) -> timedelta:
        return WINDOWS[self.window]

    @property
    def short(self) -> timedelta:
        return self.long / 12

    def fires(
        self, *, long_rate: float, short_rate: float, long_failures: int, short_failures: int
    ) -> bool:
        """Return True if both windows burn fast enough: it is significant, and goes on."""
        is_fast = min(long_rate, short_rate) >= self.burn_rate
        return is_fast and long_failures >= self.min_failures and short_failures > 0


@dataclass(frozen=True, kw_only=True)
class Budget:
    """The error budget of an objective; `interval` between two of its checks, or time slices."""

    name: str
    target: float
    window: timedelta
    interval: timedelta


def unusable_because(rule: BurnRule, budget: Budget) -> str:
    """Return why a rule is of no use for an objective, with the arithmetic; empty if it is.

    It never fires, or fires at every single failure.
    """
    allowed = 1 - budget.target
    most = 1 / allowed if allowed > 0 else math.inf
    checks = max(rule.long / budget.interval, 1.0)
    if rule.burn_rate > most:
        return (
            f"It can never fire for {budget.name}: with all checks failing a target of "
            f"{budget.target:.6g} burns at 1 / (1 - {budget.target:.6g}) = {_format(most)}, "
            f"less than {rule.burn_rate:g}."
        )
    if rule.long > budget.window:
        return (
            f"It can never be right for {budget.name}: its window of {rule.window} is longer than "
            f"that of the objective, {budget.window / timedelta(days=1):g} d, so it would count "
            "failures of a budget that is over."
        )
    if rule.min_failures > checks:
        return (
            f"It can never fire for {budget.name}: in {rule.window} there are {checks:.0f} checks, "
            f"and it needs {rule.min_failures} failures."
        )
    by_one = 1 / checks / allowed if allowed > 0 else math.inf
    if rule.min_failures < MIN_FAILURES and by_one >= rule.burn_rate:
        return (
            f"It fires at every single failure of {budget.name}: 1 of {checks:.0f} checks in "
            f"{rule.window} burns at 1 / {checks:.0f} / (1 - {budget.target:.6g}) = "
            f"{_format(by_one)}, at least {rule.burn_rate:g}."
        )
    return ""


def _format(rate: float) -> str:
    return f"{rate:,.0f}" if rate >= 100 else f"{rate:.3g}"
