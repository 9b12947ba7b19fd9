"""Brings objectives and schedules in step with a product's tree, in the tree's own transaction."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from django.db import transaction
from django.utils import timezone

from catalog.ports.models import OutputPort
from catalog.ports.projection import output_ports
from catalog.products.models import DataProduct
from governance.slo.models import USUAL_INTERVAL, Objective, ObjectiveStatus, ProbeSchedule
from governance.slo.projection import DeclaredObjective, declared_objectives
from governance.slo.services.evaluation import judge
from governance.slo.services.product_status import publish_status

# A fraction of the golden ratio spreads ports that were registered together over an interval.
SPREAD = 0.6180339887
COLUMNS = ("indicator", "target", "threshold", "percentile", "window", "budgeting")


def project_promises(product: DataProduct, *, is_new: bool = False) -> None:
    """Bring a product's schedules and objectives in step with its tree. Raises Invalid.

    An objective whose numbers change stays the same objective and keeps its breaches; what was
    measured is judged anew by the new numbers after the commit.
    """
    declared = declared_objectives(product.tree)
    if is_new and not declared and not output_ports(product.tree):
        return  # Nothing is measured, and no data is what a new product says of itself.
    ports = list(OutputPort.objects.filter(product=product))
    schedule_ports(ports)
    _keep_objectives(product, declared, ports)
    transaction.on_commit(partial(_judge_anew, product.pk), robust=True)


def _judge_anew(product_id: int) -> None:
    now = timezone.now()
    judge(objectives=list(Objective.objects.of_products([product_id])), now=now)
    publish_status(product_ids=[], turned=[product_id], now=now)


def schedule_ports(ports: list[OutputPort]) -> None:
    """Give each port a schedule, due at once where it is new; keep the others' slots."""
    standing = ProbeSchedule.objects.in_bulk([port.pk for port in ports], field_name="port_id")
    fresh, changed = [], []
    for port in ports:
        interval = port.interval or USUAL_INTERVAL
        schedule = standing.get(port.pk)
        if schedule is None:
            fresh.append(_schedule(port, interval))
        elif schedule.interval != interval:
            schedule.interval = interval
            changed.append(schedule)
    ProbeSchedule.objects.bulk_create(fresh, ignore_conflicts=True)
    ProbeSchedule.objects.bulk_update(changed, ["interval"])


def _schedule(port: OutputPort, interval: int) -> ProbeSchedule:
    """Return a schedule that is due at once; its later slots lie apart from other ports' slots."""
    early = timedelta(seconds=interval * (port.pk * SPREAD % 1))
    return ProbeSchedule(port=port, interval=interval, next_due_at=timezone.now() - early)


def schedule_missing_ports() -> int:
    """Give every port that lacks one a schedule; returns how many lacked it."""
    ports = list(OutputPort.objects.filter(probe_schedule__isnull=True))
    schedule_ports(ports)
    return len(ports)


def _keep_objectives(
    product: DataProduct, declared: list[DeclaredObjective], ports: list[OutputPort]
) -> None:
    standing: dict[tuple[int | None, str], list[Objective]] = {}
    for objective in Objective.objects.of_products([product.pk]):
        standing.setdefault((objective.port_id, objective.indicator), []).append(objective)
    for position, each in enumerate(declared):
        port = _port_named(each.port, ports)
        kept = standing.get((port.pk if port else None, each.promise.indicator), [])
        objective = kept.pop(0) if kept else Objective(port=port, product=None if port else product)
        _write(objective, each, position)
    gone = [objective.pk for rest in standing.values() for objective in rest]
    Objective.objects.filter(pk__in=gone).delete()


def _port_named(name: str, ports: list[OutputPort]) -> OutputPort | None:
    """Return the port of a name; of several versions the last live one."""
    named = [port for port in ports if port.name == name]
    return max(named, key=lambda port: (not port.is_deprecated, port.position), default=None)


def _write(objective: Objective, declared: DeclaredObjective, position: int) -> None:
    is_same = objective.pk is not None and objective.promise == declared.promise
    for name in COLUMNS:
        setattr(objective, name, getattr(declared.promise, name))
    objective.position = position
    objective.save()
    if not is_same:
        ObjectiveStatus.objects.update_or_create(objective=objective, defaults={"base_to": None})
