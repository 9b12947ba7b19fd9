"""Measures many ports at once: HTTP servers by the HTTP client, files below their root."""

from collections.abc import Callable, Sequence
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from catalog.ports.http_client import fetch_many
from catalog.ports.http_types import Fetched, Response, Timings
from governance.slo.outcomes import Outcome
from governance.slo.probe_types import ProbeResult, ProbeTask
from governance.slo.probes import file, http

OnResult = Callable[[ProbeResult], None]


def measure(tasks: Sequence[ProbeTask], *, on_result: OnResult | None = None) -> list[ProbeResult]:
    """Return the results in the order of the tasks; call `on_result` with each as it comes.

    A port takes at most its own deadline; nothing is written.
    """
    results: dict[int, ProbeResult] = {}

    def add_result(
        index: int, outcome: Outcome, timings: Timings, status_code: int | None = None
    ) -> None:
        now = timezone.now()
        results[index] = tasks[index].result(outcome, timings, status_code, ended_at=now)
        if on_result is not None:
            on_result(results[index])

    http_indexes = [index for index, task in enumerate(tasks) if task.type == "api"]
    root = Path(settings.ASSAY_FILES_ROOT)
    for index, task in enumerate(tasks):
        if task.type != "api":
            add_result(index, *file.probe_file(task.location, task.format, root=root))

    def add_fetched(position: int, fetched: Fetched) -> None:
        status = fetched.status if isinstance(fetched, Response) else None
        add_result(http_indexes[position], http.outcome_of(fetched), fetched.phases, status)

    fetch_many([http.build_request(tasks[index]) for index in http_indexes], on_result=add_fetched)
    return [results[index] for index in range(len(tasks))]
