"""The SQL probe: run a port's SELECT in its database as a consumer would, and time it."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from catalog.contracts.models import Server
from catalog.ports.http_types import Timings
from governance.sandbox.runner import time_query
from governance.sandbox.types import SourceUnreadable
from governance.slo.outcomes import Outcome
from governance.slo.probe_types import ProbeTask

# Each is a process of its own, whose start takes half a second of a processor.
MAX_CONCURRENT = 4
OUTCOMES = {
    "timeout": Outcome.TIMEOUT,
    "too-costly": Outcome.TIMEOUT,
    "unreachable": Outcome.UNREACHABLE,
    "unresolved": Outcome.UNREACHABLE,
    "connection-lost": Outcome.UNREACHABLE,
    "not-understood": Outcome.BAD_ANSWER,
    "login-refused": Outcome.DENIED,
    "no-permission": Outcome.DENIED,
    "no-database": Outcome.DENIED,
    "refused": Outcome.REFUSED,
    "broken-view": Outcome.MISSING,
    **dict.fromkeys(
        ("no-secret", "secret-not-for-this", "no-address", "no-driver", "not-readable-here"),
        Outcome.NOT_CONFIGURED,
    ),
}
Answer = tuple[Outcome, Timings]


def run_queries(
    tasks: Sequence[ProbeTask], servers: Mapping[tuple[int, str], Server]
) -> list[Answer]:
    """Return outcome and times of each task; `servers` are loaded with domain and contract."""

    def run(task: ProbeTask) -> Answer:
        server = servers.get((task.port_id, task.location))
        return _run(task, server) if server else (Outcome.NOT_CONFIGURED, Timings())

    with ThreadPoolExecutor(MAX_CONCURRENT) as pool:
        return list(pool.map(run, tasks))


def _run(task: ProbeTask, server: Server) -> Answer:
    try:
        times = time_query(server, task.probe["query"], seconds=task.deadline)
    except SourceUnreadable as error:
        outcome = OUTCOMES.get(error.code, Outcome.QUERY_FAILED)
        return outcome, Timings(total=task.deadline if outcome == Outcome.TIMEOUT else 0.0)
    timings = Timings(connect=times.connect, first_byte=times.first_row, total=sum(times))
    is_late = timings.total > task.deadline
    return Outcome.TIMEOUT if is_late else Outcome.GOOD, timings
