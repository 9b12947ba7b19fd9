"""Governance's background jobs; each calls one service. `BEAT` is their timetable."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

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


def entry(task: str, *, every: int, expires: int | None = None) -> JSONObject:
    """Return an entry of the timetable; it expires when the next is due, which makes it useless."""
    options = {"expires": expires or every}
    return {"task": f"governance.tasks.{task}", "schedule": every, "options": options}


BEAT: dict[str, JSONObject] = {
    "probe due ports": entry("schedule_probes", every=PROBE_TICK),
    "mark unmeasured ports": entry("mark_unmeasured_ports", every=60),
    "roll up days": entry("roll_up", every=1800),
    "read due sources": entry("read_sources", every=SOURCE_TICK),
    "prune measurements": entry("prune_measurements", every=6 * 3600, expires=3600),
}


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
def probe_batch(batch: Sequence[JSONObject]) -> int:
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


def as_message(tasks: Sequence[ProbeTask]) -> list[JSONObject]:
    return [asdict(task) | {"slot": task.slot.isoformat()} for task in tasks]


def from_message(batch: Sequence[JSONObject]) -> list[ProbeTask]:
    return [ProbeTask(**task | {"slot": datetime.fromisoformat(task["slot"])}) for task in batch]
