"""Measures many ports at once: HTTP servers by the HTTP client, files in their folders."""

from collections.abc import Callable, Sequence
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from catalog.domains.folders import Folders, folders_of
from catalog.ports.http_client import fetch_many
from catalog.ports.http_types import Fetched, Response, Timings
from catalog.ports.models import OutputPort
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
    folders = _folders([task.port_id for task in tasks if task.type != "api"])
    for index, task in enumerate(tasks):
        if task.type != "api":
            readable = folders[task.port_id]
            add_result(
                index, *file.probe_file(task.location, task.format, root=root, folders=readable)
            )

    def add_fetched(position: int, fetched: Fetched) -> None:
        status = fetched.status if isinstance(fetched, Response) else None
        add_result(http_indexes[position], http.outcome_of(fetched), fetched.phases, status)

    fetch_many([http.build_request(tasks[index]) for index in http_indexes], on_result=add_fetched)
    return [results[index] for index in range(len(tasks))]


def _folders(port_ids: list[int]) -> dict[int, Folders]:
    """Return the folders whose files a port may name now, by port."""
    if not port_ids:
        return {}
    domains = dict(
        OutputPort.objects.filter(pk__in=port_ids).values_list("pk", "product__domain_id")
    )
    folders = folders_of(set(domains.values()))
    return {pk: folders[domains[pk]] if pk in domains else frozenset() for pk in port_ids}
