"""A threshold as people type it: `500 ms`, `26 h`, `99.5 %` or `1000` rows."""

import re
from decimal import Decimal

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from governance.slo.evaluation import Indicator

TIMES = {"ms": Decimal("0.001"), "s": Decimal(1), "min": Decimal(60)}
TIMES |= {"m": Decimal(60), "h": Decimal(3600), "d": Decimal(86400)}
SHOWN_TIMES = (("d", 86400), ("h", 3600), ("min", 60))
IN_SECONDS = (Indicator.LATENCY, Indicator.FRESHNESS)
PATTERN = re.compile(r"(\d{1,15}(?:[.,]\d{1,12})?|[.,]\d{1,12})\s*(%|[a-z]+)?\Z", re.IGNORECASE)


class ThresholdField(forms.CharField):
    """A threshold; what it means depends on the indicator, so `parse_threshold` reads it."""

    def __init__(self, **options: object) -> None:
        widget = forms.TextInput(attrs={"size": 8, "autocomplete": "off"})
        super().__init__(required=False, max_length=40, widget=widget, **options)  # type: ignore[arg-type]


def parse_threshold(text: str, indicator: str) -> float | None:
    """Return a threshold in seconds, rows or as a share; None for no text.

    Raises ValidationError, saying what an indicator's threshold looks like.
    """
    text = text.strip()
    if not text:
        return None
    match = PATTERN.match(text)
    number = Decimal(match[1].replace(",", ".")) if match else Decimal(0)
    unit = (match[2] or "").lower() if match else ""
    if indicator in IN_SECONDS:
        factor = TIMES.get(unit or "s")
        message = _("Give a time, such as 500 ms, 0.5 s, 15 min, 26 h or 2 d.")
    elif indicator == Indicator.VOLUME:
        factor = Decimal(1) if not unit else None
        message = _("Give a number of rows, such as 1000.")
    else:
        is_percent = unit == "%" or (not unit and number > 1)
        factor = Decimal("0.01") if is_percent else Decimal(1) if not unit else None
        message = _("Give a percentage, such as 99.5 %.")
    if match is None or factor is None or number <= 0:
        raise ValidationError(message)
    return float(number * factor)


def format_threshold(value: float | None, indicator: str) -> str:
    """Return a threshold as a field shows it; `parse_threshold` reads the same value from it."""
    if value is None:
        return ""
    number = Decimal(str(value))
    if indicator == Indicator.VOLUME:
        return _plain(number)
    if indicator not in IN_SECONDS:
        return f"{_plain(number * 100)} %"
    for unit, seconds in SHOWN_TIMES:
        if number >= seconds and number % seconds == 0:
            return f"{_plain(number / seconds)} {unit}"
    return f"{_plain(number)} s"


def _plain(number: Decimal) -> str:
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
