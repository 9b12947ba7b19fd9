"""Projects the objectives and schedules of a product's document, in the transaction of the edit."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from catalog.ports.models import OutputPort
from catalog.products.models import DataProduct
from governance.slo.declaration import DeclaredObjective
from governance.slo.evaluation import PROBED_INDICATORS, SPEC_FIELDS
from governance.slo.inherited import StandardsReader, is_live
from governance.slo.models import DEFAULT_INTERVAL, Objective, ObjectiveStatus, ProbeSchedule
from governance.slo.services.evaluation import evaluate
from governance.slo.services.product_status import publish_status
from governance.slo.standards import AppliedObjective

# A fraction of the golden ratio spreads ports that were registered together over an interval.
SPREAD = 0.6180339887
Columns = Mapping[str, object]


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
    if product.is_working_copy:
        schedule_ports(ports)
        return
    save_objectives(product, declared, StandardsReader.load())
    schedule_ports(ports)

    def reevaluate() -> None:
        now = timezone.now()
        evaluate(objectives=list(Objective.objects.of_products([product.pk])), now=now)
        publish_status(product_ids=[product.pk])

    transaction.on_commit(reevaluate, robust=True)


def schedule_ports(ports: list[OutputPort]) -> None:
    """Give each port a schedule; a new one is due at once, the others keep their slots.

    The interval is the shortest that the port or an objective asks for, else the default.
    """
    pks = [port.pk for port in ports]
    schedules = ProbeSchedule.objects.in_bulk(pks, field_name="port_id")
    objectives = Objective.objects.covering_ports(pks).filter(indicator__in=PROBED_INDICATORS)
    requested = list(objectives.values_list("port_id", "product_id", "interval"))
    now, created, changed = timezone.now(), [], []
    for port in ports:
        intervals = [
            interval
            for port_id, product_id, interval in requested
            if port.pk == port_id or port.product_id == product_id
        ]
        interval = min(filter(None, [port.interval, *intervals]), default=DEFAULT_INTERVAL)
        spread = timedelta(seconds=interval * (port.pk * SPREAD % 1))
        schedule = schedules.get(port.pk)
        if schedule is None:
            # It is due at once; its later slots differ from those of other ports.
            due_at = now - spread
            created.append(ProbeSchedule(port=port, interval=interval, next_due_at=due_at))
        elif schedule.interval != interval:
            schedule.interval = interval
            schedule.next_due_at = min(schedule.next_due_at, now + spread)
            changed.append(schedule)
    ProbeSchedule.objects.bulk_create(created, ignore_conflicts=True)
    ProbeSchedule.objects.bulk_update(changed, ["interval", "next_due_at"])


def schedule_missing_ports() -> int:
    ports = list(OutputPort.objects.filter(probe_schedule__isnull=True))
    schedule_ports(ports)
    return len(ports)


def save_objectives(
    product: DataProduct, declared: Sequence[DeclaredObjective], standards: StandardsReader
) -> bool:
    """Save the objectives that apply to a product; return True if anything changed.

    An objective that is declared again unchanged stays the same row; else the first of the same
    port and indicator is changed.
    """
    ports = list(OutputPort.objects.filter(product=product))
    names = {port.name for port in ports if not port.is_deprecated}
    applied = standards.applied_to(product, declared, names)
    current = list(Objective.objects.of_products([product.pk]))
    expected = [
        objective_columns(item, position, product, ports) for position, item in enumerate(applied)
    ]
    rows = [_take(current, columns, exact=True) for columns in expected]
    is_changed = False
    for columns, row in zip(expected, rows, strict=True):
        objective = row or _take(current, columns, exact=False) or Objective()
        is_changed |= _save(objective, columns, is_live=is_live(product))
    Objective.objects.filter(pk__in=[rest.pk for rest in current]).delete()
    return is_changed or bool(current)


def objective_columns(
    item: AppliedObjective, position: int, product: DataProduct, ports: Sequence[OutputPort]
) -> Columns:
    """Return the columns of an objective that applies to a product with these ports.

    Of several versions of a port it covers the last one that is not deprecated.
    """
    declared = item.declared
    port = max(
        (port for port in ports if port.name == declared.port),
        key=lambda port: (not port.is_deprecated, port.position),
        default=None,
    )
    return {
        **{name: getattr(declared.spec, name) for name in SPEC_FIELDS},
        "port_id": port.pk if port else None,
        "product_id": None if port else product.pk,
        "interval": declared.interval,
        "origin_id": item.origin,
        "position": position,
    }


def _take(rows: list[Objective], columns: Columns, *, exact: bool) -> Objective | None:
    """Remove and return the first row with the same port and indicator, or all columns of it."""
    names = [*SPEC_FIELDS, "port_id"] if exact else ["port_id", "indicator"]
    matching = (row for row in rows if all(getattr(row, name) == columns[name] for name in names))
    row = next(matching, None)
    if row is not None:
        rows.remove(row)
    return row


def _save(objective: Objective, columns: Columns, *, is_live: bool) -> bool:
    """Save an objective and have it evaluated again; return True if anything changed.

    It counts from its publication on, or since its specification last changed.
    """
    changed = {name for name, value in columns.items() if getattr(objective, name) != value}
    is_other = objective.pk is None or bool(changed & {*SPEC_FIELDS})
    is_first_live = is_live and objective.effective_since is None
    if not (changed or is_other or is_first_live):
        return False
    for name in changed:
        setattr(objective, name, columns[name])
    if is_other or is_first_live:
        objective.effective_since = timezone.now() if is_live else None
    objective.save()
    if is_other or is_first_live:
        ObjectiveStatus.objects.update_or_create(
            objective=objective, defaults={"base_to": None, "details": {}}
        )
    return True
