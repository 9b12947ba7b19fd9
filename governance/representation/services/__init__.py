"""Measures the groups in the data of ports, on demand and on schedule, and keeps the history."""

from governance.representation.services.measuring import measure_port
from governance.representation.services.plans import remove_plan, save_plan, source_tables
from governance.representation.services.references import (
    forget_hidden_references,
    forget_references_of,
    visible_result,
)
from governance.representation.services.runs import (
    last_attempt,
    latest_run,
    plan_of,
    runs_of,
)
from governance.representation.services.schedules import (
    claim_measurements,
    measure_batch,
)

__all__ = [
    "claim_measurements",
    "forget_hidden_references",
    "forget_references_of",
    "last_attempt",
    "latest_run",
    "measure_batch",
    "measure_port",
    "plan_of",
    "remove_plan",
    "runs_of",
    "save_plan",
    "source_tables",
    "visible_result",
]
