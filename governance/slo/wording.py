"""Objectives and their status as text."""

from datetime import datetime, timedelta

from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from catalog.web.components.humanize import duration, percent
from governance.slo.budget import (
    Ratio,
    allowed_failures,
    burn_rate,
    consumed,
    time_to_exhaustion,
)
from governance.slo.evaluation import (
    MIN_MEASUREMENTS,
    Indicator,
    ObjectiveSpec,
    Verdict,
)
from governance.slo.outcomes import Outcome


def format_objective(spec: ObjectiveSpec) -> str:
    """Return an objective as text: '99 % available over 30 days'."""
    values = {"target": percent(spec.target, 3), "window": format_duration(spec.window)}
    if spec.indicator == Indicator.LATENCY:
        values |= {"threshold": duration(spec.effective_threshold)}
        if spec.is_sliced:
            values |= {"percentile": percent(spec.percentile, 1)}
            return _(
                "{percentile} of answers within {threshold} in {target} of five-minute slices,"
                " over {window}"
            ).format(**values)
        return _("{target} of answers within {threshold}, over {window}").format(**values)
    if spec.is_sliced:
        return _("available in {target} of five-minute slices, over {window}").format(**values)
    return _("{target} available over {window}").format(**values)


def format_duration(time: timedelta) -> str:
    """Return a duration in its two greatest units at most: '5 h', '2 days 3 h', '12 min'."""
    days, rest = divmod(time, timedelta(days=1))
    hours, rest = divmod(rest, timedelta(hours=1))
    minutes = rest // timedelta(minutes=1)
    parts = []
    if days:
        parts.append(ngettext("{n} day", "{n} days", days).format(n=days))
    if hours and days < 10:
        parts.append(_("{n} h").format(n=hours))
    if minutes and not days and hours < 10:
        parts.append(_("{n} min").format(n=minutes))
    return " ".join(parts) or _("less than a minute")


def format_seconds(seconds: int) -> str:
    """Return a number of seconds as text: '30 s', '5 min'."""
    if seconds < 120 and seconds != 60:
        return _("{n} s").format(n=seconds)
    return format_duration(timedelta(seconds=seconds))


def format_status(spec: ObjectiveSpec, ratio: Ratio, recent: Ratio, verdict: str) -> str:
    """Return how much of the budget is consumed, and how long the rest lasts at the recent rate."""
    if verdict != Verdict.NO_DATA:
        return f"{format_budget(spec, ratio)} {format_trend(spec, ratio, recent)}".strip()
    if ratio.total == 0:
        return _("No measurements in this window.")
    if ratio.total < MIN_MEASUREMENTS:
        return _("Too few measurements for a verdict: {total} so far, {min} are needed.").format(
            total=format_number(ratio.total), min=format_number(MIN_MEASUREMENTS)
        )
    return _("Not measured recently, so the current status is unknown.")


def format_budget(spec: ObjectiveSpec, ratio: Ratio) -> str:
    if ratio.failed == 0:
        return _("Nothing failed; error budget untouched.")
    used = consumed(ratio, spec.target)
    failed, total = format_number(ratio.failed), format_number(ratio.total)
    if used <= 1 + 1e-9:
        return _("{failed} of {total} failed: {used} of the error budget of {window}.").format(
            failed=failed,
            total=total,
            used=percent(used, 0),
            window=format_duration(spec.window),
        )
    allowed = int(allowed_failures(ratio.total, spec.target) + 1e-9)
    if not allowed:
        return _("{failed} of {total} failed; the error budget allows none.").format(
            failed=failed, total=total
        )
    return _("{failed} of {total} failed; the error budget allows {allowed}.").format(
        failed=failed, total=total, allowed=format_number(allowed)
    )


def format_trend(spec: ObjectiveSpec, ratio: Ratio, recent: Ratio) -> str:
    """Return what the last hours say, or nothing if they are no evidence."""
    if recent.total < MIN_MEASUREMENTS:
        return ""
    if consumed(ratio, spec.target) > 1 + 1e-9:
        is_recovered = burn_rate(recent, spec.target) <= 1
        return _("Recovered.") if is_recovered else _("Still failing.")
    rest = time_to_exhaustion(ratio, recent, target=spec.target, window=spec.window)
    if rest is None:
        return _("Recovered.") if ratio.failed else ""
    if rest <= timedelta(minutes=1):
        return _("At the current burn rate it is nearly exhausted.")
    return _("At the current burn rate it is exhausted in {time}.").format(
        time=format_duration(rest)
    )


def format_coverage(first: datetime | None, window: timedelta, now: datetime) -> str:
    """Return a note if less than the window, and less than seven days, are measured so far."""
    known = now - first if first else timedelta(0)
    if known >= min(timedelta(days=7), window):
        return ""
    return _("Based on {known} of {window} of data.").format(
        known=format_duration(known), window=format_duration(window)
    )


def format_number(value: int) -> str:
    return formats.number_format(value, 0, use_l10n=True, force_grouping=True)


OUTCOMES = {
    Outcome.GOOD: gettext_lazy("good"),
    Outcome.HTTP_ERROR: gettext_lazy("error status"),
    Outcome.BAD_ANSWER: gettext_lazy("bad answer"),
    Outcome.TIMEOUT: gettext_lazy("timeout"),
    Outcome.UNREACHABLE: gettext_lazy("unreachable"),
    Outcome.TLS_ERROR: gettext_lazy("certificate not trusted"),
    Outcome.REFUSED: gettext_lazy("address blocked"),
    Outcome.MISSING: gettext_lazy("file missing"),
    Outcome.WRONG_FORMAT: gettext_lazy("wrong format"),
    Outcome.DENIED: gettext_lazy("access denied"),
    Outcome.NOT_CONFIGURED: gettext_lazy("location or secret not set"),
    Outcome.WRONG_STATUS: gettext_lazy("unexpected status"),
    Outcome.WRONG_BODY: gettext_lazy("unexpected body"),
    Outcome.TOO_LARGE: gettext_lazy("answer too large"),
    Outcome.QUERY_FAILED: gettext_lazy("query failed"),
    Outcome.LATE: gettext_lazy("no heartbeat in time"),
}
INDICATORS = {
    Indicator.AVAILABILITY: gettext_lazy("Availability"),
    Indicator.LATENCY: gettext_lazy("Latency"),
    Indicator.FRESHNESS: gettext_lazy("Freshness"),
    Indicator.COMPLETENESS: gettext_lazy("Completeness"),
    Indicator.ACCURACY: gettext_lazy("Accuracy"),
    Indicator.VALIDITY: gettext_lazy("Validity"),
    Indicator.UNIQUENESS: gettext_lazy("Uniqueness"),
    Indicator.VOLUME: gettext_lazy("Volume"),
}
