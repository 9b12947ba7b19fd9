"""Projects the objectives and schedules of a product's document, in the transaction of the edit."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from catalog.ports.models import OutputPort
from catalog.products.models import DataProduct
from governance.slo.declaration import DeclaredObjective
from governance.slo.evaluation import SPEC_FIELDS
from governance.slo.models import DEFAULT_INTERVAL, Objective, ObjectiveStatus, ProbeSchedule
from governance.slo.services.evaluation import evaluate
from governance.slo.services.product_status import publish_status

# A fraction of the golden ratio spreads ports that were registered together over an interval.
SPREAD = 0.6180339887


def project_objectives(
    product: DataProduct, declared: list[DeclaredObjective], *, is_new: bool
) -> None:
    """Update a product's schedules and objectives from its document; of a working copy schedules.

    An objective whose numbers change stays the same objective and keeps its breaches; its
    measurements are evaluated again by the new numbers after the commit.
    """
    if is_new and not declared and not product.tree.get("outputPorts"):
        return  # The status of a new product is no data already.
    ports = list(OutputPort.objects.filter(product=product))
    schedule_ports(ports)
    if product.is_working_copy:
        return
    _save_objectives(product, declared, ports)

    def reevaluate() -> None:
        now = timezone.now()
        evaluate(objectives=list(Objective.objects.of_products([product.pk])), now=now)
        publish_status(product_ids=[], changed=[product.pk], now=now)

    transaction.on_commit(reevaluate, robust=True)


def schedule_ports(ports: list[OutputPort]) -> None:
    """Give each port a schedule; a new one is due at once, the others keep their slots."""
    schedules = ProbeSchedule.objects.in_bulk([port.pk for port in ports], field_name="port_id")
    created, changed = [], []
    for port in ports:
        interval = port.interval or DEFAULT_INTERVAL
        schedule = schedules.get(port.pk)
        if schedule is None:
            # It is due at once; its later slots differ from those of other ports.
            early = timedelta(seconds=interval * (port.pk * SPREAD % 1))
            due_at = timezone.now() - early
            created.append(ProbeSchedule(port=port, interval=interval, next_due_at=due_at))
        elif schedule.interval != interval:
            schedule.interval = interval
            changed.append(schedule)
    ProbeSchedule.objects.bulk_create(created, ignore_conflicts=True)
    ProbeSchedule.objects.bulk_update(changed, ["interval"])


def schedule_missing_ports() -> int:
    ports = list(OutputPort.objects.filter(probe_schedule__isnull=True))
    schedule_ports(ports)
    return len(ports)


def _save_objectives(
    product: DataProduct, declared: list[DeclaredObjective], ports: list[OutputPort]
) -> None:
    current: dict[tuple[int | None, str], list[Objective]] = {}
    for objective in Objective.objects.of_products([product.pk]):
        current.setdefault((objective.port_id, objective.indicator), []).append(objective)
    for position, item in enumerate(declared):
        # Of several versions of a port the objective covers the last one that is not deprecated.
        port = max(
            (port for port in ports if port.name == item.port),
            key=lambda port: (not port.is_deprecated, port.position),
            default=None,
        )
        matching = current.get((port.pk if port else None, item.spec.indicator), [])
        if matching:
            objective = matching.pop(0)
        else:
            objective = Objective(port=port, product=None if port else product)
        is_unchanged = objective.pk is not None and objective.spec == item.spec
        for name in SPEC_FIELDS:
            setattr(objective, name, getattr(item.spec, name))
        objective.interval, objective.source = item.interval, item.source
        objective.position = position
        objective.save()
        if not is_unchanged:
            ObjectiveStatus.objects.update_or_create(
                objective=objective, defaults={"base_to": None}
            )
    removed = [objective.pk for rest in current.values() for objective in rest]
    Objective.objects.filter(pk__in=removed).delete()
