"""Governance's background jobs; each calls one service. `BEAT` is their timetable."""

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from uuid import UUID

from celery import shared_task
from django.utils import timezone

from catalog.tasks import hint
from catalog.types import JSONObject
from governance.alerts.services import deliver, prune_alerts, send_synthetic, settle_alerts
from governance.inbox.services import send_due_digests
from governance.inspection.models import SourceSchedule
from governance.inspection.services import (
    claim_sources,
    compare_changed,
    delete_hidden_values,
    read_batch,
    schedule_missing_sources,
)
from governance.policies.services import sweep_products
from governance.quality.models import QualitySchedule
from governance.quality.services import (
    check_batch,
    claim_checks,
    plan_checks,
    prune_runs,
)
from governance.representation.models import RepresentationSchedule
from governance.representation.services import (
    claim_measurements,
    forget_hidden_references,
    measure_batch,
)
from governance.schedules.services import Batch, follow_clock
from governance.slo.probe_types import ProbeTask
from governance.slo.services import (
    ProbeQueue,
    apply_all_standards,
    claim_due,
    mark_unmeasured,
    probe,
    prune,
    roll_up_days,
    schedule_missing_ports,
)

PORTS_PER_BATCH = {ProbeQueue.HEALTHY: 400, ProbeQueue.SLOW: 400}
BATCHES_PER_TICK = 10
# Slow work has processes of its own: healthy ports never wait for it.
QUEUES = {ProbeQueue.HEALTHY: "probes", ProbeQueue.SLOW: "slow_probes"}
TASK_FIELDS = tuple(field.name for field in fields(ProbeTask))
PROBE_TICK = 5
SOURCE_TICK = 10
MEASURING_TICK = 15
DELIVERY_TICK = 10
POLICY_TICK = 10
POLICY_SECONDS = 8


def entry(task: str, *, every: int, expires: int | None = None) -> JSONObject:
    """Return an entry of the timetable; it expires when the next is due, which makes it useless."""
    options = {"expires": expires or every}
    return {"task": f"governance.tasks.{task}", "schedule": every, "options": options}


BEAT: dict[str, JSONObject] = {
    "probe due ports": entry("schedule_probes", every=PROBE_TICK),
    "mark unmeasured ports": entry("mark_unmeasured_ports", every=60),
    "roll up days": entry("roll_up", every=1800),
    "read due sources": entry("schedule_sources", every=SOURCE_TICK),
    "delete hidden values": entry("delete_values", every=300),
    "compare contracts": entry("compare_contracts", every=300),
    "measure due representation": entry("schedule_representation", every=MEASURING_TICK),
    "run due checks": entry("schedule_checks", every=MEASURING_TICK),
    "plan checks": entry("plan_quality_checks", every=300),
    "prune quality runs": entry("prune_quality_runs", every=6 * 3600, expires=3600),
    "forget hidden references": entry("forget_references", every=300),
    "apply objective standards": entry("apply_standards", every=900),
    "deliver alerts": entry("deliver_alerts", every=DELIVERY_TICK),
    "evaluate policies": entry("evaluate_policies", every=POLICY_TICK),
    "settle alerts": entry("settle", every=60),
    "prune alerts": entry("prune_old_alerts", every=6 * 3600, expires=3600),
    "send digests": entry("send_digests", every=600),
    "prune measurements": entry("prune_measurements", every=6 * 3600, expires=3600),
}


@shared_task
def schedule_probes() -> int:
    """Claim due ports, healthy ones first, and queue them in batches; return how many ports.

    A lost batch costs its ports one slot; their claims expire.
    """
    claimed = 0
    follow_clock(now=timezone.now())
    for queue in (ProbeQueue.HEALTHY, ProbeQueue.SLOW):
        for _ in range(BATCHES_PER_TICK):
            limit = PORTS_PER_BATCH[queue]
            tasks = claim_due(limit=limit, queue=queue, now=timezone.now())
            if not tasks:
                break
            claimed += len(tasks)
            # After its interval a measurement would be dropped anyway.
            expires = min(task.interval for task in tasks)
            message = (as_message(tasks),)
            probe_batch.apply_async(message, expires=expires, queue=QUEUES[queue])
    return claimed


@shared_task
def probe_new_ports() -> int:
    """Give new ports a schedule, and probe all that are due."""
    schedule_missing_ports()
    return schedule_probes()


@shared_task
def probe_batch(batch: Sequence[JSONObject]) -> int:
    """Measure a claimed batch; running it twice records nothing twice."""
    return len(probe(tasks=from_message(batch)))


