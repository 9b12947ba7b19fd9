"""An objective's report as the SLO tab shows it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.utils import formats, timezone
from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalog.web.components.charts import Day, Reading
from catalog.web.components.humanize import duration, percent
from governance.slo.evaluation import Indicator, ObjectiveSpec
from governance.slo.reports import DayReport, ObjectiveReport, Point
from governance.slo.stats import DAY
from governance.slo.wording import (
    INDICATORS,
    format_assessment,
    format_number,
    format_objective,
)


@dataclass(frozen=True, kw_only=True)
class ObjectiveCard:
    """One objective on the page; the values are formatted."""

    report: ObjectiveReport
    anchor: str
    title: str | LazyText
    port: str
    description: str
    value: str
    target: str
    good: str
    total: str
    budget_remaining: str
    burn_rate: str
    summary: str
    footnote: str
    bars: Sequence[Day]
    chart_caption: str
    latency: Sequence[Reading]
    budget: Sequence[Reading]

    @property
    def latency_lines(self) -> list[str]:
        return ["p50", "p95"]

    @property
    def latency_finding(self) -> str:
        """Return the finding of the latency chart: "p95 is 710 ms; the target is 500 ms"."""
        if not self.value:
            return ""
        spec = self.report.spec
        percentile = f"p{100 * (spec.percentile or spec.target):g}"
        text = _("{percentile} is {value}; the target is {target}")
        return text.format(percentile=percentile, value=self.value, target=self.target)

    @property
    def budget_finding(self) -> str:
        if not self.budget_remaining:
            return ""
        return _("{share} of the error budget is left").format(share=self.budget_remaining)

    @property
    def budget_lines(self) -> list[str]:
        return [_("remaining"), _("even burn")]


def objective_card(report: ObjectiveReport) -> ObjectiveCard:
    objective, spec, assessment = report.objective, report.spec, report.assessment
    is_latency = report.is_latency
    return ObjectiveCard(
        report=report,
        anchor=f"objective-{objective.pk}",
        title=INDICATORS[Indicator(spec.indicator)],
        port=str(objective.port) if objective.port else "",
        description=format_objective(spec),
        value=duration(assessment.value) if is_latency else percent(assessment.value, 3),
        target=duration(spec.effective_threshold) if is_latency else percent(spec.target, 3),
        good=format_number(report.ratio.good),
        total=format_number(report.ratio.total),
        budget_remaining=percent(assessment.remaining, 0) if report.ratio.total else "",
        burn_rate=format_burn_rate(report),
        summary=format_assessment(assessment),
        footnote=threshold_note(spec),
        bars=[
            Day(day=day.day.date(), verdict=day.verdict, text=format_day(day))
            for day in report.days
        ],
        chart_caption=chart_caption(report.days),
        latency=_readings(report, lambda point: [point.p50, point.p95]) if is_latency else [],
        budget=_readings(
            report, lambda point: [100 * point.remaining, 100 * max(0.0, point.even_burn)]
        ),
    )


def format_burn_rate(report: ObjectiveReport) -> str:
    """Return the burn rate, capped because an objective of 100 % has an infinite one."""
    if report.assessment.recent.total == 0:
        return ""
    return f"{formats.number_format(round(min(report.assessment.burn_rate, 9999), 1), 1)}×"


def threshold_note(spec: ObjectiveSpec) -> str:
    if spec.threshold is None or spec.effective_threshold == spec.threshold:
        return ""
    return _("The threshold of {declared} is measured as {effective}, the nearest bucket.").format(
        declared=duration(spec.threshold), effective=duration(spec.effective_threshold)
    )


def format_day(day: DayReport) -> str:
    """Return a day as text: '99.2 %, 12 of 1,440 failed'."""
    if not day.is_in_force:
        return _("before this objective was in force")
    if day.ratio.total == 0:
        return _("not measured")
    share = percent(day.ratio.share, 2)
    if day.ratio.failed == 0:
        return _("{share}, none failed").format(share=share)
    return _("{share}, {failed} of {total} failed").format(
        share=share, failed=format_number(day.ratio.failed), total=format_number(day.ratio.total)
    )


def chart_caption(days: Sequence[DayReport]) -> str:
    measured = [day for day in days if day.ratio.total]
    missed = sum(day.verdict != "met" for day in measured)
    if not measured:
        return _("No day has been measured yet")
    if not missed:
        return ngettext(
            "The one measured day met the target",
            "All {n} measured days met the target",
            len(measured),
        ).format(n=len(measured))
    return ngettext(
        "{n} of {measured} measured days missed the target",
        "{n} of {measured} measured days missed the target",
        missed,
    ).format(n=missed, measured=len(measured))


def _readings(
    report: ObjectiveReport, values: Callable[[Point], Sequence[float | None]]
) -> list[Reading]:
    return [
        Reading(label=axis_label(point, report.resolution), values=values(point))
        for point in report.burn_down
    ]


def axis_label(point: Point, resolution: timedelta) -> str:
    if resolution >= DAY:
        return formats.date_format(point.at, "j M")
    local = timezone.localtime(point.at)
    return formats.date_format(local, "H:i" if resolution < timedelta(hours=1) else "j M H:i")
