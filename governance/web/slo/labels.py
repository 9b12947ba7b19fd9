"""Labels of measurements and objectives on a page."""

from django.utils.functional import Promise

from governance.slo import wording
from governance.slo.models import Objective
from governance.slo.outcomes import Outcome


def outcome_label(outcome: str) -> str | Promise:
    """Return the label of an outcome; the code itself if it is unknown."""
    return wording.OUTCOMES[Outcome(outcome)] if outcome in set(Outcome) else outcome


def outcome_verdict(outcome: str) -> str:
    """Return the verdict whose icon an outcome is shown with."""
    if not outcome:
        return "no_data"
    return "met" if outcome == Outcome.GOOD else "breached"


def objective_label(objective: Objective) -> str:
    return wording.format_objective(objective.spec)


def format_seconds(seconds: int | None) -> str:
    return "" if seconds is None else wording.format_seconds(seconds)
