"""The assessment of an objective: the one result that judge, pages, API and alerts read.

`governance.slo.verdicts.assess` makes it, `ObjectiveStatus` stores it. Nothing else computes a
share, a budget, a burn rate or a verdict, so no two pages show two figures for one fact. Pure.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from catalog.types import JSONObject
from governance.slo import budget
from governance.slo.budget import Ratio
from governance.slo.evaluation import ObjectiveSpec

# Site Reliability Workbook, chapter 5: a short window for each long one says whether it goes on.
BURN_WINDOWS = tuple(
    (timedelta(minutes=short), timedelta(hours=hours))
    for short, hours in ((5, 1), (30, 6), (120, 24), (360, 72))
)


class Reason(StrEnum):
    """Why the verdict is what it is; governance.slo.wording has the sentences."""

    NOT_MEASURED = "not_measured"  # no data: no check in this window
    SILENT = "silent"  # no data: there were checks, but none recently
    LITTLE_EVIDENCE = "little_evidence"  # collecting
    EXHAUSTED = "exhausted"  # breached: more failed than the budget of the window allows
    BELOW_TARGET = "below_target"  # at risk: the share so far is below the target
    NEARLY_CONSUMED = "nearly_consumed"  # at risk: three quarters of the budget are consumed
    BURNING = "burning"  # at risk: at this rate the budget is soon exhausted
    ON_PACE = "on_pace"  # met


@dataclass(frozen=True, slots=True)
class BurnRate:
    """How fast the budget was consumed lately, over a short and a long window.

    1 is on pace; the greatest possible rate is 1 / (1 - target). Both are 0 without failures.
    Windows: Site Reliability Workbook, chapter 5.
    """

    short: timedelta
    long: timedelta
    short_ratio: Ratio
    long_ratio: Ratio
    target: float

    @property
    def short_rate(self) -> float:
        return budget.burn_rate(self.short_ratio, self.target)

    @property
    def long_rate(self) -> float:
        return budget.burn_rate(self.long_ratio, self.target)

    def exceeds(self, rate: float) -> bool:
        """Return True if both windows burn at `rate` or faster: it is significant and goes on."""
        return min(self.short_rate, self.long_rate) >= rate


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckRun:
    """The latest checks of one port that all ended alike; `since` and `at` are slots."""

    port_id: int
    is_good: bool
    since: datetime
    at: datetime
    count: int
    failed_since: datetime | None = None  # of good checks: the failures that they followed

    def as_json(self) -> JSONObject:
        return {
            "port": self.port_id,
            "is_good": self.is_good,
            "since": self.since.isoformat(),
            "at": self.at.isoformat(),
            "count": self.count,
            "failed_since": self.failed_since.isoformat() if self.failed_since else None,
        }

    @classmethod
    def from_json(cls, stored: JSONObject) -> CheckRun:
        failed_since = stored["failed_since"]
        return cls(
            port_id=stored["port"],
            is_good=stored["is_good"],
            since=datetime.fromisoformat(stored["since"]),
            at=datetime.fromisoformat(stored["at"]),
            count=stored["count"],
            failed_since=datetime.fromisoformat(failed_since) if failed_since else None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """What is known of an objective in its window, as of a moment.

    Counted are single checks, or slices of five minutes. `expected` is how many the schedule makes
    in the whole window, planned maintenance left out; the error budget is taken of them.
    """

    verdict: str
    reason: str
    target: float
    window: timedelta
    ratio: Ratio = field(default_factory=Ratio)
    expected: int = 0
    maintenance: int = 0  # checks during planned maintenance, counted neither good nor bad
    value: float | None = None  # the good share; of latency a quantile in seconds
    starts_at: datetime | None = None  # exact: nothing before it is counted
    ends_at: datetime | None = None  # when the window ends; of a full rolling window: now
    as_of: datetime | None = None  # the newest slot counted
    required_checks: int = 0  # the evidence that a verdict needs
    required_time: timedelta = timedelta(0)
    burn_rates: Sequence[BurnRate] = ()
    runs: Sequence[CheckRun] = ()  # one for each port, the latest first

    def as_json(self) -> JSONObject:
        """Return what a status has no column for."""
        return {
            "reason": self.reason,
            "window": self.window.total_seconds(),
            "expected": self.expected,
            "maintenance": self.maintenance,
            "starts_at": self.starts_at.isoformat() if self.starts_at else None,
            "ends_at": self.ends_at.isoformat() if self.ends_at else None,
            "required_checks": self.required_checks,
            "required_time": self.required_time.total_seconds(),
            "burn_rates": [
                [
                    burn.short_ratio.good,
                    burn.short_ratio.total,
                    burn.long_ratio.good,
                    burn.long_ratio.total,
                ]
                for burn in self.burn_rates
            ],
            "runs": [run.as_json() for run in self.runs],
        }

    @classmethod
    def from_json(
        cls,
        stored: JSONObject,
        *,
        spec: ObjectiveSpec,
        verdict: str,
        ratio: Ratio,
        value: float | None,
        as_of: datetime | None,
    ) -> Assessment:
        """Return a stored assessment; of an objective that was never assessed, an empty one."""
        assessment = cls(
            verdict=verdict,
            reason=stored.get("reason", Reason.NOT_MEASURED),
            target=spec.target,
            window=timedelta(seconds=stored.get("window", spec.window.total_seconds())),
            ratio=ratio,
            value=value,
            as_of=as_of,
        )
        if not stored:
            return assessment
        rates = zip(BURN_WINDOWS, stored["burn_rates"], strict=False)
        return replace(
            assessment,
            expected=stored["expected"],
            maintenance=stored["maintenance"],
            starts_at=datetime.fromisoformat(stored["starts_at"]),
            ends_at=datetime.fromisoformat(stored["ends_at"]),
            required_checks=stored["required_checks"],
            required_time=timedelta(seconds=stored["required_time"]),
            burn_rates=tuple(
                BurnRate(*windows, Ratio(*counts[:2]), Ratio(*counts[2:]), spec.target)
                for windows, counts in rates
            ),
            runs=tuple(map(CheckRun.from_json, stored["runs"])),
        )

    @property
    def allowed(self) -> float:
        """Return the error budget in checks: how many of the expected may fail."""
        return budget.allowed_failures(self.expected, self.target)

    @property
    def consumed(self) -> float:
        """Return the consumed share of the budget: 0 untouched, 1 exhausted; may be infinite."""
        if self.ratio.failed == 0:
            return 0.0
        return self.ratio.failed / self.allowed if self.allowed > 1e-9 else math.inf

    @property
    def remaining(self) -> float:
        """Return the share of the budget that is left, from 0 to 1."""
        return max(0.0, 1 - self.consumed)

    @property
    def elapsed(self) -> timedelta:
        """Return the time from the start of the window to the newest check."""
        if self.starts_at is None or self.as_of is None:
            return timedelta(0)
        return max(self.as_of - self.starts_at, timedelta(0))

    @property
    def is_over(self) -> bool:
        """Return True if the window has been observed in full: it moves on, or has ended."""
        return self.elapsed >= self.window - timedelta(minutes=10)

    @property
    def observed(self) -> timedelta:
        """Return how much of the window was observed: checks that were not made do not count."""
        if not self.expected:
            return timedelta(0)
        return min(self.elapsed, self.ratio.total / self.expected * self.window)

    @property
    def has_evidence(self) -> bool:
        """Return True if enough was observed for a verdict."""
        # A hundredth, because a few slots are missed on every machine.
        is_long_enough = self.observed >= 0.99 * self.required_time
        return is_long_enough and self.ratio.total >= self.required_checks

    @property
    def recent(self) -> Ratio:
        """Return what was counted in the last hour."""
        return next((burn.long_ratio for burn in self.burn_rates), Ratio())

    @property
    def burn_rate(self) -> float:
        """Return the burn rate of the last hour; 1 is on pace."""
        return budget.burn_rate(self.recent, self.target)

    @property
    def time_to_exhaustion(self) -> timedelta | None:
        """Return how long the budget lasts at the rate of the last hour; None if it never ends."""
        return budget.exhausted_in(self.remaining, self.burn_rate, self.window)

    @property
    def failing(self) -> CheckRun | None:
        """Return the longest failing run of a port, if the latest checks of some port failed."""
        failing = [run for run in self.runs if not run.is_good]
        return min(failing, key=lambda run: run.since, default=None)

    @property
    def recovered_at(self) -> datetime | None:
        """Return since when all checks are good again; None if some fail, or none failed."""
        if self.failing is not None:
            return None
        return max((run.since for run in self.runs if run.failed_since), default=None)
