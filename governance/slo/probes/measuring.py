"""Measures many ports at once: HTTP places through the one door, files below their root."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from catalog.ports.http_client import fetch_many
from catalog.ports.http_types import Fetched, Response, Timings
from governance.slo.outcomes import Outcome
from governance.slo.probe_types import ProbeResult, ProbeTask
from governance.slo.probes import file, http

Told = Callable[[ProbeResult], None]


def measure(due: Sequence[ProbeTask], *, told: Told | None = None) -> list[ProbeResult]:
    """Return what was seen of each port, in the order of asking; `told` hears each as it comes.

    A port costs at most its own deadline; nothing is written.
    """
    told = told or _nobody
    seen: dict[int, ProbeResult] = {}
    calls = [(index, each) for index, each in enumerate(due) if each.type == "api"]
    for index, each in enumerate(due):
        if each.type != "api":
            seen[index] = _look(each)
            told(seen[index])

    def note(at: int, fetched: Fetched) -> None:
        index, each = calls[at]
        status = fetched.status if isinstance(fetched, Response) else None
        seen[index] = _seen(each, http.outcome_of(fetched), fetched.phases, status)
        told(seen[index])

    fetch_many([http.build_request(each) for _, each in calls], told=note)
    return [seen[index] for index in range(len(due))]


def _look(due: ProbeTask) -> ProbeResult:
    outcome, phases = file.probe_file(
        due.location, due.format, root=Path(settings.ASSAY_FILES_ROOT)
    )
    return _seen(due, outcome, phases)


def _seen(
    due: ProbeTask, outcome: Outcome, phases: Timings, status_code: int | None = None
) -> ProbeResult:
    # A clock that jumps cannot touch the seconds, which are monotonic; nor may a busy machine
    # make a measurement longer than its deadline.
    phases = replace(phases, total=min(phases.total, due.deadline))
    return ProbeResult(
        port_id=due.port_id,
        slot=due.slot,
        at=timezone.now() - timedelta(seconds=phases.total),
        outcome=outcome,
        status_code=status_code,
        phases=phases,
    )


def _nobody(_: ProbeResult) -> None:
    return
