"""Reads the sources of all ports once a day, in fair shares; no source keeps another waiting."""

from datetime import datetime

from django.db import transaction
from django.db.models import Exists, Min, OuterRef

from catalog.audit.actors import SystemActor
from catalog.contracts.models import Server
from catalog.ports.models import OutputPort
from governance.inspection.models import READABLE, UNREAD_STATUSES, SourceSchedule
from governance.inspection.services.inspecting import inspect_port
from governance.schedules.models import DOMAIN
from governance.schedules.services import Batch, claim_batch, work_through

SOURCE_READER = SystemActor("source reader")
# A domain has one batch under way at most, so one process is always left for the others.
BATCHES_UNDER_WAY = 2
SOURCES_PER_BATCH = 20
BATCH_SECONDS = 60.0


def schedule_missing_sources() -> int:
    """Give each port with a readable server a schedule; a new one is due at once."""
    servers = Server.objects.filter(
        contract__port_contracts__port=OuterRef("pk"), type__in=READABLE
    )
    missing = OutputPort.objects.filter(Exists(servers), source_schedule__isnull=True)
    ports = missing.exclude(product__status__in=UNREAD_STATUSES)
    rows = [SourceSchedule(port=port) for port in ports.only("pk")]
    return len(SourceSchedule.objects.bulk_create(rows, ignore_conflicts=True))


@transaction.atomic
def claim_sources(*, now: datetime) -> list[Batch]:
    """Claim due sources as far as a process is free; domains without a failing one come first."""
    schedules, due = SourceSchedule.objects, SourceSchedule.objects.due(now)
    busy = schedules.busy_domains(now, share=1)
    waiting = due.exclude(port__product__domain__in=busy) if busy else due
    failing = set(schedules.failing().values_list(DOMAIN, flat=True))
    by_age = waiting.order_by().values_list(DOMAIN).annotate(first=Min("next_due_at"))
    domains = sorted(by_age, key=lambda row: (row[0] in failing, row[1]))
    batches = []
    for domain, _ in domains[: max(0, BATCHES_UNDER_WAY - len(busy))]:
        own = due.filter(port__product__domain=domain).order_by("failures", "next_due_at", "pk")
        batch = claim_batch(rows=schedules.all(), due=own, limit=SOURCES_PER_BATCH, now=now)
        if batch is not None:
            batches.append(batch)
    return batches


def read_batch(batch: Batch, *, seconds: float = BATCH_SECONDS) -> int:
    return work_through(SourceSchedule.objects.all(), batch, _read_source, seconds=seconds)


def _read_source(port_id: int) -> bool:
    ports = OutputPort.objects.select_related("product__domain", "port_contract__contract")
    port = ports.filter(pk=port_id).first()
    return port is not None and not inspect_port(port=port, actor=SOURCE_READER).failure