@shared_task
def evaluate_policies() -> int:
    return sweep_products(now=timezone.now(), seconds=POLICY_SECONDS)


@shared_task
def mark_unmeasured_ports() -> int:
    """Set unmeasured objectives to no data, and give new ports a schedule."""
    follow_clock(now=timezone.now())
    schedule_missing_ports()
    return len(mark_unmeasured(now=timezone.now()))


@shared_task
def roll_up() -> int:
    return roll_up_days(now=timezone.now())


@shared_task
def schedule_sources() -> int:
    """Claim due sources, those of new ports too, and queue them by domain; return how many."""
    follow_clock(now=timezone.now())
    schedule_missing_sources()
    batches = claim_sources(now=timezone.now())
    expires = SourceSchedule.CLAIM_DURATION.total_seconds()
    for batch in batches:
        message = (str(batch.claim), list(batch.port_ids))
        read_sources.apply_async(message, expires=expires, queue="sources")
    return sum(len(batch.port_ids) for batch in batches)


@shared_task
def read_sources(claim: str, port_ids: Sequence[int]) -> int:
    return read_batch(Batch(UUID(claim), port_ids))


@shared_task
def delete_values() -> int:
    """Delete values of sources that may no longer be shown, where a commit's hint was lost."""
    return delete_hidden_values()


@shared_task
def compare_contracts() -> int:
    """Compare sources with contracts that changed since, where a commit's hint was lost."""
    return compare_changed()


@shared_task
def schedule_representation() -> int:
    """Claim a few ports whose groups are due, and queue them; return how many."""
    follow_clock(now=timezone.now())
    batch = claim_measurements(now=timezone.now())
    if batch is None:
        return 0
    message = (str(batch.claim), list(batch.port_ids))
    expires = RepresentationSchedule.CLAIM_DURATION.total_seconds()
    measure_representation.apply_async(message, expires=expires, queue="sources")
    return len(batch.port_ids)


@shared_task
def measure_representation(claim: str, port_ids: Sequence[int]) -> int:
    return measure_batch(Batch(UUID(claim), port_ids))


@shared_task
def schedule_checks() -> int:
    """Claim a few ports whose quality checks are due, and queue them; return how many."""
    follow_clock(now=timezone.now())
    batch = claim_checks(now=timezone.now())
    if batch is None:
        return 0
    message = (str(batch.claim), list(batch.port_ids))
    expires = QualitySchedule.CLAIM_DURATION.total_seconds()
    run_quality_checks.apply_async(message, expires=expires, queue="sources")
    return len(batch.port_ids)


@shared_task
def run_quality_checks(claim: str, port_ids: Sequence[int]) -> int:
    return check_batch(Batch(UUID(claim), port_ids))


@shared_task
def plan_quality_checks() -> int:
    """Read the rules of contracts that changed, where a commit's hint was lost."""
    return plan_checks()


@shared_task
def prune_quality_runs() -> int:
    return prune_runs(now=timezone.now())


@shared_task
def forget_references() -> int:
    """Clear references that not all readers may see now, where a commit's hint was lost."""
    return forget_hidden_references()


@shared_task
def apply_standards() -> int:
    """Apply objective standards to products, where a commit's hint was lost."""
    return apply_all_standards()


@shared_task
def send_digests() -> int:
    return send_due_digests(now=timezone.now())


@shared_task
def prune_measurements() -> int:
    return prune(now=timezone.now())


@shared_task
def deliver_alerts() -> int:
    """Send what is due, also where a commit's hint was lost."""
    return deliver(now=timezone.now())


@shared_task
def settle() -> int:
    send_synthetic(now=timezone.now())
    return settle_alerts(now=timezone.now())


@shared_task
def prune_old_alerts() -> int:
    return prune_alerts(now=timezone.now())


def hint_delivery() -> None:
    """Have an alert delivered now, not at the next tick."""
    hint(deliver_alerts)


def hint_new_source() -> None:
    """Have the source of a new port read and its server probed now, not at the next tick."""
    hint(schedule_sources)
    hint(probe_new_ports)


def hint_representation() -> None:
    """Have a port whose plan was saved measured now, not at the next tick."""
    hint(schedule_representation)


def as_message(tasks: Sequence[ProbeTask]) -> list[JSONObject]:
    return [
        {name: getattr(task, name) for name in TASK_FIELDS} | {"slot": task.slot.isoformat()}
        for task in tasks
    ]


def from_message(batch: Sequence[JSONObject]) -> list[ProbeTask]:
    return [ProbeTask(**task | {"slot": datetime.fromisoformat(task["slot"])}) for task in batch]
