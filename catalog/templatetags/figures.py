"""Numbers and moments as people read them, in the reader's locale."""

from __future__ import annotations

from datetime import date, datetime

from django import template
from django.utils import formats, timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timesince import timesince
from django.utils.translation import gettext as _

register = template.Library()

THIN = "\u202f"


@register.filter
def percent(share: float | None, digits: int = 2) -> str:
    """Return a share of one as a percentage, without needless zeros; empty where there is none."""
    if share is None:
        return ""
    text = f"{round(share * 100, digits):.{digits}f}"
    shortest = text.rstrip("0").rstrip(".") if "." in text else text
    decimals = len(shortest.partition(".")[2])
    return f"{formats.number_format(shortest, decimals)}{THIN}%"


@register.filter
def duration(seconds: float | None) -> str:
    """Return seconds as milliseconds below one second, else as seconds or minutes."""
    if seconds is None:
        return ""
    if seconds < 0.01:
        return f"{formats.number_format(round(seconds * 1000, 1), 1)}{THIN}ms"
    if seconds < 1:
        return f"{formats.number_format(round(seconds * 1000), 0)}{THIN}ms"
    if seconds < 120:
        return f"{formats.number_format(round(seconds, 2), 0 if seconds >= 10 else 1)}{THIN}s"
    return f"{formats.number_format(round(seconds / 60), 0)}{THIN}min"


@register.filter
def gap_points(gap: float | None) -> str:
    """Return the difference of two shares in percentage points, with its sign."""
    if gap is None:
        return ""
    points = round(gap * 100, 1)
    sign = "+" if points > 0 else "−" if points < 0 else "±"
    return f"{sign}{formats.number_format(abs(points), 1)}"


@register.filter
def distance(gap: float | None) -> str:
    """Return how far two shares lie apart, in percentage points, without a sign."""
    return "" if gap is None else formats.number_format(abs(round(gap * 100, 1)), 1)


@register.simple_tag
def when(moment: datetime | date | None, form: str = "") -> SafeString | str:
    """Return a moment as text with its machine form; `short` says only how long ago."""
    if moment is None:
        return _("never")
    if not isinstance(moment, datetime):
        return format_html('<time datetime="{}">{}</time>', moment.isoformat(), _day(moment))
    local = timezone.localtime(moment)
    ago = _ago(moment)
    exact = f"{_day(local.date())}, {formats.time_format(local, 'H:i')}"
    shown, title = (ago, exact) if form == "short" else (f"{exact} ({ago})", "")
    return format_html(
        '<time datetime="{}"{}>{}</time>',
        moment.isoformat(timespec="seconds"),
        format_html(' title="{}"', f"{title} {local.tzname()}") if title else "",
        shown,
    )


def _ago(moment: datetime) -> str:
    if abs((timezone.now() - moment).total_seconds()) < 60:
        return _("just now")
    return _("{time} ago").format(time=timesince(moment, depth=1))


def _day(day: date) -> str:
    return formats.date_format(day, "j M Y")
