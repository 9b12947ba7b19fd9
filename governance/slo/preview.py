"""What objectives would say of the recorded history, had they been in force; nothing is written."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Min

from catalog.ports.models import OutputPort
from catalog.products.models import DataProduct
from governance.slo.assessment import Assessment
from governance.slo.declaration import DeclaredObjective
from governance.slo.models import IndicatorValue, Objective, ObjectiveStatus, Period, RollUp
from governance.slo.services.objectives import objective_columns
from governance.slo.standards import AppliedObjective
from governance.slo.stats import HOUR
from governance.slo.window_reader import WindowReader

# What is kept of single hours and days suffices for the longest window.
HISTORY = timedelta(days=100)


@dataclass(frozen=True, kw_only=True)
class PreviewResult:
    """An objective of a product, and what it would say at this moment; None of a new port."""

    product: DataProduct
    declared: DeclaredObjective
    assessment: Assessment | None


def preview_objectives(
    products: Iterable[DataProduct], declared: Sequence[DeclaredObjective], now: datetime
) -> list[PreviewResult]:
    """Return what each objective would say of each product; of a working copy its published ports.

    It counts from the first recorded check of its ports on.
    """
    published = [product.working_copy_of or product for product in products]
    ports: Mapping[int, list[OutputPort]] = defaultdict(list)
    for port in OutputPort.objects.filter(product__in=published):
        ports[port.product_id].append(port)
    starts = _first_records([port.pk for own in ports.values() for port in own], now)
    rows: list[tuple[DataProduct, DeclaredObjective, Objective]] = []
    for product in published:
        own = ports.get(product.pk, [])
        since = min((starts[port.pk] for port in own if port.pk in starts), default=now)
        for item in declared:
            columns = objective_columns(AppliedObjective(declared=item), 0, product, own)
            number = -1 - len(rows)
            objective = Objective(pk=number, effective_since=since, **columns)
            rows.append((product, item, objective))
    objectives = [objective for _, _, objective in rows]
    statuses = {objective.pk: ObjectiveStatus(objective=objective) for objective in objectives}
    reader = WindowReader(objectives, statuses, now)
    return [
        PreviewResult(
            product=product,
            declared=item,
            assessment=_assess(reader, item, objective),
        )
        for product, item, objective in rows
    ]


def _first_records(port_ids: Collection[int], now: datetime) -> dict[int, datetime]:
    """Return when the first check of each port was recorded, within the history."""
    hours = RollUp.objects.filter(
        period=Period.HOUR, port_id__in=port_ids, start__gte=now - HISTORY, start__lt=now + HOUR
    )
    first = dict(hours.values_list("port_id").annotate(first=Min("start")))
    values = IndicatorValue.objects.filter(
        port_id__in=port_ids, slot__gte=now - HISTORY, slot__lte=now
    )
    for port_id, slot in values.values_list("port_id").annotate(first=Min("slot")):
        first[port_id] = min(slot, first.get(port_id, slot))
    return first


def _assess(
    reader: WindowReader, declared: DeclaredObjective, objective: Objective
) -> Assessment | None:
    is_of_new_port = bool(declared.port) and objective.port_id is None
    return None if is_of_new_port else reader.assess(objective)
