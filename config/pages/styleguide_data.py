"""Made-up values for the style guide: every badge, state and chart with something in it."""

from datetime import date, timedelta

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from catalog.web.components.charts import Band, Day, Reading
from catalog.web.products.trust_summary import TrustMetric
from governance.web.quality.cards import CheckRow
from governance.web.representation.cards import Bar, GroupRow

Text = str | Promise

SURFACES = ("bg", "surface", "sunken", "soft", "line", "control")
TEXTS = ("ink", "muted", "accent", "ok", "warn", "bad", "none", "info")
FILLS = ("ok-fill", "warn-fill", "bad-fill", "none-fill")
SIZES = (("t6", 31), ("t5", 25), ("t4", 20), ("t3", 16), ("t2", 14), ("t1", 13))
STATED = _("stated by owner")
LAST_DAY = date(2026, 11, 14)


class SampleForm(forms.Form):
    """A form with one field of each kind."""

    name = forms.CharField(label=_("Name"), help_text=_("What people call it, without the domain."))
    purpose = forms.CharField(label=_("Purpose"), widget=forms.Textarea, required=False)
    sensitivity = forms.ChoiceField(
        label=_("Sensitivity"), choices=[("1", _("Public")), ("2", _("Internal"))]
    )
    visibility = forms.ChoiceField(
        label=_("Who can see it"),
        widget=forms.RadioSelect,
        choices=[("public", _("Everybody")), ("members", _("Members"))],
    )
    follow = forms.BooleanField(label=_("Follow"), required=False)


def sample_days() -> list[Day]:
    """Return ninety days with a miss, two risky days and a time before measuring began."""
    odd = {3: ("at_risk", "99.1 %, 13 min down"), 22: ("breached", "92.4 %, 109 min down")}
    odd |= {12: ("met", "100 %, planned maintenance 02:00–04:00")}
    odd |= {41: ("at_risk", "98.9 %, 16 min down"), 23: ("breached", "95.0 %, 72 min down")}
    days = []
    for ago in range(89, -1, -1):
        verdict, text = odd.get(ago, ("met", "100 %, no time down"))
        if ago > 75:
            verdict, text = "no_data", "not measured yet"
        day = LAST_DAY - timedelta(days=ago)
        days.append(Day(day=day, verdict=verdict, text=text, has_maintenance=ago in (12, 47)))
    return days


def sample_readings() -> list[Reading]:
    """Return thirty days of two latencies, with one day missing."""
    readings = []
    for n in range(30):
        usual = 0.12 + 0.02 * ((n * 7) % 5) / 5
        slow = usual * 2.1 + (0.31 if n in (11, 12) else 0)
        label = (LAST_DAY - timedelta(days=29 - n)).strftime("%-d %b")
        values = (None, None) if n == 19 else (usual, slow)
        readings.append(Reading(label=label, values=values))
    return readings


MAINTENANCE = [Band(x=38, width=6)]


def sample_metrics() -> list[TrustMetric]:
    """Return a trust summary in which every kind of metric appears once."""
    rows: tuple[tuple[Text, Text, str, Text, Text, Text], ...] = (
        (_("Availability"), "99.95 %", "met", "", _("target 99.9 %"), _("30 days")),
        (_("Latency"), "412 ms", "breached", "", _("target 300 ms"), _("p95, 30 days")),
        (_("Quality"), _("not run yet"), "collecting", "", "", ""),
        (_("Freshness"), "2 h", "at_risk", "", _("target 6 h"), _("as of 12:04")),
        (_("Known imbalances"), _("not assessed"), "no_data", _("unknown"), "", STATED),
        (_("Your access"), _("Open"), "met", _("public"), "", _("no request needed")),
    )
    return [
        TrustMetric(
            label=label, value=value, verdict=verdict, state=state, target=target, note=note
        )
        for label, value, verdict, state, target, note in rows
    ]


GROUPS = [
    GroupRow(
        group="female", n="18,240", share="31.0 %", interval="30.6 % to 31.4 %",
        reference="50.5 %", gap="−19.5", ratio="0.61", note="",
        bar=Bar(share=0.31, low=0.306, high=0.314, reference=0.505),
    ),
    GroupRow(
        group="male", n="39,420", share="67.0 %", interval="66.6 % to 67.4 %",
        reference="49.5 %", gap="+17.5", ratio="1.35", note="",
        bar=Bar(share=0.67, low=0.666, high=0.674, reference=0.495),
    ),
    GroupRow(
        group="not stated", n="1,177", share="2.0 %", interval="1.9 % to 2.1 %",
        reference="–", gap="–", ratio="–", note="", bar=Bar(share=0.02, low=0.019, high=0.021),
    ),
]  # fmt: skip

CHECKS = [
    CheckRow(
        title="Missing values in email", place="orders · email", state="failed",
        expected="no rows without a value", observed="31", tested="12,840", failing="31",
        message="31 rows without a value; expected no rows without a value.",
        shares=(1, 0.999, 0.998, 0.9976), samples=({"id": "7301", "email": None},),
    ),
    CheckRow(
        title="shipped_at >= ordered_at", place="orders", state="error",
        expected="no rows that do not meet it", observed="", tested="", failing="",
        message="The statement took longer than 60 seconds.",
    ),
    CheckRow(
        title="Values of status", place="orders · status", state="warning",
        expected="at most 1 % of rows", observed="1.4 %", tested="12,840", failing="180",
        message="1.4 % (180 of 12,840 rows); expected at most 1 % of rows.",
    ),
    CheckRow(
        title="Newest value of paid_at", place="orders · paid_at", state="not_run",
        expected="less than 24 hours", observed="", tested="", failing="",
        message="Not run yet.",
    ),
    CheckRow(
        title="Rows in orders", place="orders", state="passed", expected="more than 1,000",
        observed="12,840", tested="12,840", failing="", message="", shares=(1, 1, 1, 1),
    ),
]  # fmt: skip
