"""Claims the ports whose slot has come, so that each slot is measured by one worker at most."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypedDict

from django.db import transaction
from django.db.models import F, Q

from catalog.contracts.models import Server
from catalog.types import JSONObject
from governance.schedules.services import claim_rows, skip_to_next_slot
from governance.slo.models import SLOW_AFTER, ProbeSchedule
from governance.slo.outcomes import SLOW_TO_FAIL
from governance.slo.probe_types import HEALTHY_DEADLINE, MAX_DEADLINE, SQL, ProbeResult, ProbeTask

# Ports of one domain that may be under way in the healthy queue: a few batches.
DOMAIN_SHARE = 1200
# Batches of slow ports that are under way at a time: two processes are left for sources. A
# batch may take its whole deadline, in which further ports become due.
SLOW_BATCHES = 3


class ProbeTarget(TypedDict):
    """The server of a port that is probed."""

    type: str
    location: str
    format: str
    probe: JSONObject


class ProbeQueue(StrEnum):
    """Healthy ports never wait for those that have lately been slow."""

    HEALTHY = "healthy"
    SLOW = "slow"


@transaction.atomic
def claim_due(*, limit: int, queue: ProbeQueue, now: datetime) -> list[ProbeTask]:
    """Claim up to `limit` due ports of a queue; return a task for the latest slot of each.

    Domains take turns, so that thousands of ports of one leave the others their slots. From the
    slow queue nothing is claimed while SLOW_BATCHES of it are under way.
    """
    schedules, due = ProbeSchedule.objects, ProbeSchedule.objects.due(now)
    if queue == ProbeQueue.SLOW:
        batches = schedules.slow().claimed(now).order_by().values("claim").distinct()
        if batches.count() >= SLOW_BATCHES:
            return []
        queued, deadline = due.slow(), MAX_DEADLINE
    else:
        busy = schedules.healthy().busy_domains(now, share=DOMAIN_SHARE)
        queued = due.healthy().exclude(port__product__domain__in=busy) if busy else due.healthy()
        deadline = HEALTHY_DEADLINE
    pks = list(queued.in_turns("next_due_at").values_list("pk", flat=True)[:limit])
    claimed = claim_rows(schedules.all(), pks, now, Q(next_due_at__lte=now))
    return _build_tasks(claimed, skip_to_next_slot(claimed, now), max_deadline=deadline)


@transaction.atomic
def claim_ports(*, port_ids: list[int], now: datetime) -> list[ProbeTask]:
    """Claim these ports whether or not they are due, except those that are claimed already.

    Their slot is now; their schedule does not change.
    """
    schedules = ProbeSchedule.objects.probed().filter(port_id__in=port_ids)
    pks = list(schedules.values_list("pk", flat=True))
    claimed = claim_rows(ProbeSchedule.objects.all(), pks, now)
    return _build_tasks(claimed, dict.fromkeys(port_ids, now), max_deadline=MAX_DEADLINE)


def release(*, results: Sequence[ProbeResult]) -> None:
    """Release the claims of measured ports, and count how often in a row they were slow."""
    slow = {result.port_id for result in results if is_slow(result)}
    others = {result.port_id for result in results} - slow
    schedules = ProbeSchedule.objects
    schedules.filter(port_id__in=others).update(claimed_until=None, failures=0)
    schedules.filter(port_id__in=slow).update(claimed_until=None, failures=F("failures") + 1)


def is_slow(result: ProbeResult) -> bool:
    """Return True if a port belongs into the slow queue: a query starts a process."""
    return (
        result.kind == SQL
        or result.outcome in SLOW_TO_FAIL
        or result.timings.total >= HEALTHY_DEADLINE
    )


def hand_over(*, port_ids: Collection[int]) -> None:
    """Return ports that the healthy queue could not wait for; they are due in the slow queue."""
    if not port_ids:
        return
    claimed = ProbeSchedule.objects.filter(port_id__in=port_ids, claimed_until__isnull=False)
    for interval in set(claimed.values_list("interval", flat=True)):
        # Claiming moved them on by one interval.
        due_at = F("next_due_at") - timedelta(seconds=interval)
        of_interval = claimed.filter(interval=interval)
        of_interval.update(next_due_at=due_at, claimed_until=None, failures=SLOW_AFTER)


def _build_tasks(
    claimed: Sequence[ProbeSchedule], slots: Mapping[int, datetime], *, max_deadline: float
) -> list[ProbeTask]:
    targets = probe_targets([schedule.port_id for schedule in claimed])
    return [
        ProbeTask(
            port_id=schedule.port_id,
            slot=slots[schedule.port_id],
            interval=schedule.interval,
            max_deadline=max_deadline,
            **targets[schedule.port_id],
        )
        for schedule in claimed
        if schedule.port_id in targets
    ]


def probe_targets(port_ids: list[int]) -> dict[int, ProbeTarget]:
    """Return the server to probe for each port: the first of its contract that can be probed."""
    servers = Server.objects.annotate(port_id=F("contract__port_contracts__port_id"))
    rows = servers.filter(port_id__in=port_ids, is_probed=True).order_by("-position", "-pk")
    return {
        port_id: ProbeTarget(type=server_type, location=location, format=file_format, probe=probe)
        for port_id, server_type, location, file_format, probe in rows.values_list(
            "port_id", "type", "location", "format", "probe"
        )
    }
