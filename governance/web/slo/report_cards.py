"""An objective's report as the SLO tab shows it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import formats, timezone
from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalog.web.components.charts import Band, Day, Reading, period_bands
from catalog.web.components.humanize import duration, percent
from governance.slo.assessment import Assessment, BurnRate
from governance.slo.budget import Ratio
from governance.slo.evaluation import Indicator, ObjectiveSpec, Verdict
from governance.slo.reports import DayReport, ObjectiveReport, Point
from governance.slo.stats import DAY
from governance.slo.wording import (
    INDICATORS,
    format_assessment,
    format_duration,
    format_number,
    format_objective,
)
from governance.web.slo.labels import indicator_value

Periods = Sequence[tuple[datetime, datetime]]
# An even burn says nothing while a window begins, nor of one that moves on.
ENDS, BEGINS = 0.02, 0.98


@dataclass(frozen=True)
class BurnRow:
    """A burn rate over two windows; `counted` is what the long one is based on."""

    windows: str
    short: str
    long: str
    counted: str


@dataclass(frozen=True, kw_only=True)
class ObjectiveCard:
    """One objective on the page; the values are formatted.

    `origin` is the domain whose standard set the objective. `periods` are planned maintenance.
    """

    report: ObjectiveReport
    anchor: str
    title: str | LazyText
    port: str
    origin: str
    description: str
    value: str
    target: str
    good: str
    total: str
    budget_remaining: str
    burn_rate: str
    burn_rates: Sequence[BurnRow]
    summary: str
    footnote: str
    bars: Sequence[Day]
    chart_caption: str
    latency: Sequence[Reading]
    budget: Sequence[Reading]
    bands: Sequence[Band]

    @property
    def has_bars(self) -> bool:
        return any(day.ratio.total for day in self.report.days)

    @property
    def has_maintenance(self) -> bool:
        return any(day.has_maintenance for day in self.bars)

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
        if self.report.verdict == Verdict.COLLECTING:
            text = _("{percentile} of {total} checks is {value}; the target is {target}")
        return text.format(
            percentile=percentile, value=self.value, target=self.target, total=self.total
        )

    @property
    def budget_finding(self) -> str:
        """Return the finding of the burn-down: "71 % of the error budget is left; ..."."""
        assessment, points = self.report.assessment, self.report.burn_down
        if not points:
            return ""
        if assessment.remaining == 0:
            return _("The error budget is spent")
        left, even = percent(assessment.remaining, 0), max(0.0, points[-1].even_burn)
        if not ENDS < even < BEGINS:
            return _("{left} of the error budget is left").format(left=left)
        text = _("{left} of the error budget is left; an even burn would leave {even}")
        return text.format(left=left, even=percent(even, 0))

    @property
    def budget_lines(self) -> list[str]:
        return [_("remaining"), _("even burn")]


def objective_card(
    report: ObjectiveReport, *, origin: str = "", periods: Periods = ()
) -> ObjectiveCard:
    objective, spec, assessment = report.objective, report.spec, report.assessment
    is_latency = report.is_latency
    points = report.burn_down
    return ObjectiveCard(
        report=report,
        anchor=f"objective-{objective.pk}",
        title=INDICATORS[Indicator(spec.indicator)],
        port=str(objective.port) if objective.port else "",
        origin=origin,
        description=format_objective(spec),
        value=indicator_value(spec.indicator, assessment.value),
        target=target_text(spec),
        good=format_number(report.ratio.good),
        total=format_number(report.ratio.total),
        budget_remaining=percent(assessment.remaining, 0) if report.ratio.total else "",
        burn_rate=format_rate(assessment.burn_rate) if assessment.recent.total else "",
        burn_rates=[burn_row(burn) for burn in assessment.burn_rates if burn.long_ratio.total],
        summary=format_assessment(assessment),
        footnote=" ".join(filter(None, (threshold_note(spec), maintenance_note(assessment)))),
        bars=[day_bar(day, periods) for day in report.days],
        chart_caption=chart_caption(report),
        latency=_readings(report, lambda point: [point.p50, point.p95]) if is_latency else [],
        budget=_readings(
            report, lambda point: [100 * point.remaining, 100 * max(0.0, point.even_burn)]
        ),
        bands=period_bands(periods, points[0].at, points[-1].at) if points else [],
    )


def target_text(spec: ObjectiveSpec) -> str:
    """Return what a value is compared with: of availability its target, else the threshold."""
    is_share = spec.indicator == Indicator.AVAILABILITY or spec.threshold is None
    return (
        percent(spec.target, 3)
        if is_share
        else indicator_value(spec.indicator, spec.effective_threshold)
    )


def burn_row(burn: BurnRate) -> BurnRow:
    windows = _("{short} and {long}").format(
        short=format_duration(burn.short), long=format_duration(burn.long)
    )
    counted = _("{failed} of {total} failed").format(
        failed=format_number(burn.long_ratio.failed), total=format_number(burn.long_ratio.total)
    )
    short = format_rate(burn.short_rate) if burn.short_ratio.total else "–"
    return BurnRow(windows, short, format_rate(burn.long_rate), counted)


def format_rate(rate: float) -> str:
    """Return a burn rate, capped because an objective of 100 % has an infinite one."""
    return f"{formats.number_format(round(min(rate, 9999), 1), 1)}×"


def maintenance_note(assessment: Assessment) -> str:
    count = assessment.maintenance
    return ngettext(
        "{n} check was made during planned maintenance and counts neither good nor bad.",
        "{n} checks were made during planned maintenance and count neither good nor bad.",
        count,
    ).format(n=format_number(count)) if count else ""  # fmt: skip


def day_bar(day: DayReport, periods: Periods) -> Day:
    """Return a day as a bar; planned maintenance on it is marked and said."""
    end = day.day + DAY
    downtime = sum(
        ((min(stop, end) - max(start, day.day)) for start, stop in periods
         if start < end and stop > day.day),
        timedelta(0),
    )  # fmt: skip
    text = format_day(day)
    if downtime:
        note = _("planned maintenance for {time}").format(time=format_duration(downtime))
        text = f"{text}, {note}"
    return Day(day=day.day.date(), verdict=day.verdict, text=text, has_maintenance=bool(downtime))


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
        total = format_number(day.ratio.total)
        return _("{share}, none of {total} failed").format(share=share, total=total)
    return _("{share}, {failed} of {total} failed").format(
        share=share, failed=format_number(day.ratio.failed), total=format_number(day.ratio.total)
    )


def chart_caption(report: ObjectiveReport) -> str:
    """Return the finding of the days; while evidence is collected, it only counts checks."""
    measured = [day for day in report.days if day.ratio.total]
    missed = sum(day.verdict != "met" for day in measured)
    if not measured:
        return _("No day has been measured yet")
    if report.verdict == Verdict.COLLECTING:
        # The same counts as in the text above, where it is about the same days.
        is_whole = all(day.is_in_window for day in measured)
        ratio = report.ratio if is_whole else sum((day.ratio for day in measured), Ratio())
        return ngettext(
            "{good} of {total} {checks} of the one measured day were good",
            "{good} of {total} {checks} of the {n} measured days were good",
            len(measured),
        ).format(
            good=format_number(ratio.good),
            total=format_number(ratio.total),
            checks=_("slices") if report.spec.is_sliced else _("checks"),
            n=len(measured),
        )
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
