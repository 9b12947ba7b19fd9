"""Governance's background jobs; each calls one service. `BEAT` says when they run."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from celery import shared_task
from django.utils import timezone

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

PORTS_PER_BATCH = {ProbeQueue.SOUND: 400, ProbeQueue.SUSPECT: 400}
BATCHES_PER_TICK = 10
PROBE_TICK = 5
SOURCE_TICK, SOURCES_PER_TICK = 20, 5

# A tick is worth nothing once the next one is there, hence each entry expires.
BEAT: dict[str, dict[str, Any]] = {
    "probe the ports that are due": {
        "task": "governance.tasks.schedule_probes",
        "schedule": PROBE_TICK,
        "options": {"expires": PROBE_TICK},
    },
    "notice ports that nobody measures": {
        "task": "governance.tasks.mark_unmeasured_ports",
        "schedule": 60,
        "options": {"expires": 60},
    },
    "roll up the last days": {
        "task": "governance.tasks.roll_up",
        "schedule": 1800,
        "options": {"expires": 1800},
    },
    "read the sources that are due": {
        "task": "governance.tasks.read_sources",
        "schedule": SOURCE_TICK,
        "options": {"expires": SOURCE_TICK},
    },
    "drop old measurements": {
        "task": "governance.tasks.prune_measurements",
        "schedule": 6 * 3600,
        "options": {"expires": 3600},
    },
}


@shared_task
def schedule_probes() -> int:
    """Claim what is due, sound ports first, and hand it out in batches; returns how many ports.

    A batch that is lost on its way costs its ports one slot; their claims end by themselves.
    """
    claimed = 0
    for lane in (ProbeQueue.SOUND, ProbeQueue.SUSPECT):
        for _ in range(BATCHES_PER_TICK):
            due = claim_due(limit=PORTS_PER_BATCH[lane], lane=lane, now=timezone.now())
            if not due:
                break
            claimed += len(due)
            # Behind its interval a measurement would be dropped anyway.
            probe_batch.apply_async((as_message(due),), expires=min(each.interval for each in due))
    return claimed


@shared_task
def probe_batch(batch: Sequence[dict[str, Any]]) -> int:
    """Measure a claimed batch; running it twice writes nothing twice."""
    return len(probe(due=from_message(batch)))


@shared_task
def mark_unmeasured_ports() -> int:
    """Turn what nobody measures any more to no data, and give new ports their schedule."""
    schedule_missing_ports()
    return len(mark_unmeasured(now=timezone.now()))


@shared_task
def roll_up() -> int:
    """Sum the hours of the last full days into days."""
    return roll_up_days(now=timezone.now())


@shared_task
def read_sources() -> int:
    """Read new ports' sources, and every other once a day, a few at a time."""
    return read_due_sources(now=timezone.now(), limit=SOURCES_PER_TICK)


@shared_task
def prune_measurements() -> int:
    """Drop what is older than it is kept."""
    return prune(now=timezone.now())


def as_message(due: Sequence[ProbeTask]) -> list[dict[str, Any]]:
    """Return a batch as JSON can carry it."""
    return [
        {
            "port_id": each.port_id,
            "slot": each.slot.isoformat(),
            "type": each.type,
            "location": each.location,
            "format": each.format,
            "interval": each.interval,
        }
        for each in due
    ]


def from_message(batch: Sequence[dict[str, Any]]) -> list[ProbeTask]:
    """Read what `as_message` wrote."""
    return [ProbeTask(**{**each, "slot": datetime.fromisoformat(each["slot"])}) for each in batch]
