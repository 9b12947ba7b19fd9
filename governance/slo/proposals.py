"""Proposes objectives from what was measured, with the evidence for each; pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from governance.slo.declaration import DEFAULT_WINDOW
from governance.slo.evaluation import Indicator, ObjectiveSpec
from governance.slo.stats import Stats

AVAILABILITY_TARGETS = (0.9999, 0.999, 0.995, 0.99, 0.95, 0.9)
# A target needs enough checks for ten failures; the first minutes support 99 %.
ALLOWED_FAILURES = 10
FIRST_TARGET = 0.99
# Of data quality: runs that are needed, and what is proposed.
MIN_RUNS = 5
DATA_TARGET = 0.95
SHARES = (1.0, 0.999, 0.995, 0.99, 0.95, 0.9, 0.8, 0.5)
AGES = tuple(3600.0 * hours for hours in (1, 2, 3, 6, 12, 26, 50, 170, 340, 750))
LATENCY_TARGET = 0.95
# Consumers far away wait longer than a probe next door, and load changes over a day.
HEADROOM = 2
THRESHOLDS = (0.05, 0.1, 0.2, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0)


@dataclass(frozen=True, kw_only=True)
class ObjectiveProposal:
    """One objective; `measured` is the share of good checks, the p95 in seconds, or the value that
    all but one in twenty of `runs` runs reached."""

    indicator: str
    target: float
    threshold: float | None = None
    measured: float
    runs: int = 0

    @property
    def spec(self) -> ObjectiveSpec:
        return ObjectiveSpec(
            indicator=self.indicator,
            target=self.target,
            threshold=self.threshold,
            window=DEFAULT_WINDOW,
        )

    @property
    def fields(self) -> dict[str, object]:
        """Return the proposal as the row of a form."""
        row = {"indicator": self.indicator, "target": self.target, "window": "30d"}
        return row | ({"threshold": self.threshold} if self.threshold else {})


def propose_objectives(stats: Stats) -> Sequence[ObjectiveProposal]:
    """Return what the measurements support; nothing without a good one."""
    if not stats.good:
        return []
    share = stats.good / stats.total
    supported = [
        target
        for target in AVAILABILITY_TARGETS
        if target <= FIRST_TARGET or (1 - target) * stats.total >= ALLOWED_FAILURES
    ]
    target = next((target for target in supported if target <= share), None)
    proposals = []
    if target:
        proposals.append(
            ObjectiveProposal(indicator=Indicator.AVAILABILITY.value, target=target, measured=share)
        )
    p95 = stats.latencies.quantile(LATENCY_TARGET)
    threshold = next((t for t in THRESHOLDS if p95 and t >= HEADROOM * p95), None)
    if p95 and threshold:
        proposals.append(
            ObjectiveProposal(
                indicator=Indicator.LATENCY.value,
                target=LATENCY_TARGET,
                threshold=threshold,
                measured=p95,
            )
        )
    return proposals


def propose_for_data(values: Mapping[str, Sequence[float]]) -> Sequence[ObjectiveProposal]:
    """Return what the values of each indicator support: a threshold that most runs have met.

    Nothing is proposed from fewer than five runs.
    """
    proposals = []
    for indicator in Indicator:
        runs = sorted(values.get(indicator.value, ()))
        if len(runs) < MIN_RUNS:
            continue
        # One run in twenty may miss the target.
        spare = int((1 - DATA_TARGET) * len(runs))
        if indicator == Indicator.FRESHNESS:
            measured = runs[-1 - spare]
            threshold = next((age for age in AGES if age >= measured), None)
        elif indicator == Indicator.VOLUME:
            measured = runs[spare]
            threshold = _round_down(measured / HEADROOM)
        else:
            measured = runs[spare]
            threshold = next((share for share in SHARES if share <= measured), None)
        if threshold:
            proposals.append(
                ObjectiveProposal(
                    indicator=indicator.value,
                    target=DATA_TARGET,
                    threshold=threshold,
                    measured=measured,
                    runs=len(runs),
                )
            )
    return proposals


def _round_down(rows: float) -> float | None:
    """Return a number of rows with its first digit alone: 1,234 is 1,000; None below one row."""
    if rows < 1:
        return None
    unit = 10 ** (len(str(int(rows))) - 1)
    return float(int(rows) // unit * unit)
