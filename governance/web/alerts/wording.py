"""Sentences of alerts on a page: what a rule asks for, and what an alert is based on; pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from catalog.types import JSONObject, JSONValue
from governance.alerts.arithmetic import BurnRule
from governance.slo.wording import format_duration, format_seconds

# What programs need and readers do not: rows of the database, which the page links to.
HIDDEN = ("objective", "run")
MOMENTS = ("since", "last_measured_at")
LABELS: dict[str, Promise] = {
    "since": gettext_lazy("Since"),
    "last_measured_at": gettext_lazy("Last measured"),
    "interval": gettext_lazy("Measured every"),
    "due": gettext_lazy("Ports that were due"),
    "window": gettext_lazy("Window"),
    "burn_rate": gettext_lazy("Burn rate"),
    "threshold": gettext_lazy("Alert from a burn rate of"),
    "checks": gettext_lazy("Checks in the window"),
    "failed": gettext_lazy("Failed checks"),
    "rows": gettext_lazy("Rows checked"),
    "moves": gettext_lazy("Groups that moved"),
    "attempts": gettext_lazy("Attempts"),
    "is_given_up": gettext_lazy("Given up"),
}


@dataclass(frozen=True)
class Fact:
    """One line of the evidence of an alert: a text, or a moment."""

    label: str | Promise
    text: str
    at: datetime | None = None


def evidence_facts(evidence: JSONObject) -> Iterator[Fact]:
    """Yield what an alert was based on when it was last seen, for a reader."""
    for name, value in evidence.items():
        label = LABELS.get(name, name.replace("_", " ").capitalize())
        if name in MOMENTS:
            yield Fact(label, "", datetime.fromisoformat(str(value)))
        elif name == "interval":
            yield Fact(label, format_seconds(int(value)))
        elif name not in HIDDEN:
            yield Fact(label, _format(value))


def _format(value: JSONValue) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list):
        return ", ".join(map(_format, value))
    if isinstance(value, dict):
        return ", ".join(f"{name}: {_format(entry)}" for name, entry in value.items())
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def condition_text(parameters: JSONObject) -> str:
    """Return when a rule with these parameters opens an alert; empty if nothing limits it."""
    texts = []
    if "window" in parameters:
        rule = BurnRule(window=parameters["window"], burn_rate=parameters["burn_rate"])
        texts.append(
            _("burn rate of {rate} or more over {long} and over the last {short}").format(
                rate=f"{rule.burn_rate:g}",
                long=format_duration(rule.long),
                short=format_duration(rule.short),
            )
        )
    if failures := parameters.get("min_failures"):
        text = ngettext("at least {n} failed check", "at least {n} failed checks", failures)
        texts.append(text.format(n=failures))
    if minutes := parameters.get("after_minutes"):
        text = _("not measured for {n} min and three intervals")
        texts.append(text.format(n=minutes))
    if indicator := parameters.get("indicator"):
        texts.append(_("of {indicator} only").format(indicator=indicator.replace("_", " ")))
    return ", ".join(texts)
