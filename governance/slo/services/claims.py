"""Claims the ports whose slot has come, so that each slot is measured by one worker at most."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypedDict
from uuid import uuid4

from django.db import transaction
from django.db.models import F, Q

from catalog.contracts.models import Server
from governance.slo.models import PROBED_TYPES, ProbeSchedule
from governance.slo.outcomes import SLOW_TO_FAIL
from governance.slo.probe_types import ProbeResult, ProbeTask

# Longer than a batch can take: its deadlines, its writing, and a wait for the database.
LEASE = timedelta(minutes=1)


class ProbeTarget(TypedDict):
    """The server of a port that is probed."""

    type: str
    location: str
    format: str


class ProbeQueue(StrEnum):
    """Healthy ports never wait for those that have lately failed slowly."""

    HEALTHY = "healthy"
    SLOW = "slow"


@transaction.atomic
def claim_due(*, limit: int, queue: ProbeQueue, now: datetime) -> list[ProbeTask]:
    """Claim up to `limit` due ports of a queue; return a task for the latest slot of each.

    The conditional UPDATE is the claim: two workers never get the same port. Missed slots are
    skipped, never made up for. From the slow queue nothing is claimed while an earlier batch of
    it is under way.
    """
    due = ProbeSchedule.objects.due(now)
    if queue == ProbeQueue.SLOW and ProbeSchedule.objects.slow().claimed(now).exists():
        return []
    queued = due.slow() if queue == ProbeQueue.SLOW else due.healthy()
    pks = list(queued.values_list("pk", flat=True)[:limit])
    claimed = _claim(pks, now, Q(next_due_at__lte=now))
    by_delay: dict[timedelta, list[int]] = {}
    for schedule in claimed:
        delay = latest_slot(schedule, now) + schedule.period - schedule.next_due_at
        by_delay.setdefault(delay, []).append(schedule.pk)
    # Most are on time and have the same interval, so this is few statements for hundreds of ports.
    for delay, schedule_pks in by_delay.items():
        rows = ProbeSchedule.objects.filter(pk__in=schedule_pks)
        rows.update(next_due_at=F("next_due_at") + delay)
    return _build_tasks([(schedule, latest_slot(schedule, now)) for schedule in claimed])


@transaction.atomic
def claim_ports(*, port_ids: list[int], now: datetime) -> list[ProbeTask]:
    """Claim these ports whether or not they are due, except those that are claimed already.

    Their slot is now; their schedule does not change.
    """
    schedules = ProbeSchedule.objects.probed().filter(port_id__in=port_ids)
    claimed = _claim(list(schedules.values_list("pk", flat=True)), now)
    return _build_tasks([(schedule, now) for schedule in claimed])


def _claim(pks: list[int], now: datetime, *conditions: Q) -> list[ProbeSchedule]:
    claim = uuid4()
    unclaimed = Q(claimed_until__isnull=True) | Q(claimed_until__lte=now)
    count = ProbeSchedule.objects.filter(unclaimed, *conditions, pk__in=pks).update(
        claim=claim, claimed_until=now + LEASE
    )
    return list(ProbeSchedule.objects.filter(claim=claim).order_by("pk")) if count else []


def release(*, results: Sequence[ProbeResult]) -> None:
    """Release the claims of measured ports, and count their slow failures in a row."""
    slow = {result.port_id for result in results if result.outcome in SLOW_TO_FAIL}
    others = {result.port_id for result in results} - slow
    schedules = ProbeSchedule.objects
    schedules.filter(port_id__in=others).update(claimed_until=None, failures=0)
    schedules.filter(port_id__in=slow).update(claimed_until=None, failures=F("failures") + 1)


def latest_slot(schedule: ProbeSchedule, now: datetime) -> datetime:
    missed = (now - schedule.next_due_at) // schedule.period
    return schedule.next_due_at + missed * schedule.period


def _build_tasks(slots: list[tuple[ProbeSchedule, datetime]]) -> list[ProbeTask]:
    targets = probe_targets([schedule.port_id for schedule, _ in slots])
    return [
        ProbeTask(
            port_id=schedule.port_id,
            slot=slot,
            interval=schedule.interval,
            **targets[schedule.port_id],
        )
        for schedule, slot in slots
        if schedule.port_id in targets
    ]


def probe_targets(port_ids: list[int]) -> dict[int, ProbeTarget]:
    """Return the server to probe for each port: the first of its contract that can be probed."""
    servers = Server.objects.annotate(port_id=F("contract__port_contracts__port_id"))
    rows = servers.filter(port_id__in=port_ids, type__in=PROBED_TYPES).order_by("-position", "-pk")
    return {
        port_id: ProbeTarget(type=server_type, location=location, format=file_format)
        for port_id, server_type, location, file_format in rows.values_list(
            "port_id", "type", "location", "format"
        )
    }
