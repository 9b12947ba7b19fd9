"""What the catalog shows of a product's objectives: one metric per indicator."""

from collections.abc import Iterable

from catalog.types import JSONObject
from governance.slo.assessment import Assessment
from governance.slo.declaration import format_window
from governance.slo.evaluation import Indicator, Verdict
from governance.slo.models import Objective

VERDICT_RANK = {verdict: rank for rank, verdict in enumerate(Verdict)}

Metrics = dict[str, JSONObject]


def metrics_for(assessed: Iterable[tuple[Objective, Assessment]]) -> Metrics:
    """Return one metric per indicator: that of the objective with the worst status.

    `value` is a share, of latency the seconds within which the target share of answers lies, of
    freshness seconds, of volume rows. `share` of the checks were good.
    """

    def rank(item: tuple[Objective, Assessment]) -> tuple[int, float]:
        _, assessment = item
        share = assessment.ratio.share
        return VERDICT_RANK[Verdict(assessment.verdict)], 1.0 if share is None else share

    metrics: Metrics = {}
    for objective, assessment in sorted(assessed, key=rank, reverse=True):
        spec = objective.spec
        metric: JSONObject = {
            "value": assessment.value,
            "target": spec.target,
            "verdict": assessment.verdict,
            "window": format_window(spec),
            "as_of": assessment.as_of.isoformat(timespec="seconds") if assessment.as_of else None,
        }
        if spec.indicator != Indicator.AVAILABILITY:
            metric["threshold"] = spec.effective_threshold
            metric["share"] = assessment.ratio.share
        metrics[objective.indicator] = metric
    return dict(sorted(metrics.items()))
