"""Measures due ports in fair shares: the domains take turns, none keeps another waiting."""

from datetime import datetime

from catalog.audit.actors import SystemActor
from catalog.ports.models import OutputPort
from governance.representation.models import RepresentationSchedule
from governance.representation.services.measuring import measure_port
from governance.schedules.services import Batch, claim_only_batch, work_through

MEASURER = SystemActor("representation")
# One process measures at a time, so that the others read sources and probe slow ports.
PORTS_PER_BATCH = 4
BATCH_SECONDS = 120.0


def claim_measurements(*, now: datetime) -> Batch | None:
    schedules = RepresentationSchedule.objects
    return claim_only_batch(
        rows=schedules.all(), due=schedules.due(now), limit=PORTS_PER_BATCH, now=now
    )


def measure_batch(batch: Batch, *, seconds: float = BATCH_SECONDS) -> int:
    return work_through(RepresentationSchedule.objects.all(), batch, _measure, seconds=seconds)


def _measure(port_id: int) -> bool:
    port = OutputPort.objects.select_related("product__domain").filter(pk=port_id).first()
    return port is not None and measure_port(port=port, actor=MEASURER).is_ok
