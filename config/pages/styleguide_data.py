"""Made-up values for the style guide: every badge, state and chart with something in it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from catalog.web.components.charts import Day, Reading

SURFACES = ("bg", "surface", "sunken", "soft", "line", "control")
TEXTS = ("ink", "muted", "accent", "ok", "warn", "bad", "none", "info")
FILLS = ("ok-fill", "warn-fill", "bad-fill", "none-fill")
SIZES = (("t6", 31), ("t5", 25), ("t4", 20), ("t3", 16), ("t2", 14), ("t1", 13))
LAST_DAY = date(2026, 11, 14)


class SampleForm(forms.Form):
    """A form with one field of each kind."""

    name = forms.CharField(label=_("Name"), help_text=_("What people call it, without the domain."))
    purpose = forms.CharField(label=_("Purpose"), widget=forms.Textarea, required=False)
    sensitivity = forms.ChoiceField(
        label=_("Sensitivity"), choices=[("1", _("Public")), ("2", _("Internal"))]
    )
    visibility = forms.ChoiceField(
        label=_("Who may see it"),
        widget=forms.RadioSelect,
        choices=[("public", _("Everybody")), ("members", _("Members"))],
    )
    follow = forms.BooleanField(label=_("Follow it"), required=False)


def sample_days() -> list[Day]:
    """Return ninety days with a miss, two risky days and a time before measuring began."""
    odd = {3: ("at_risk", "99.1 %, 13 min down"), 22: ("breached", "92.4 %, 109 min down")}
    odd |= {41: ("at_risk", "98.9 %, 16 min down"), 23: ("breached", "95.0 %, 72 min down")}
    days = []
    for ago in range(89, -1, -1):
        verdict, text = odd.get(ago, ("met", "100 %, no time down"))
        if ago > 75:
            verdict, text = "no_data", "not measured yet"
        days.append(Day(day=LAST_DAY - timedelta(days=ago), verdict=verdict, text=text))
    return days


def sample_readings() -> list[Reading]:
    """Return thirty days of two latencies, with one day missing."""
    readings = []
    for at in range(30):
        usual = 0.12 + 0.02 * ((at * 7) % 5) / 5
        slow = usual * 2.1 + (0.31 if at in (11, 12) else 0)
        label = (LAST_DAY - timedelta(days=29 - at)).strftime("%-d %b")
        values = (None, None) if at == 19 else (usual, slow)
        readings.append(Reading(label=label, values=values))
    return readings


def sample_cells() -> list[dict[str, Any]]:
    """Return a trust strip in which every kind of reading stands once."""
    return [
        {
            "label": _("Availability"),
            "value": "99.95 %",
            "of": _("of 99.9 %"),
            "verdict": "met",
            "note": _("30 days"),
        },
        {
            "label": _("Latency"),
            "value": "412 ms",
            "of": _("of 300 ms"),
            "verdict": "breached",
            "note": _("p95, 30 days"),
        },
        {
            "label": _("Quality"),
            "value": _("not measured yet"),
            "verdict": "no_data",
            "note": _("no check runs"),
        },
        {
            "label": _("Freshness"),
            "value": "2 h",
            "of": _("of 6 h"),
            "verdict": "at_risk",
            "note": _("since 12:04"),
        },
        {
            "label": _("Known imbalances"),
            "value": _("not assessed"),
            "verdict": "no_data",
            "word": _("unknown"),
            "note": _("said by the owner"),
        },
        {
            "label": _("Your access"),
            "value": _("Open"),
            "verdict": "met",
            "word": _("public"),
            "note": _("no request needed"),
        },
    ]


IMBALANCES = [
    {
        "attribute": "sex",
        "group": "female",
        "share": 0.31,
        "reference": 0.505,
        "gap": -0.195,
        "n": 18_240,
    },
    {
        "attribute": "sex",
        "group": "male",
        "share": 0.67,
        "reference": 0.495,
        "gap": 0.175,
        "n": 39_420,
    },
    {
        "attribute": "sex",
        "group": "not stated",
        "share": 0.02,
        "reference": None,
        "gap": None,
        "n": 1_177,
    },
]
