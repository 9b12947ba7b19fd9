"""Whether the latest checks of a port fail, since when, and how many in a row; pure."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from governance.slo.assessment import CheckRun
from governance.slo.evaluation import Indicator, ObjectiveSpec
from governance.slo.outcomes import Outcome


class Check(NamedTuple):
    """One check of a port: whether it met the objective."""

    port_id: int
    slot: datetime
    is_good: bool


def is_good_check(spec: ObjectiveSpec, outcome: str, seconds: float) -> bool | None:
    """Return whether a measurement met an objective; None if it says nothing about it."""
    if spec.indicator == Indicator.AVAILABILITY:
        return outcome == Outcome.GOOD
    if outcome == Outcome.GOOD:
        return seconds <= (spec.effective_threshold or 0)
    return False if outcome == Outcome.TIMEOUT else None


def continue_runs(known: Iterable[CheckRun], checks: Iterable[Check]) -> Sequence[CheckRun]:
    """Return the run of each port after some further checks, given in order of their slots.

    Checks that are counted in a run already change nothing.
    """
    runs = {run.port_id: run for run in known}
    for port_id, slot, is_good in checks:
        run = runs.get(port_id)
        if run is not None and slot <= run.at:
            continue
        if run is not None and run.is_good == is_good:
            runs[port_id] = replace(run, at=slot, count=run.count + 1)
            continue
        failed_since = run.since if run is not None and is_good else None
        runs[port_id] = CheckRun(
            port_id=port_id,
            is_good=is_good,
            since=slot,
            at=slot,
            count=1,
            failed_since=failed_since,
        )
    return tuple(runs.values())
