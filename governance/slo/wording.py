"""Objectives and their status as text."""

from datetime import datetime, timedelta

from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from catalog.web.components.humanize import duration, percent
from governance.slo.assessment import Assessment, Reason
from governance.slo.evaluation import Indicator, ObjectiveSpec, WindowKind
from governance.slo.outcomes import Outcome
from governance.slo.verdicts import MIN_RECENT


def format_objective(spec: ObjectiveSpec) -> str:
    """Return an objective as text: '99 % available over 30 days'."""
    window = str(CALENDAR_WINDOWS.get(WindowKind(spec.window_kind)) or "") or format_duration(
        spec.window
    )
    values = {"target": percent(spec.target, 3), "window": window}
    if spec.indicator == Indicator.LATENCY:
        values |= {"threshold": duration(spec.effective_threshold)}
        if spec.is_sliced:
            values |= {"percentile": percent(spec.percentile, 1)}
            return _(
                "{percentile} of answers within {threshold} in {target} of five-minute slices,"
                " over {window}"
            ).format(**values)
        return _("{target} of answers within {threshold}, over {window}").format(**values)
    if spec.indicator == Indicator.AVAILABILITY:
        if spec.is_sliced:
            return _("available in {target} of five-minute slices, over {window}").format(**values)
        return _("{target} available over {window}").format(**values)
    return _("{condition} in {target} of checks, over {window}").format(
        condition=format_condition(spec), **values
    )


def format_condition(spec: ObjectiveSpec) -> str:
    """Return what a value of a data quality indicator must be: 'data at most 6 h old'."""
    threshold = 1.0 if spec.threshold is None else spec.threshold
    if spec.indicator == Indicator.FRESHNESS:
        return _("data at most {time} old").format(time=format_seconds(round(threshold)))
    if spec.indicator == Indicator.VOLUME:
        return _("at least {rows} rows").format(rows=format_number(round(threshold)))
    return _("{indicator} of at least {share}").format(
        indicator=str(INDICATORS[Indicator(spec.indicator)]).lower(), share=percent(threshold, 3)
    )


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


def format_assessment(assessment: Assessment) -> str:
    """Return what is known of an objective: the budget, the latest checks, and how long it lasts.

    "9 of 1,440 checks failed: 63 % of the error budget of 1 day. Failing since 14:02, 9 checks in
    a row. At this rate the budget is gone in 5 h."
    """
    if assessment.reason == Reason.NOT_MEASURED:
        return _("No check has been made in this window.")
    if assessment.reason == Reason.SILENT:
        return _("Not checked recently, so the current state is unknown.")
    collecting = assessment.reason == Reason.LITTLE_EVIDENCE
    sentences = [
        format_evidence(assessment) if collecting else format_budget(assessment),
        format_latest(assessment),
        format_exhaustion(assessment),
    ]
    return " ".join(filter(None, sentences))


def format_evidence(assessment: Assessment) -> str:
    """Return what is known so far, and what a verdict needs."""
    ratio = assessment.ratio
    return _(
        "{good} of {total} checks in {time} were good. A verdict needs {needed_time} and"
        " {needed_checks} checks."
    ).format(
        good=format_number(ratio.good),
        total=format_number(ratio.total),
        time=format_duration(assessment.elapsed),
        needed_time=format_duration(assessment.required_time),
        needed_checks=format_number(assessment.required_checks),
    )


def format_budget(assessment: Assessment) -> str:
    """Return how much of the error budget is consumed, in checks."""
    ratio = assessment.ratio
    if ratio.failed == 0:
        return _("No check failed; the error budget is untouched.")
    allowed = int(assessment.allowed + 1e-9)
    values = {
        "failed": format_number(ratio.failed),
        "total": format_number(ratio.total),
        "allowed": format_number(allowed),
        "expected": format_number(assessment.expected),
        "window": format_duration(assessment.window),
    }
    if assessment.consumed <= 1 + 1e-9:
        return _(
            "{failed} of {total} checks failed: {used} of the error budget of {window}."
        ).format(used=percent(assessment.consumed, 0), **values)
    if not allowed:
        return _(
            "{failed} of {total} checks failed; of the {expected} checks in {window} none may."
        ).format(**values)
    text = _(
        "{failed} of {total} checks failed; of the {expected} checks in {window} only {allowed}"
        " may."
    ).format(**values)
    if assessment.is_over:
        return text
    return " ".join([text, _("The target cannot be met any more in this window.")])


def format_latest(assessment: Assessment) -> str:
    """Return whether the latest checks fail, and since when."""
    failing, recovered_at = assessment.failing, assessment.recovered_at
    if failing:
        return ngettext(
            "The latest check failed, at {time}.",
            "Failing since {time}, {n} checks in a row.",
            failing.count,
        ).format(
            time=format_moment(failing.since, assessment.as_of), n=format_number(failing.count)
        )
    if recovered_at and assessment.ratio.failed:
        time = format_moment(recovered_at, assessment.as_of)
        return _("Recovered at {time}.").format(time=time)
    return ""


def format_exhaustion(assessment: Assessment) -> str:
    """Return how long the rest of the budget lasts at the present rate, or nothing."""
    rest, recent = assessment.time_to_exhaustion, assessment.recent
    if rest is None or recent.total < MIN_RECENT or assessment.remaining == 0:
        return ""
    if not assessment.is_over and rest > assessment.window - assessment.elapsed:
        return ""
    return _("At this rate the budget is gone in {time}.").format(time=format_duration(rest))


def format_moment(moment: datetime, now: datetime | None) -> str:
    """Return the time of a moment of the last day, else its day too; in UTC or the user's zone."""
    local = timezone.localtime(moment)
    is_recent = now is not None and now - moment < timedelta(hours=20)
    return formats.date_format(local, "H:i" if is_recent else "j M H:i")


def format_number(value: int) -> str:
    return formats.number_format(value, 0, use_l10n=True, force_grouping=True)


CALENDAR_WINDOWS = {
    WindowKind.WEEK: gettext_lazy("a calendar week"),
    WindowKind.MONTH: gettext_lazy("a calendar month"),
    WindowKind.QUARTER: gettext_lazy("a calendar quarter"),
}
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
