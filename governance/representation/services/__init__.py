"""Measures the groups in the data of ports, on demand and on schedule, and keeps the history."""

from governance.representation.services.runs import (
    last_attempt,
    latest_run,
    plan_of,
    runs_of,
    visible_result,
)

__all__ = ["last_attempt", "latest_run", "plan_of", "runs_of", "visible_result"]
