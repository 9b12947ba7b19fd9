"""How each search index compares with the database, for the page and as JSON."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from catalog.search.models import FRESH_WITHIN_SECONDS, IndexCheck
from catalog.search.services.checks import TARGET, IndexReport, index_reports
from catalog.types import JSONObject
from catalog.web.components.charts import Day
from catalog.web.components.humanize import percent

CHECKS_SHOWN = 6
CHECK_FIELDS = (
    *("at", "is_good", "checked", "missing", "surplus", "revision", "readers", "content"),
    *("behind", "oldest_seconds", "seconds", "problem"),
)


LABELS = {
    "missing": gettext_lazy("missing"),
    "surplus": gettext_lazy("surplus"),
    "revision": gettext_lazy("stale revision"),
    "readers": gettext_lazy("other readers"),
    "content": gettext_lazy("other content"),
}


@dataclass(frozen=True)
class IndexCard:
    """How one engine's index compares with the database; the values are formatted."""

    report: IndexReport

    @property
    def checks(self) -> Sequence[IndexCheck]:
        """Return the latest checks, newest first."""
        return self.report.checks[:CHECKS_SHOWN]

    @property
    def verdict(self) -> str:
        if not self.report.checks:
            return "no_data"
        return "met" if self.report.is_met else "breached"

    @property
    def sentence(self) -> str:
        """Return the objective, and how many checks met it."""
        objective = _(
            "Objective: {target} of the checks in 30 days find no difference and no edit older "
            "than {seconds} s that is not indexed."
        ).format(target=self.target, seconds=FRESH_WITHIN_SECONDS)
        if not (total := len(self.report.checks)):
            return f"{objective} {_('Not checked yet.')}"
        result = ngettext(
            "{good} of {total} check met it.", "{good} of {total} checks met it.", total
        ).format(good=self.report.good, total=total)
        return f"{objective} {result}"

    @property
    def share(self) -> str:
        return percent(self.report.share, 2)

    @property
    def target(self) -> str:
        return percent(TARGET, 2)

    @property
    def finding(self) -> str:
        total = sum(self.report.counts.values())
        if not self.report.checks:
            return _("Not checked yet")
        if not total:
            return _("No check found a difference")
        return ngettext(
            "{count} difference found in 30 days", "{count} differences found in 30 days", total
        ).format(count=total)

    @property
    def days(self) -> list[Day]:
        days = []
        for day in self.report.days:
            verdict, text = "no_data", _("not checked")
            if day.total:
                verdict = "met" if day.good == day.total else "breached"
                text = _("{good} of {total} checks good").format(good=day.good, total=day.total)
            days.append(Day(day=day.day, verdict=verdict, text=text))
        return days

    @property
    def differences(self) -> list[tuple[str | Promise, int]]:
        return [(LABELS[name], count) for name, count in self.report.counts.items()]


def index_cards(now: datetime) -> list[IndexCard]:
    return [IndexCard(report) for report in index_reports(now)]


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
        "checks": [
            {name: getattr(check, name) for name in CHECK_FIELDS}
            for check in report.checks[:CHECKS_SHOWN]
        ],
    }
