"""Labels of measurements and objectives on a page."""

from __future__ import annotations

from datetime import timedelta

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from governance.slo.models import Objective
from governance.slo.outcomes import Outcome
from governance.slo.wording import OUTCOMES, format_objective, span


def outcome_label(outcome: str) -> str | Promise:
    """Return how a measurement ended; the code itself if it is unknown."""
    return OUTCOMES[Outcome(outcome)] if outcome in set(Outcome) else outcome


def outcome_verdict(outcome: str) -> str:
    """Return the verdict whose shape stands for an outcome."""
    if not outcome:
        return "no_data"
    return "met" if outcome == Outcome.GOOD else "breached"


def objective_label(objective: Objective) -> str:
    return format_objective(objective.promise)


def format_seconds(seconds: int | None) -> str:
    """Return a number of seconds as people say it; "" for None."""
    if seconds is None:
        return ""
    if seconds < 120 and seconds != 60:
        return _("{n} s").format(n=seconds)
    return span(timedelta(seconds=seconds))
