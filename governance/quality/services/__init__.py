"""Runs the checks of ports, on demand and on schedule, and keeps what they said."""

from governance.quality.services.proposals import add_proposed_rule, proposals_of
from governance.quality.services.publication import rule_issues
from governance.quality.services.reading import (
    latest_reported,
    latest_run,
    port_quality,
    results_of,
    rules_of,
    runs_of,
    scores_in,
)
from governance.quality.services.running import run_port_checks
from governance.quality.services.schedules import (
    check_batch,
    claim_checks,
    plan_checks,
    plan_checks_of,
    prune_runs,
    set_interval,
)
from governance.quality.services.states import publish_quality

__all__ = [
    "add_proposed_rule",
    "check_batch",
    "claim_checks",
    "latest_reported",
    "latest_run",
    "plan_checks",
    "plan_checks_of",
    "port_quality",
    "proposals_of",
    "prune_runs",
    "publish_quality",
    "results_of",
    "rule_issues",
    "rules_of",
    "run_port_checks",
    "runs_of",
    "scores_in",
    "set_interval",
]
