"""Records values of data quality indicators, measured by a check run or reported from outside."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from catalog.ports.models import OutputPort
from governance.slo.evaluation import ValueSource
from governance.slo.models import IndicatorValue, Objective
from governance.slo.planned_maintenance import is_in_maintenance, planned_downtimes
from governance.slo.services.evaluation import evaluate
from governance.slo.services.product_status import publish_status


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedValue:
    """One value of one indicator of a port: a share, of freshness seconds, of volume rows.

    `slot` is when the run was due, or the time that a report gives; `rows` how many were tested.
    """

    port_id: int
    indicator: str
    slot: datetime
    value: float
    rows: int | None = None
    source: str = ValueSource.MEASURED
    run_id: UUID | None = None


@transaction.atomic
def record_values(*, values: Sequence[RecordedValue], now: datetime) -> int:
    """Record values and evaluate the objectives on them; return how many were new.

    A value of a slot that has one already changes nothing, so values may be recorded twice. Ports
    that were deleted meanwhile are skipped. Runs inside the caller's transaction, if there is one.
    """
    port_ids = {value.port_id for value in values}
    products = dict(OutputPort.objects.filter(pk__in=port_ids).values_list("pk", "product_id"))
    slots = {value.slot for value in values}
    recorded = IndicatorValue.objects.filter(port_id__in=products, slot__in=slots)
    known = set(recorded.values_list("port_id", "indicator", "source", "slot"))
    new: dict[tuple[int, str, str, datetime], RecordedValue] = {}
    for value in values:
        key = (value.port_id, value.indicator, value.source, value.slot)
        if value.port_id in products and key not in known:
            new.setdefault(key, value)
    if not new:
        return 0
    downtimes = planned_downtimes(products, min(slots), max(slots) + timedelta(seconds=1))
    IndicatorValue.objects.bulk_create(
        [
            IndicatorValue(
                port_id=value.port_id,
                indicator=value.indicator,
                slot=value.slot,
                value=value.value,
                rows=value.rows,
                source=value.source,
                run_id=value.run_id,
                in_maintenance=is_in_maintenance(value.slot, downtimes.get(value.port_id, ())),
            )
            for value in new.values()
        ],
        # Another worker may have written the same slot since our read.
        ignore_conflicts=True,
    )
    objectives = Objective.objects.covering_ports({port_id for port_id, *_ in new})
    indicators = {value.indicator for value in new.values()}
    assessed = list(objectives.filter(indicator__in=indicators))
    publish_status(product_ids=evaluate(objectives=assessed, now=now))
    return len(new)
