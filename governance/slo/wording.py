"""What objectives promise and how they stand, in plain words."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from catalog.web.components.humanize import duration, percent
from governance.slo.budget import Ratio, allowed_failures, burn_rate, lasts, spent
from governance.slo.evaluation import (
    LEAST_MEASURED,
    BudgetingMethod,
    Indicator,
    ObjectiveSpec,
    Verdict,
)
from governance.slo.outcomes import Outcome


def format_objective(promise: ObjectiveSpec) -> str:
    """Say what is promised: '99 % available over 30 days'."""
    words = {"target": percent(promise.target, 3), "window": span(promise.window)}
    if promise.indicator == Indicator.LATENCY:
        words |= {"threshold": duration(promise.edge)}
        if promise.budgeting == BudgetingMethod.TIMESLICES:
            words |= {"percentile": percent(promise.percentile, 1)}
            return _(
                "{percentile} of answers within {threshold} in {target} of five minutes,"
                " over {window}"
            ).format(**words)
        return _("{target} of answers within {threshold}, over {window}").format(**words)
    if promise.budgeting == BudgetingMethod.TIMESLICES:
        return _("available in {target} of five minutes, over {window}").format(**words)
    return _("{target} available over {window}").format(**words)


def span(time: timedelta) -> str:
    """Return a stretch of time in its two greatest units at most: '5 h', '2 days 3 h', '12 min'."""
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


def format_status(promise: ObjectiveSpec, score: Ratio, recent: Ratio, verdict: str) -> str:
    """Say how a promise stands, and how long its allowance lasts at the recent rate."""
    if verdict == Verdict.NO_DATA:
        return _without_data(score)
    return f"{_allowance(promise, score)} {_pace(promise, score, recent)}".strip()


def _without_data(score: Ratio) -> str:
    if score.total == 0:
        return _("Nothing has been measured in this window, which is not good news.")
    if score.total < LEAST_MEASURED:
        return _("Too few measurements to judge: {total} so far, {least} are needed.").format(
            total=number(score.total), least=number(LEAST_MEASURED)
        )
    return _("Nothing has been measured lately, so nothing is known of it now.")


def _allowance(promise: ObjectiveSpec, score: Ratio) -> str:
    window = span(promise.window)
    if score.bad == 0:
        return _("Nothing fell short; the whole allowance of {window} is left.").format(
            window=window
        )
    used = spent(score, promise.target)
    if used > 1 + 1e-9:
        return _("{bad} of {total} fell short, where {allowed} may.").format(
            bad=number(score.bad),
            total=number(score.total),
            allowed=number(int(allowed_failures(score.total, promise.target) + 1e-9)),
        )
    return _("{bad} of {total} fell short: {used} of the allowance of {window}.").format(
        bad=number(score.bad), total=number(score.total), used=percent(used, 0), window=window
    )


def _pace(promise: ObjectiveSpec, score: Ratio, recent: Ratio) -> str:
    """Say what the last hours mean, where they tell anything."""
    if recent.total < LEAST_MEASURED:
        return ""
    burn = burn_rate(recent, promise.target)
    if spent(score, promise.target) > 1 + 1e-9:
        if burn <= 1:
            return _("The last hours keep the promise.")
        return _("The last hours go on failing.")
    left = lasts(score, recent, target=promise.target, window=promise.window)
    if left is None:
        return _("The last hours keep the promise.") if score.bad else ""
    if left <= timedelta(minutes=1):
        return _("At the rate of the last hours it is as good as gone.")
    return _("At the rate of the last hours the allowance is gone in {time}.").format(
        time=span(left)
    )


def measured_so_far(first: datetime | None, window: timedelta, now: datetime) -> str:
    """Say that a window is not full yet, where less than seven days (or all of it) are known."""
    known = now - first if first else timedelta(0)
    if known >= min(timedelta(days=7), window):
        return ""
    return _("Only {known} of {window} are measured so far; read it as a beginning.").format(
        known=span(known), window=span(window)
    )


def number(value: int) -> str:
    """Return a whole number in the reader's locale."""
    return formats.number_format(value, 0, use_l10n=True, force_grouping=True)


OUTCOMES = {
    Outcome.GOOD: gettext_lazy("good"),
    Outcome.HTTP_ERROR: gettext_lazy("error status"),
    Outcome.BAD_ANSWER: gettext_lazy("bad answer"),
    Outcome.TIMEOUT: gettext_lazy("no answer in time"),
    Outcome.UNREACHABLE: gettext_lazy("unreachable"),
    Outcome.TLS_ERROR: gettext_lazy("certificate not trusted"),
    Outcome.REFUSED: gettext_lazy("address not allowed"),
    Outcome.MISSING: gettext_lazy("file missing"),
    Outcome.WRONG_FORMAT: gettext_lazy("not the stated format"),
}
INDICATORS = {
    Indicator.AVAILABILITY: gettext_lazy("Availability"),
    Indicator.LATENCY: gettext_lazy("Latency"),
    Indicator.FRESHNESS: gettext_lazy("Freshness"),
    Indicator.COMPLETENESS: gettext_lazy("Completeness"),
    Indicator.ACCURACY: gettext_lazy("Accuracy"),
    Indicator.VALIDITY: gettext_lazy("Validity"),
}
