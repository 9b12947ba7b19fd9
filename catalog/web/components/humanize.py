"""Numbers and moments as people read them, in the reader's locale."""

from datetime import date, datetime

from django.utils import formats, timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalog.web.components.translation import cached_per_language

THIN_SPACE = "\u202f"
DAY = "j M Y"
MAX_DIGITS = 6


def number(value: float) -> str:
    if isinstance(value, int) and 0 <= value < 1000:
        return str(value)
    return formats.number_format(value, decimal_pos=0, force_grouping=True)


def short_number(value: float) -> str:
    """Return a number with at most two decimals, and none that are zero."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return formats.number_format(text, len(text.partition(".")[2]))


def percent(share: float | None, digits: int = 2) -> str:
    """Return a share (0 to 1) as a percentage without trailing zeros; "" for None.

    Less than the whole is never rounded up to 100 %.
    """
    if share is None:
        return ""
    while share < 1 and round(share * 100, digits) >= 100 and digits < MAX_DIGITS:
        digits += 1
    text = f"{round(share * 100, digits):.{digits}f}"
    shortest = text.rstrip("0").rstrip(".") if "." in text else text
    decimals = len(shortest.partition(".")[2])
    return f"{formats.number_format(shortest, decimals)}{THIN_SPACE}%"


def duration(seconds: float | None) -> str:
    """Return seconds in one unit that fits: from milliseconds to days."""
    if seconds is None:
        return ""
    if seconds < 0.01:
        return f"{formats.number_format(round(seconds * 1000, 1), 1)}{THIN_SPACE}ms"
    if seconds < 1:
        return f"{formats.number_format(round(seconds * 1000), 0)}{THIN_SPACE}ms"
    if seconds < 120:
        value = formats.number_format(round(seconds, 2), 0 if seconds >= 10 else 1)
        return f"{value}{THIN_SPACE}s"
    for unit, label, most in ((60, "min", 120), (3600, "h", 48)):
        if seconds < most * unit:
            return f"{formats.number_format(round(seconds / unit), 0)}{THIN_SPACE}{label}"
    days = round(seconds / 86_400)
    return ngettext("{n} day", "{n} days", days).format(n=days)


def gap_points(gap: float | None) -> str:
    """Return the difference of two shares in percentage points, with its sign."""
    if gap is None:
        return ""
    points = round(gap * 100, 1)
    sign = "+" if points > 0 else "−" if points < 0 else "±"
    return f"{sign}{formats.number_format(abs(points), 1)}"


def distance(gap: float | None) -> str:
    """Return the difference of two shares in percentage points, without a sign."""
    return "" if gap is None else formats.number_format(abs(round(gap * 100, 1)), 1)


def day(value: date | None, form: str = DAY) -> str:
    """Return a date as text ("14 Mar 2026"); a moment is taken in the reader's time zone."""
    if isinstance(value, datetime):
        return formats.date_format(timezone.localtime(value), form)
    return _format_day(value, form) if value else ""


@cached_per_language
def _format_day(value: date, form: str) -> str:
    return formats.date_format(value, form)


def time_tag(moment: datetime | date | None, *, is_short: bool = False) -> SafeString | str:
    """Return a <time> element; the short form only says how long ago it was."""
    if moment is None:
        return _("never")
    if not isinstance(moment, datetime):
        return format_html('<time datetime="{}">{}</time>', moment.isoformat(), day(moment))
    local = timezone.localtime(moment)
    is_recent = abs((timezone.now() - moment).total_seconds()) < 60
    ago = _("just now") if is_recent else _("{time} ago").format(time=timesince(moment, depth=1))
    exact = f"{day(local.date())}, {local:%H:%M}"
    title = format_html(' title="{} {}"', exact, local.tzname()) if is_short else ""
    return format_html(
        '<time datetime="{}"{}>{}</time>',
        moment.isoformat(timespec="seconds"),
        title,
        ago if is_short else f"{exact} ({ago})",
    )
