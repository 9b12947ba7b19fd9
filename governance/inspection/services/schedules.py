"""Reads the sources of all ports once a day, in fair shares; no source keeps another waiting."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, F, Min, OuterRef

from catalog.audit.actors import SystemActor
from catalog.contracts.models import Server
from catalog.exceptions import CatalogError
from catalog.ports.models import OutputPort
from governance.inspection.models import READABLE, UNREAD_STATUSES, SourceSchedule
from governance.inspection.services.inspecting import inspect_port
from governance.schedules.models import DOMAIN
from governance.schedules.services import claim_rows, skip_to_next_slot, work_through

logger = logging.getLogger(__name__)
SOURCE_READER = SystemActor("source reader")
# A domain has one batch under way at most, so one process is always left for the others.
BATCHES_UNDER_WAY = 2
SOURCES_PER_BATCH = 20
BATCH_SECONDS = 60.0


@dataclass(frozen=True)
class SourceBatch:
    """Claimed sources of one domain, by their ports."""

    claim: UUID
    port_ids: Sequence[int]


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
def claim_sources(*, now: datetime) -> list[SourceBatch]:
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
        pks = list(own.values_list("pk", flat=True)[:SOURCES_PER_BATCH])
        claimed = claim_rows(schedules.all(), pks, now)
        skip_to_next_slot(claimed, now)
        ordered = sorted(claimed, key=lambda schedule: pks.index(schedule.pk))
        if ordered and (claim := ordered[0].claim):
            batches.append(SourceBatch(claim, [schedule.port_id for schedule in ordered]))
    return batches


def read_batch(batch: SourceBatch, *, seconds: float = BATCH_SECONDS) -> int:
    """Read the sources of a batch one after another; return how many were read.

    After `seconds` it begins with no other source: those are due again at once.
    """
    rows = SourceSchedule.objects.all()
    return work_through(rows, batch.claim, batch.port_ids, _read_source, seconds=seconds)


def _read_source(port_id: int) -> None:
    ports = OutputPort.objects.select_related("product__domain", "port_contract__contract")
    is_read = False
    try:
        if (port := ports.filter(pk=port_id).first()) is not None:
            is_read = not inspect_port(port=port, actor=SOURCE_READER).failure
    except CatalogError as error:
        # Its server was removed, say; it is not due until it has one again.
        logger.info("the source of port %d is not read: %s", port_id, error)
    except Exception:
        # Whatever happens to one source, the others are read.
        logger.exception("the source of port %d could not be read", port_id)
    schedule = SourceSchedule.objects.filter(port_id=port_id)
    schedule.update(claimed_until=None, failures=0 if is_read else F("failures") + 1)
