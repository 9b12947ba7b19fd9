"""Labels of measurements and objectives on a page."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise

from catalog.types import JSONObject
from catalog.web.components.humanize import duration, number, percent
from governance.slo import wording
from governance.slo.evaluation import Indicator, Verdict
from governance.slo.models import Objective
from governance.slo.outcomes import Outcome
from governance.slo.proposals import ObjectiveProposal

IN_SECONDS = {Indicator.LATENCY.value, Indicator.FRESHNESS.value}
VERDICT_RANK = {verdict.value: rank for rank, verdict in enumerate(Verdict)}


@dataclass(frozen=True)
class MetricLabel:
    """What was measured of one indicator, and its target."""

    label: str | Promise
    value: str
    target: str
    verdict: str


def metric_labels(figures: Mapping[str, JSONObject]) -> list[MetricLabel]:
    """Return the measured indicators of a product, the worst first."""
    measured = sorted(row for row in figures.items() if row[1].get("value") is not None)
    return [
        MetricLabel(
            label=indicator_label(indicator),
            value=indicator_value(indicator, figure["value"]),
            target=indicator_value(indicator, figure.get("threshold") or figure.get("target")),
            verdict=figure.get("verdict") or "",
        )
        for indicator, figure in sorted(measured, key=_rank)
    ]


def _rank(row: tuple[str, JSONObject]) -> int:
    return VERDICT_RANK.get(row[1].get("verdict") or "", len(VERDICT_RANK))


def indicator_label(indicator: str) -> str | Promise:
    known = indicator in set(Indicator)
    return wording.INDICATORS[Indicator(indicator)] if known else indicator


def indicator_value(indicator: str, value: float | None) -> str:
    """Return a value of an indicator in its unit: a time, a number of rows, or a percentage."""
    if value is None:
        return ""
    if indicator in IN_SECONDS:
        return duration(value)
    return number(value) if indicator == "volume" else percent(value, 2)


def outcome_label(outcome: str) -> str | Promise:
    """Return the label of an outcome; the code itself if it is unknown."""
    return wording.OUTCOMES[Outcome(outcome)] if outcome in set(Outcome) else outcome


def outcome_verdict(outcome: str) -> str:
    """Return the verdict whose icon an outcome is shown with."""
    if not outcome:
        return "no_data"
    return "met" if outcome == Outcome.GOOD else "breached"


def objective_label(objective: Objective | ObjectiveProposal) -> str:
    return wording.format_objective(objective.spec)


def format_seconds(seconds: int | None) -> str:
    return "" if seconds is None else wording.format_seconds(seconds)
