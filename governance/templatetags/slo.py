"""Words of measurements on a page."""

from __future__ import annotations

from datetime import timedelta

from django import template
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from governance.slo.models import Objective
from governance.slo.outcomes import Outcome
from governance.slo.wording import OUTCOMES, format_objective, span

register = template.Library()


@register.filter
def outcome_word(outcome: str) -> str | Promise:
    """Return how a measurement ended, in words; of an unknown one its code."""
    return OUTCOMES[Outcome(outcome)] if outcome in set(Outcome) else outcome


@register.filter
def outcome_verdict(outcome: str) -> str:
    """Return the verdict whose shape stands for an outcome."""
    if not outcome:
        return "no_data"
    return "met" if outcome == Outcome.GOOD else "breached"


@register.filter
def promised(objective: Objective) -> str:
    """Return what an objective promises, in words."""
    return format_objective(objective.promise)


@register.filter
def format_seconds(seconds: int | None) -> str:
    """Return a number of seconds as people say it."""
    if seconds is None:
        return ""
    if seconds < 120 and seconds != 60:
        return _("{n} s").format(n=seconds)
    return span(timedelta(seconds=seconds))
