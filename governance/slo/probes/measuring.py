"""Measures many ports at once: HTTP and S3 servers by the HTTP client, files in their folders."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from django.conf import settings
from django.db.models import F
from django.utils import timezone

from catalog.contracts.models import Server
from catalog.domains.folders import Folders, folders_of
from catalog.ports.http_client import fetch_many
from catalog.ports.http_types import Fetched, Request, Response, Timings
from catalog.ports.models import OutputPort
from governance.slo.outcomes import Outcome
from governance.slo.probe_types import ProbeResult, ProbeTask
from governance.slo.probes import file, http
from governance.slo.probes.s3 import S3Probe, start_probe

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

    _measure_files(tasks, add_result)
    probes: dict[int, S3Probe] = {}
    servers = _s3_servers([task.port_id for task in tasks if task.type == "s3"])
    requests: dict[int, Request] = {}
    for index, task in enumerate(tasks):
        if task.type == "api":
            requests[index] = http.build_request(task)
        elif task.type == "s3":
            probe = start_probe(servers.get((task.port_id, task.location)), task.format)
            if isinstance(probe, Outcome):
                add_result(index, probe, Timings())
                continue
            probes[index] = probe
            requests[index] = probe.first_request(task.deadline)
    spent: dict[int, float] = defaultdict(float)
    while requests:
        requests = _fetch_round(requests, tasks, probes, spent, add_result)
    return [results[index] for index in range(len(tasks))]


def _fetch_round(
    requests: Mapping[int, Request],
    tasks: Sequence[ProbeTask],
    probes: Mapping[int, S3Probe],
    spent: dict[int, float],
    add_result: Callable[[int, Outcome, Timings, int | None], None],
) -> dict[int, Request]:
    """Make requests at once and add the results; return those that some answers lead to."""
    indexes, following = list(requests), dict[int, Request]()

    def add_fetched(position: int, fetched: Fetched) -> None:
        index = indexes[position]
        spent[index] += fetched.phases.total
        probe = probes.get(index)
        left = tasks[index].deadline - spent[index]
        if probe and (request := probe.next_request(fetched, left)):
            following[index] = request
            return
        outcome = probe.outcome(fetched) if probe else http.outcome_of(fetched)
        status = fetched.status if isinstance(fetched, Response) else None
        add_result(index, outcome, replace(fetched.phases, total=spent[index]), status)

    fetch_many([requests[index] for index in indexes], on_result=add_fetched)
    return following


def _measure_files(
    tasks: Sequence[ProbeTask], add_result: Callable[[int, Outcome, Timings], None]
) -> None:
    root = Path(settings.ASSAY_FILES_ROOT)
    files = {index: task for index, task in enumerate(tasks) if task.type not in ("api", "s3")}
    folders = _folders([task.port_id for task in files.values()])
    for index, task in files.items():
        readable = folders[task.port_id]
        add_result(index, *file.probe_file(task.location, task.format, root=root, folders=readable))


def _s3_servers(port_ids: list[int]) -> dict[tuple[int, str], Server]:
    """Return the S3 servers of ports, by port and location, with what their contracts say."""
    if not port_ids:
        return {}
    servers = Server.objects.filter(type="s3", contract__port_contracts__port__in=port_ids)
    rows = servers.annotate(port_id=F("contract__port_contracts__port")).order_by("-position")
    return {(row.port_id, row.location): row for row in rows.select_related("contract")}


def _folders(port_ids: list[int]) -> dict[int, Folders]:
    """Return the folders whose files a port may name now, by port."""
    if not port_ids:
        return {}
    domains = dict(
        OutputPort.objects.filter(pk__in=port_ids).values_list("pk", "product__domain_id")
    )
    folders = folders_of(set(domains.values()))
    return {pk: folders[domains[pk]] if pk in domains else frozenset() for pk in port_ids}
