"""Governance's background jobs; each calls one service. `BEAT` is their timetable."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TypedDict

from celery import shared_task
from django.utils import timezone

from catalog.types import JSONObject
from governance.inspection.services import read_due_sources
from governance.slo.probe_types import ProbeTask
from governance.slo.services import (
    ProbeQueue,
    claim_due,
    mark_unmeasured,
    probe,
    prune,
    roll_up_days,
    schedule_missing_ports,
)

PORTS_PER_BATCH = {ProbeQueue.HEALTHY: 400, ProbeQueue.SLOW: 400}
BATCHES_PER_TICK = 10
PROBE_TICK = 5
SOURCE_TICK, SOURCES_PER_TICK = 20, 5

# A tick is useless once the next one is due, so each entry expires.
BEAT: dict[str, JSONObject] = {
    "probe due ports": {
        "task": "governance.tasks.schedule_probes",
        "schedule": PROBE_TICK,
        "options": {"expires": PROBE_TICK},
    },
    "mark unmeasured ports": {
        "task": "governance.tasks.mark_unmeasured_ports",
        "schedule": 60,
        "options": {"expires": 60},
    },
    "roll up days": {
        "task": "governance.tasks.roll_up",
        "schedule": 1800,
        "options": {"expires": 1800},
    },
    "read due sources": {
        "task": "governance.tasks.read_sources",
        "schedule": SOURCE_TICK,
        "options": {"expires": SOURCE_TICK},
    },
    "prune measurements": {
        "task": "governance.tasks.prune_measurements",
        "schedule": 6 * 3600,
        "options": {"expires": 3600},
    },
}


class TaskMessage(TypedDict):
    """A ProbeTask as JSON."""

    port_id: int
    slot: str
    type: str
    location: str
    format: str
    interval: int


@shared_task
def schedule_probes() -> int:
    """Claim due ports, healthy ones first, and queue them in batches; return how many ports.

    A lost batch costs its ports one slot; their claims expire.
    """
    claimed = 0
    for queue in (ProbeQueue.HEALTHY, ProbeQueue.SLOW):
        for _ in range(BATCHES_PER_TICK):
            limit = PORTS_PER_BATCH[queue]
            tasks = claim_due(limit=limit, queue=queue, now=timezone.now())
            if not tasks:
                break
            claimed += len(tasks)
            # After its interval a measurement would be dropped anyway.
            expires = min(task.interval for task in tasks)
            probe_batch.apply_async((as_message(tasks),), expires=expires)
    return claimed


@shared_task
def probe_batch(batch: Sequence[TaskMessage]) -> int:
    """Measure a claimed batch; running it twice records nothing twice."""
    return len(probe(tasks=from_message(batch)))


@shared_task
def mark_unmeasured_ports() -> int:
    """Set unmeasured objectives to no data, and give new ports a schedule."""
    schedule_missing_ports()
    return len(mark_unmeasured(now=timezone.now()))


@shared_task
def roll_up() -> int:
    return roll_up_days(now=timezone.now())


@shared_task
def read_sources() -> int:
    """Read the sources of new ports, and all others once a day, a few at a time."""
    return read_due_sources(now=timezone.now(), limit=SOURCES_PER_TICK)


@shared_task
def prune_measurements() -> int:
    return prune(now=timezone.now())


def as_message(tasks: Sequence[ProbeTask]) -> list[TaskMessage]:
    return [
        {
            "port_id": task.port_id,
            "slot": task.slot.isoformat(),
            "type": task.type,
            "location": task.location,
            "format": task.format,
            "interval": task.interval,
        }
        for task in tasks
    ]


def from_message(batch: Sequence[TaskMessage]) -> list[ProbeTask]:
    return [
        ProbeTask(
            port_id=message["port_id"],
            slot=datetime.fromisoformat(message["slot"]),
            type=message["type"],
            location=message["location"],
            format=message["format"],
            interval=message["interval"],
        )
        for message in batch
    ]
