"""Measures many ports at once, each in its way: by HTTP, S3, SQL, file or heartbeat."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from django.conf import settings
from django.db.models import F
from django.utils import timezone

from catalog.contracts.models import Server
from catalog.domains.folders import Folders, folders_of
from catalog.ports.http_client import fetch_many
from catalog.ports.http_types import Fetched, Request, Response, Timings
from catalog.ports.models import OutputPort
from governance.slo.outcomes import Outcome
from governance.slo.probe_types import HEARTBEAT, SQL, ProbeResult, ProbeTask
from governance.slo.probes import file, http
from governance.slo.probes.heartbeat import check_heartbeats
from governance.slo.probes.s3 import S3Probe, start_probe
from governance.slo.probes.sql import run_queries

OnResult = Callable[[ProbeResult], None]
Servers = Mapping[tuple[int, str], Server]
Indexed = Mapping[int, ProbeTask]


class AddResult(Protocol):
    """Adds the result of the task at an index."""

    def __call__(
        self, index: int, outcome: Outcome, timings: Timings, status_code: int | None = None
    ) -> None: ...


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

    by_kind: dict[str, dict[int, ProbeTask]] = defaultdict(dict)
    for index, task in enumerate(tasks):
        by_kind[task.kind if task.kind in KINDS else "local"][index] = task
    _measure_files(by_kind["local"], add_result)
    heartbeats = by_kind[HEARTBEAT]
    outcomes = check_heartbeats(list(heartbeats.values()))
    for index, outcome in zip(heartbeats, outcomes, strict=True):
        add_result(index, outcome, Timings())
    _fetch_all(by_kind["api"], by_kind["s3"], add_result)
    queries = by_kind[SQL]
    answers = run_queries(list(queries.values()), _servers(queries.values()))
    for index, (outcome, timings) in zip(queries, answers, strict=True):
        add_result(index, outcome, timings)
    return [results[index] for index in range(len(tasks))]


KINDS = ("api", "s3", HEARTBEAT, SQL)


def _fetch_all(apis: Indexed, buckets: Indexed, add_result: AddResult) -> None:
    """Measure what is called by HTTP: all at once, some in several requests."""
    probes: dict[int, S3Probe] = {}
    requests: dict[int, Request] = {}
    with_secrets = [task for task in apis.values() if task.probe.get("headers")]
    servers = _servers([*with_secrets, *buckets.values()])
    for index, task in apis.items():
        request = http.build_request(task, servers.get((task.port_id, task.location)))
        if isinstance(request, Outcome):
            add_result(index, request, Timings())
        else:
            requests[index] = request
    for index, task in buckets.items():
        probe = start_probe(servers.get((task.port_id, task.location)), task.format)
        if isinstance(probe, Outcome):
            add_result(index, probe, Timings())
        else:
            probes[index], requests[index] = probe, probe.first_request(task.deadline)
    tasks, spent = {**apis, **buckets}, dict.fromkeys(requests, 0.0)
    while requests:
        requests = _fetch_round(requests, tasks, probes, spent, add_result)


def _fetch_round(
    requests: Mapping[int, Request],
    tasks: Indexed,
    probes: Mapping[int, S3Probe],
    spent: dict[int, float],
    add_result: AddResult,
) -> dict[int, Request]:
    """Make requests at once and add the results; return those that some answers lead to."""
    indexes, following = list(requests), dict[int, Request]()

    def add_fetched(position: int, fetched: Fetched) -> None:
        index = indexes[position]
        spent[index] += fetched.phases.total
        task, probe = tasks[index], probes.get(index)
        left = task.deadline - spent[index]
        if probe and (request := probe.next_request(fetched, left)):
            following[index] = request
            return
        outcome = probe.outcome(fetched) if probe else http.outcome_of(fetched, task.probe)
        status = fetched.status if isinstance(fetched, Response) else None
        add_result(index, outcome, replace(fetched.phases, total=spent[index]), status)

    fetch_many([requests[index] for index in indexes], on_result=add_fetched)
    return following


def _measure_files(files: Indexed, add_result: AddResult) -> None:
    root = Path(settings.ASSAY_FILES_ROOT)
    folders = _folders([task.port_id for task in files.values()])
    for index, task in files.items():
        readable = folders[task.port_id]
        add_result(index, *file.probe_file(task.location, task.format, root=root, folders=readable))


def _servers(tasks: Iterable[ProbeTask]) -> Servers:
    """Return the servers of tasks, by port and location, with what their contracts say."""
    port_ids = [task.port_id for task in tasks]
    if not port_ids:
        return {}
    servers = Server.objects.filter(is_probed=True, contract__port_contracts__port__in=port_ids)
    rows = servers.annotate(port_id=F("contract__port_contracts__port")).order_by("-position")
    related = rows.select_related("contract__product__domain")
    return {(row.port_id, row.location): row for row in related}


def _folders(port_ids: list[int]) -> dict[int, Folders]:
    """Return the folders whose files a port may name now, by port."""
    if not port_ids:
        return {}
    domains = dict(
        OutputPort.objects.filter(pk__in=port_ids).values_list("pk", "product__domain_id")
    )
    folders = folders_of(set(domains.values()))
    return {pk: folders[domains[pk]] if pk in domains else frozenset() for pk in port_ids}
