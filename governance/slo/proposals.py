"""Proposes objectives from the first measurements, with the evidence for each; pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from governance.slo.evaluation import Indicator
from governance.slo.stats import Stats

# A target above this needs more checks than the first minutes bring.
AVAILABILITY_TARGETS = (0.99, 0.95, 0.9)
LATENCY_TARGET = 0.95
# Consumers far away wait longer than a probe next door, and load changes over a day.
HEADROOM = 2
THRESHOLDS = (0.05, 0.1, 0.2, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0)


@dataclass(frozen=True, kw_only=True)
class ObjectiveProposal:
    """One objective; `measured` is the share of good checks, or the p95 in seconds."""

    indicator: str
    target: float
    threshold: float | None = None
    measured: float

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
    target = next((target for target in AVAILABILITY_TARGETS if target <= share), None)
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
