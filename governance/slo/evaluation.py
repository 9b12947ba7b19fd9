"""What an objective asks, and how measurements are counted by it; pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from enum import StrEnum

from governance.slo.budget import Ratio, is_missed
from governance.slo.histogram import Histogram, bucket_index, snap_to_bucket
from governance.slo.probe_types import MAX_DEADLINE
from governance.slo.stats import Stats, merge

# A measurement further ahead is of a time before the wall clock was set back.
CLOCK_TOLERANCE = timedelta(minutes=1)


class Indicator(StrEnum):
    """What an objective is about; probes measure the first two, data quality checks the others."""

    AVAILABILITY = "availability"
    LATENCY = "latency"
    FRESHNESS = "freshness"
    COMPLETENESS = "completeness"
    ACCURACY = "accuracy"
    VALIDITY = "validity"
    UNIQUENESS = "uniqueness"
    VOLUME = "volume"


PROBED_INDICATORS = (Indicator.AVAILABILITY, Indicator.LATENCY)


class BudgetingMethod(StrEnum):
    """What is counted (OpenSLO): single measurements, or time slices of five minutes."""

    OCCURRENCES = "occurrences"
    TIMESLICES = "timeslices"


class WindowKind(StrEnum):
    """Whether a window ends now, or is the calendar's (in UTC) that now is in."""

    ROLLING = "rolling"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"


class ValueSource(StrEnum):
    """Where a value of an indicator comes from."""

    MEASURED = "measured"
    REPORTED = "reported"


class Verdict(StrEnum):
    """What the measurements say of an objective, the worst first.

    Collecting: there is too little evidence for a verdict yet.
    """

    BREACHED = "breached"
    AT_RISK = "at_risk"
    NO_DATA = "no_data"
    COLLECTING = "collecting"
    MET = "met"


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectiveSpec:
    """One objective as it is evaluated.

    `threshold` in seconds for latency and freshness, in rows for volume, else a share;
    `percentile` of a time slice; `window` of a calendar window is its usual length;
    `source` of values that are not probed.
    """

    indicator: str
    target: float
    window: timedelta
    threshold: float | None = None
    percentile: float | None = None
    budgeting: str = BudgetingMethod.OCCURRENCES
    window_kind: str = WindowKind.ROLLING
    source: str = ValueSource.MEASURED

    @property
    def effective_threshold(self) -> float | None:
        """Return the threshold as it is measured: of latency a bound of the histogram."""
        if self.threshold is None or self.indicator != Indicator.LATENCY:
            return self.threshold
        return snap_to_bucket(self.threshold)

    @property
    def is_probed(self) -> bool:
        return self.indicator in PROBED_INDICATORS

    @property
    def is_sliced(self) -> bool:
        return self.budgeting == BudgetingMethod.TIMESLICES


SPEC_FIELDS = tuple(field.name for field in fields(ObjectiveSpec))


def is_good_value(spec: ObjectiveSpec, value: float) -> bool:
    """Return True if a value of a data quality indicator is within the objective's threshold."""
    threshold = 1.0 if spec.threshold is None else spec.threshold
    if spec.indicator == Indicator.FRESHNESS:
        return value <= threshold
    return value >= threshold


def ratio_of(spec: ObjectiveSpec, stats: Stats) -> Ratio:
    """Count single measurements; for latency, those that were answered or timed out.

    A timeout exceeds every threshold; a quick refusal says nothing about speed.
    """
    if spec.indicator == Indicator.AVAILABILITY:
        return Ratio(stats.good, stats.total)
    fast = stats.latencies.at_or_below(spec.threshold or 0)
    return Ratio(fast, stats.latencies.total + stats.timeouts)


def ratio_of_slices(spec: ObjectiveSpec, slices: Iterable[Stats]) -> Ratio:
    """Count time slices; a slice without measurements does not count.

    A slice is good for availability if no measurement failed, and for latency if its percentile
    is at or below the threshold.
    """
    ratios = [ratio for stats in slices if (ratio := ratio_of(spec, stats)).total]
    if spec.indicator == Indicator.AVAILABILITY:
        return Ratio(sum(ratio.failed == 0 for ratio in ratios), len(ratios))
    percentile = spec.percentile or 1
    return Ratio(sum(not is_missed(ratio, percentile) for ratio in ratios), len(ratios))


def count(spec: ObjectiveSpec, slices: Sequence[Stats]) -> Ratio:
    """Count slices of five minutes by an objective's budgeting method."""
    return ratio_of_slices(spec, slices) if spec.is_sliced else ratio_of(spec, merge(slices))


def value_of(spec: ObjectiveSpec, stats: Stats, ratio: Ratio) -> float | None:
    """Return the value to show: the good share, or for latency the quantile of the target in
    seconds. Timeouts count as the longest time that any probe waits."""
    if spec.indicator != Indicator.LATENCY:
        return ratio.share
    share = (spec.percentile or 1.0) if spec.is_sliced else spec.target
    timeouts = Histogram({bucket_index(MAX_DEADLINE): stats.timeouts})
    return (stats.latencies + timeouts).quantile(share)


def worst(verdicts: Iterable[str]) -> Verdict:
    """Return the worst of several verdicts; of none, no data."""
    present = set(verdicts)
    return next((verdict for verdict in Verdict if verdict in present), Verdict.NO_DATA)


def is_unmeasured(
    last_probed_at: datetime | None,
    *,
    interval: timedelta,
    now: datetime,
    clock_set_at: datetime | None = None,
) -> bool:
    """Return True if a port has not been measured for so long that its state is unknown.

    After the wall clock was set, the time before is not known: it counts from then on.
    """
    if last_probed_at is None:
        return True
    known = [
        moment
        for moment in (last_probed_at, clock_set_at)
        if moment is not None and moment <= now + CLOCK_TOLERANCE
    ]
    return not known or now - max(known) > silence_limit(interval)


def silence_limit(interval: timedelta) -> timedelta:
    """Return after how long without a check the state of a port is unknown."""
    return max(3 * interval, timedelta(minutes=10))
