"""Measures due ports in fair shares: the domains take turns, none keeps another waiting."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F

from catalog.audit.actors import SystemActor
from catalog.exceptions import CatalogError
from catalog.ports.models import OutputPort
from governance.representation.models import RepresentationSchedule
from governance.representation.services.measuring import measure_port
from governance.schedules.services import claim_rows, skip_to_next_slot, work_through

logger = logging.getLogger(__name__)
MEASURER = SystemActor("representation")
# One process measures at a time, so that the others read sources and probe slow ports.
BATCHES_UNDER_WAY = 1
PORTS_PER_BATCH = 4
BATCH_SECONDS = 120.0


@dataclass(frozen=True)
class MeasurementBatch:
    """Claimed ports, which are measured one after another."""

    claim: UUID
    port_ids: Sequence[int]


@transaction.atomic
def claim_measurements(*, now: datetime) -> MeasurementBatch | None:
    """Claim a few due ports of different domains, those without a failure first.

    None while a batch is under way, or if nothing is due.
    """
    schedules = RepresentationSchedule.objects
    if schedules.all().claimed(now).exists():
        return None
    turns = schedules.due(now).in_turns("failures", "next_due_at")
    pks = list(turns.values_list("pk", flat=True)[:PORTS_PER_BATCH])
    claimed = claim_rows(schedules.all(), pks, now)
    skip_to_next_slot(claimed, now)
    if not claimed or (claim := claimed[0].claim) is None:
        return None
    ordered = sorted(claimed, key=lambda schedule: pks.index(schedule.pk))
    return MeasurementBatch(claim, [schedule.port_id for schedule in ordered])


def measure_batch(batch: MeasurementBatch, *, seconds: float = BATCH_SECONDS) -> int:
    """Measure the ports of a batch; return how many.

    After `seconds` it begins with no other port: those are due again at once.
    """
    rows = RepresentationSchedule.objects.all()
    return work_through(rows, batch.claim, batch.port_ids, _measure, seconds=seconds)


def _measure(port_id: int) -> None:
    is_good = False
    try:
        port = OutputPort.objects.select_related("product__domain").filter(pk=port_id).first()
        if port is not None:
            is_good = measure_port(port=port, actor=MEASURER).is_ok
    except CatalogError as error:
        # Its plan or its port was removed meanwhile.
        logger.info("port %d is not measured: %s", port_id, error)
    except Exception:
        # Whatever happens to one port, the others are measured.
        logger.exception("port %d could not be measured", port_id)
    schedule = RepresentationSchedule.objects.filter(port=port_id)
    schedule.update(claimed_until=None, failures=0 if is_good else F("failures") + 1)
