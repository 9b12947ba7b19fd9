"""How each search index has stood against the database, in words, shapes and JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalog.search.models import FRESH_WITHIN_SECONDS, IndexCheck
from catalog.search.services import TARGET, DayOfChecks, IndexReport, index_reports
from catalog.web.components.charts import Day
from catalog.web.components.humanize import percent

CHECKS_SHOWN = 6


@dataclass(frozen=True, kw_only=True)
class IndexBlock:
    """One engine's ledger on the page."""

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
        """Return the last checks, the newest first."""
        return self.report.checks[:CHECKS_SHOWN]


def index_blocks(now: datetime) -> list[IndexBlock]:
    """Return the ledger of each fed engine."""
    return [_block(report) for report in index_reports(now)]


def _block(report: IndexReport) -> IndexBlock:
    return IndexBlock(
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
    """Say what is promised, and how it stands."""
    promise = _(
        "Promised: {target} of the checks of 30 days find no difference and no edit older than "
        "{seconds} s that the index has not seen."
    ).format(target=percent(TARGET, 2), seconds=FRESH_WITHIN_SECONDS)
    if not report.checks:
        return f"{promise} {_('Nothing has been checked yet.')}"
    total = len(report.checks)
    stands = ngettext(
        "{good} of {total} check found it so.", "{good} of {total} checks found it so.", total
    ).format(good=report.good, total=total)
    return f"{promise} {stands}"


def _finding(report: IndexReport) -> str:
    found = sum(report.counts.values())
    if not report.checks:
        return _("Not yet checked")
    if not found:
        return _("No check found a difference")
    return ngettext(
        "{count} difference found in 30 days", "{count} differences found in 30 days", found
    ).format(count=found)


def _day(day: DayOfChecks) -> Day:
    if not day.total:
        return Day(day=day.day, verdict="no_data", text=_("not checked"))
    text = _("{good} of {total} checks good").format(good=day.good, total=day.total)
    return Day(day=day.day, verdict="met" if day.good == day.total else "breached", text=text)


def _name(difference: str) -> str:
    """Return a kind of difference in words."""
    names = {
        "missing": _("missing in the index"),
        "surplus": _("only in the index"),
        "revision": _("of another revision"),
        "readers": _("for other readers"),
        "content": _("of other content"),
    }
    return names[difference]


def as_json(report: IndexReport) -> dict[str, Any]:
    """Return an engine's ledger for a program."""
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


def _check_as_json(check: IndexCheck) -> dict[str, Any]:
    shown = ("missing", "surplus", "revision", "readers", "content", "behind", "oldest_seconds")
    return {
        "at": check.at,
        "is_good": check.is_good,
        "checked": check.checked,
        **{name: getattr(check, name) for name in shown},
        "seconds": check.seconds,
        "problem": check.problem,
    }
