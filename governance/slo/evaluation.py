"""Judging a promise from what was seen: scores, and the verdict in one of four words; pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from governance.slo.budget import Ratio, is_missed, lasts, spent
from governance.slo.histogram import Histogram, bucket_index, snap_to_bucket
from governance.slo.probe_types import LONGEST_DEADLINE
from governance.slo.stats import Stats

# Fewer measurements (or slices) than this say nothing, and a single bad one breaks no promise:
# of five-minute polls at 99.9 %, one failure alone would be 83 times the even burn.
LEAST_MEASURED = 3
LEAST_BAD = 2
NEARLY_SPENT = 0.75
# At risk is a budget that would be gone within this part of its window: a day of thirty.
SOON = 1 / 30


class Indicator(StrEnum):
    """What is promised; the probes measure the first two."""

    AVAILABILITY = "availability"
    LATENCY = "latency"
    FRESHNESS = "freshness"
    COMPLETENESS = "completeness"
    ACCURACY = "accuracy"
    VALIDITY = "validity"


class BudgetingMethod(StrEnum):
    """What is counted: single measurements, or slices of five minutes."""

    OCCURRENCES = "occurrences"
    TIMESLICES = "timeslices"


class Verdict(StrEnum):
    """What the measurements say of a promise, the worst first."""

    BREACHED = "breached"
    AT_RISK = "at_risk"
    NO_DATA = "no_data"
    MET = "met"


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectiveSpec:
    """One objective as the judge sees it. `threshold` in seconds; `percentile` of a slice."""

    indicator: str
    target: float
    window: timedelta
    threshold: float | None = None
    percentile: float | None = None
    budgeting: str = BudgetingMethod.OCCURRENCES

    @property
    def edge(self) -> float | None:
        """Return the threshold as it is measured: snapped to an edge of the histogram."""
        return None if self.threshold is None else snap_to_bucket(self.threshold)


def score_of(promise: ObjectiveSpec, tally: Stats) -> Ratio:
    """Score single measurements. For latency, those that were answered and those that timed out.

    A timeout is too slow whatever the threshold; a quick refusal says nothing about speed.
    """
    if promise.indicator == Indicator.AVAILABILITY:
        return Ratio(tally.good, tally.total)
    quick = tally.latencies.at_or_below(promise.threshold or 0)
    return Ratio(quick, tally.latencies.total + tally.timeouts)


def score_of_slices(promise: ObjectiveSpec, slices: Iterable[Stats]) -> Ratio:
    """Score slices of five minutes; a slice in which nothing was measured does not count.

    An available slice has no bad measurement; a quick one has its percentile at or below the
    threshold.
    """
    scored = [score for each in slices if (score := score_of(promise, each)).total]
    return Ratio(sum(_is_good_slice(promise, score) for score in scored), len(scored))


def _is_good_slice(promise: ObjectiveSpec, score: Ratio) -> bool:
    if promise.indicator == Indicator.AVAILABILITY:
        return score.bad == 0
    return not is_missed(score, promise.percentile or 1)


def value_of(promise: ObjectiveSpec, tally: Stats, score: Ratio) -> float | None:
    """Return the figure to show: the good share, or for latency the seconds that the promised
    share of answers stays within. Timeouts count as the longest that any probe waits."""
    if promise.indicator != Indicator.LATENCY:
        return score.share
    is_sliced = promise.budgeting == BudgetingMethod.TIMESLICES
    share = (promise.percentile or 1.0) if is_sliced else promise.target
    late = Histogram({bucket_index(LONGEST_DEADLINE): tally.timeouts})
    return (tally.latencies + late).quantile(share)


def verdict_of(promise: ObjectiveSpec, score: Ratio, recent: Ratio) -> Verdict:
    """Judge a window by its score and the score of its last hours.

    Too few measurements are no data, never good; see the constants above for the rest.
    """
    if score.total < LEAST_MEASURED:
        return Verdict.NO_DATA
    if is_missed(score, promise.target):
        return Verdict.BREACHED if score.bad >= LEAST_BAD else Verdict.AT_RISK
    if spent(score, promise.target) >= NEARLY_SPENT or _burns(promise, score, recent):
        return Verdict.AT_RISK
    return Verdict.MET


def _burns(promise: ObjectiveSpec, score: Ratio, recent: Ratio) -> bool:
    if recent.total < LEAST_MEASURED or recent.bad < LEAST_BAD:
        return False
    left = lasts(score, recent, target=promise.target, window=promise.window)
    return left is not None and left < SOON * promise.window


def worst(verdicts: Iterable[str]) -> Verdict:
    """Return the worst of several verdicts; of none, no data."""
    found = set(verdicts)
    return next((verdict for verdict in Verdict if verdict in found), Verdict.NO_DATA)


def is_unmeasured(last_seen: datetime | None, *, interval: timedelta, now: datetime) -> bool:
    """Say whether a port has gone unmeasured for so long that nothing is known of it now."""
    if last_seen is None:
        return True
    return now - last_seen > max(3 * interval, timedelta(minutes=10))
