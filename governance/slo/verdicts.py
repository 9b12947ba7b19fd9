"""Assesses an objective: from what was counted in its window to the verdict; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from governance.slo import budget
from governance.slo.assessment import BURN_WINDOWS, Assessment, BurnRate, CheckRun, Reason
from governance.slo.budget import Ratio
from governance.slo.evaluation import ObjectiveSpec, Verdict, count
from governance.slo.stats import HOUR, SLICE, Stats, start_of_hour
from governance.slo.windows import MinimumEvidence, Window, next_slice

# A single failure breaches nothing: of five-minute polls at 99.9 %, one alone would be 83 times
# the even burn. Two of fewer than three checks are no trend.
MIN_FAILURES = 2
MIN_RECENT = 3
NEARLY_CONSUMED = 0.75
# At risk is a budget that would be exhausted within this share of its window: a day of thirty.
AT_RISK_SHARE = 1 / 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What was counted of an objective in its window."""

    ratio: Ratio = field(default_factory=Ratio)
    expected: int = 0
    maintenance: int = 0
    value: float | None = None
    as_of: datetime | None = None
    interval: timedelta = timedelta(0)  # the longest between two checks of a port
    burn_rates: Sequence[BurnRate] = ()
    runs: Sequence[CheckRun] = ()


def assess(
    spec: ObjectiveSpec,
    window: Window,
    counts: Counts,
    minimum: MinimumEvidence,
    *,
    is_silent: bool = False,
) -> Assessment:
    """Return the assessment of an objective from what was counted in its window.

    If it is silent, no check came for so long that its current state is unknown.
    """
    # More checks than scheduled happen when people probe by hand, or the schedule was slowed.
    expected = max(counts.expected, counts.ratio.total)
    assessment = Assessment(
        verdict=Verdict.NO_DATA,
        reason=Reason.NOT_MEASURED,
        target=spec.target,
        window=window.length,
        ratio=counts.ratio,
        expected=expected,
        maintenance=counts.maintenance,
        value=counts.value,
        starts_at=window.start,
        ends_at=window.end,
        as_of=counts.as_of,
        required_checks=minimum.count(expected),
        required_time=minimum.time(window.length),
        burn_rates=counts.burn_rates,
        runs=sorted(counts.runs, key=lambda run: run.at, reverse=True),
    )
    verdict, reason = _verdict_of(assessment, is_silent=is_silent)
    return replace(assessment, verdict=verdict, reason=reason)


def burn_rates(
    spec: ObjectiveSpec,
    now: datetime,
    hours: Mapping[datetime, Ratio],
    slices: Sequence[tuple[datetime, Stats]],
) -> tuple[BurnRate, ...]:
    """Return the burn rates of all windows from full hours and, since then, slices.

    A window up to an hour begins at full five minutes, a longer one at a full hour.
    """

    def since(window: timedelta) -> Ratio:
        this_slice = next_slice(now) - SLICE
        start = (this_slice if window <= HOUR else start_of_hour(now)) - window
        counted = count(spec, [stats for at, stats in slices if at >= start])
        return sum((ratio for at, ratio in hours.items() if at >= start), counted)

    return tuple(
        BurnRate(short, long, since(short), since(long), spec.target)
        for short, long in BURN_WINDOWS
    )


def _verdict_of(assessment: Assessment, *, is_silent: bool) -> tuple[Verdict, Reason]:
    """Return the verdict and why: the first that applies, the most certain first."""
    ratio, used = assessment.ratio, assessment.consumed
    is_exhausted = used > 1 + 1e-9
    is_below = is_exhausted or budget.is_missed(ratio, assessment.target)
    recent, rest = assessment.recent, assessment.time_to_exhaustion
    is_trend = recent.total >= MIN_RECENT and recent.failed >= MIN_FAILURES
    is_burning = is_trend and rest is not None and rest < AT_RISK_SHARE * assessment.window
    is_certain = is_exhausted and ratio.failed >= MIN_FAILURES
    cases = (
        (ratio.total == 0, Verdict.NO_DATA, Reason.NOT_MEASURED),
        (is_silent, Verdict.NO_DATA, Reason.SILENT),
        (is_certain, Verdict.BREACHED, Reason.EXHAUSTED),
        (not assessment.has_evidence, Verdict.COLLECTING, Reason.LITTLE_EVIDENCE),
        (is_below, Verdict.AT_RISK, Reason.BELOW_TARGET),
        (used >= NEARLY_CONSUMED - 1e-9, Verdict.AT_RISK, Reason.NEARLY_CONSUMED),
        (is_burning, Verdict.AT_RISK, Reason.BURNING),
    )
    applying = ((verdict, reason) for applies, verdict, reason in cases if applies)
    return next(applying, (Verdict.MET, Reason.ON_PACE))
