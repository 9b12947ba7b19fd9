"""How each search index compares with the database, for the page and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalog.search.models import FRESH_WITHIN_SECONDS, IndexCheck
from catalog.search.services.checks import TARGET, DayOfChecks, IndexReport, index_reports
from catalog.types import JSONObject
from catalog.web.components.charts import Day
from catalog.web.components.humanize import percent

CHECKS_SHOWN = 6


@dataclass(frozen=True, kw_only=True)
class IndexCard:
    """How one engine's index compares with the database."""

    report: IndexReport
    verdict: str
    sentence: str
    share: str
    target: str
    finding: str
    days: Sequence[Day]
    differences: Sequence[tuple[str, int]]

    @property
    def checks(self) -> Sequence[IndexCheck]:
        """Return the latest checks, newest first."""
        return self.report.checks[:CHECKS_SHOWN]


def index_cards(now: datetime) -> list[IndexCard]:
    return [_card(report) for report in index_reports(now)]


def _card(report: IndexReport) -> IndexCard:
    return IndexCard(
        report=report,
        verdict=_verdict(report),
        sentence=_sentence(report),
        share=percent(report.share, 2),
        target=percent(TARGET, 2),
        finding=_finding(report),
        days=[_day(day) for day in report.days],
        differences=[(_name(name), count) for name, count in report.counts.items()],
    )


def _verdict(report: IndexReport) -> str:
    if not report.checks:
        return "no_data"
    return "met" if report.is_met else "breached"


def _sentence(report: IndexReport) -> str:
    """Return the objective, and how many checks met it."""
    objective = _(
        "Objective: {target} of the checks in 30 days find no difference and no edit older than "
        "{seconds} s that is not indexed."
    ).format(target=percent(TARGET, 2), seconds=FRESH_WITHIN_SECONDS)
    if not report.checks:
        return f"{objective} {_('Not checked yet.')}"
    total = len(report.checks)
    result = ngettext(
        "{good} of {total} check met it.", "{good} of {total} checks met it.", total
    ).format(good=report.good, total=total)
    return f"{objective} {result}"


def _finding(report: IndexReport) -> str:
    total = sum(report.counts.values())
    if not report.checks:
        return _("Not checked yet")
    if not total:
        return _("No check found a difference")
    return ngettext(
        "{count} difference found in 30 days", "{count} differences found in 30 days", total
    ).format(count=total)


def _day(day: DayOfChecks) -> Day:
    if not day.total:
        return Day(day=day.day, verdict="no_data", text=_("not checked"))
    text = _("{good} of {total} checks good").format(good=day.good, total=day.total)
    return Day(day=day.day, verdict="met" if day.good == day.total else "breached", text=text)


def _name(difference: str) -> str:
    """Return the label of a kind of difference."""
    names = {
        "missing": _("missing"),
        "surplus": _("surplus"),
        "revision": _("stale revision"),
        "readers": _("other readers"),
        "content": _("other content"),
    }
    return names[difference]


def as_json(report: IndexReport) -> JSONObject:
    return {
        "engine": report.engine,
        "objective": {
            "target": TARGET,
            "window_days": len(report.days),
            "fresh_within_seconds": FRESH_WITHIN_SECONDS,
            "good": report.good,
            "total": len(report.checks),
            "share": report.share,
            "is_met": report.is_met,
        },
        "differences": report.counts,
        "days": [
            {"date": day.day.isoformat(), "good": day.good, "total": day.total}
            for day in report.days
        ],
        "checks": [_check_as_json(check) for check in report.checks[:CHECKS_SHOWN]],
    }


def _check_as_json(check: IndexCheck) -> JSONObject:
    fields = ("missing", "surplus", "revision", "readers", "content", "behind", "oldest_seconds")
    return {
        "at": check.at,
        "is_good": check.is_good,
        "checked": check.checked,
        **{name: getattr(check, name) for name in fields},
        "seconds": check.seconds,
        "problem": check.problem,
    }
