"""An objective's report in words and shapes, as the SLO tab shows it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import formats, timezone
from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalog.web.components.charts import Day, Reading
from catalog.web.components.humanize import duration, percent
from governance.slo.evaluation import Indicator
from governance.slo.reports import DayReport, ObjectiveReport, Point, is_about_speed
from governance.slo.stats import DAY
from governance.slo.wording import (
    INDICATORS,
    format_objective,
    format_status,
    measured_so_far,
    number,
    span,
)

ValuesOf = Callable[[Point], Sequence[float | None]]


@dataclass(frozen=True, kw_only=True)
class Block:
    """One objective on the page."""

    report: ObjectiveReport
    anchor: str
    title: str | LazyText
    port: str
    promised: str
    value: str
    limit: str
    good: str
    total: str
    left: str
    pace: str
    sentence: str
    note: str
    bars: Sequence[Day]
    bars_finding: str
    latency: Sequence[Reading]
    budget: Sequence[Reading]

    @property
    def names(self) -> list[str]:
        """Return the names of the lines of latency."""
        return [_("half (p50)"), _("95 % (p95)")]

    @property
    def budget_names(self) -> list[str]:
        """Return the names of the lines of the budget."""
        return [_("left"), _("even pace")]


def block_of(report: ObjectiveReport, now: datetime) -> Block:
    """Put a report into words."""
    objective, promise = report.objective, report.promise
    fast = is_about_speed(report)
    return Block(
        report=report,
        anchor=f"objective-{objective.pk}",
        title=INDICATORS[Indicator(promise.indicator)],
        port=str(objective.port) if objective.port else "",
        promised=format_objective(promise),
        value=duration(report.value) if fast else percent(report.value, 3),
        limit=duration(promise.edge) if fast else percent(promise.target, 3),
        good=number(report.score.good),
        total=number(report.score.total),
        left=percent(max(0.0, 1 - report.spent), 0) if report.score.total else "",
        pace=_pace(report),
        sentence=format_status(promise, report.score, report.recent, report.verdict),
        note=" ".join(filter(None, [_snapping(report), _beginning(report, now)])),
        bars=[Day(day=d.day.date(), verdict=d.verdict, text=format_day(d)) for d in report.days],
        bars_finding=bars_finding(report.days),
        latency=_readings(report, lambda point: [point.p50, point.p95]) if fast else [],
        budget=_readings(report, lambda point: [100 * point.left, 100 * max(0.0, point.even)]),
    )


def _pace(report: ObjectiveReport) -> str:
    """Say the burn rate, capped where a failure of everything ends it."""
    if report.recent.total == 0:
        return ""
    return f"{formats.number_format(round(min(report.burn_rate, 9999), 1), 1)}×"


def _snapping(report: ObjectiveReport) -> str:
    promise = report.promise
    if promise.threshold is None or promise.edge is None or promise.edge == promise.threshold:
        return ""
    return _("The threshold of {asked} is measured as {edge}, the nearest step kept.").format(
        asked=duration(promise.threshold), edge=duration(promise.edge)
    )


def _beginning(report: ObjectiveReport, now: datetime) -> str:
    return measured_so_far(report.begins_at, report.promise.window, now)


def format_day(day: DayReport) -> str:
    """Say what a day was: '99.2 %, 12 of 1,440 fell short'."""
    if day.score.total == 0:
        return _("not measured")
    share = percent(day.score.share, 2)
    if day.score.bad == 0:
        return _("{share}, nothing fell short").format(share=share)
    return _("{share}, {bad} of {total} fell short").format(
        share=share, bad=number(day.score.bad), total=number(day.score.total)
    )


def bars_finding(days: Sequence[DayReport]) -> str:
    """Say what the strip of days shows."""
    measured = [day for day in days if day.score.total]
    short = sum(1 for day in measured if day.verdict != "met")
    if not measured:
        return _("No day has been measured yet")
    if not short:
        return ngettext(
            "The one measured day reached the target",
            "All {n} measured days reached the target",
            len(measured),
        ).format(n=len(measured))
    return ngettext(
        "{n} of {measured} measured days missed the target",
        "{n} of {measured} measured days missed the target",
        short,
    ).format(n=short, measured=len(measured))


def _readings(report: ObjectiveReport, values: ValuesOf) -> list[Reading]:
    return [
        Reading(label=_label(point, report.step), values=values(point)) for point in report.course
    ]


def _label(point: Point, step: timedelta) -> str:
    if step >= DAY:
        return formats.date_format(point.at, "j M")
    local = timezone.localtime(point.at)
    return formats.date_format(local, "H:i" if step < timedelta(hours=1) else "j M H:i")


def course_span(report: ObjectiveReport) -> str:
    """Say how long the course is that a chart shows."""
    if not report.course:
        return ""
    return span(report.course[-1].at + report.step - report.course[0].at)
