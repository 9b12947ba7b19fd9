"""Probes a batch of ports and records the results; no transaction is open during the probes."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from django.utils import timezone

from governance.slo.models import ProbeSchedule
from governance.slo.outcomes import Outcome
from governance.slo.probe_types import SQL, ProbeResult, ProbeTask
from governance.slo.probes.measuring import OnResult, measure
from governance.slo.services.claims import claim_ports, hand_over
from governance.slo.services.objectives import schedule_missing_ports
from governance.slo.services.poller import count_probes
from governance.slo.services.recording import record_measurements

# Results per transaction, so that on SQLite nobody waits long for the one writer.
RESULTS_PER_TRANSACTION = 400
PORTS_PER_ROUND = 400


def probe(*, tasks: Sequence[ProbeTask], on_result: OnResult | None = None) -> list[ProbeResult]:
    """Measure claimed ports and record the results; return them, recorded before or not.

    A task whose slot has passed (a message delivered again, a worker that slept) is dropped: a
    measurement is never recorded under a slot of another time. A port that had to answer sooner
    than its own deadline, and did not, is handed over instead of recorded.
    """
    current = drop_late(tasks, timezone.now())
    # A query starts a process, so it never runs among the healthy.
    queries = {t.port_id for t in current if t.kind == SQL and t.deadline < t.full_deadline}
    hand_over(port_ids=queries)
    current = [task for task in current if task.port_id not in queries]
    results: list[ProbeResult] = []
    handed_over: list[ProbeResult] = []
    for task, result in zip(current, measure(current, on_result=on_result), strict=True):
        is_cut_short = task.deadline < task.full_deadline and result.outcome == Outcome.TIMEOUT
        (handed_over if is_cut_short else results).append(result)
    hand_over(port_ids=[result.port_id for result in handed_over])
    for start in range(0, len(results), RESULTS_PER_TRANSACTION):
        batch = results[start : start + RESULTS_PER_TRANSACTION]
        record_measurements(results=batch, now=timezone.now())
        count_probes(batch)
    return results


def probe_ports(
    *, port_ids: Collection[int] | None = None, on_result: OnResult | None = None
) -> list[ProbeResult]:
    """Measure ports now, due or not, in the foreground; all of them if none are named.

    Needs neither broker nor worker. Skips ports that another worker has claimed, and ports
    without a server that can be probed.
    """
    schedule_missing_ports()
    schedules = ProbeSchedule.objects.probed()
    if port_ids is not None:
        schedules = schedules.filter(port_id__in=port_ids)
    probed = list(schedules.values_list("port_id", flat=True))
    results: list[ProbeResult] = []
    for start in range(0, len(probed), PORTS_PER_ROUND):
        tasks = claim_ports(port_ids=probed[start : start + PORTS_PER_ROUND], now=timezone.now())
        results += probe(tasks=tasks, on_result=on_result)
    return results


def drop_late(tasks: Sequence[ProbeTask], now: datetime) -> list[ProbeTask]:
    """Return the tasks whose slot is less than an interval old."""
    return [task for task in tasks if now - task.slot < timedelta(seconds=task.interval)]
