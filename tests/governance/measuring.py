"""Factories for what is promised and what was seen, through the services."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from catalog.ports.http_types import Timings
from catalog.ports.models import OutputPort
from catalog.products.models import DataProduct
from catalog.products.projection import with_custom
from catalog.products.services import edited_version, replace_document
from governance.slo.models import Objective
from governance.slo.outcomes import Outcome
from governance.slo.probe_types import ProbeResult
from governance.slo.services import record_measurements
from tests.factories import FACTORY, make_product, publish_changes, with_port

START = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
IN_FORCE_SINCE = datetime(2025, 1, 1, tzinfo=UTC)


def slots(count: int, *, start: datetime = START, every: timedelta = MINUTE) -> list[datetime]:
    """Return some slots in order."""
    return [start + number * every for number in range(count)]


def make_port(product: DataProduct | None = None, **server: Any) -> OutputPort:
    """Return a port with a place; an API unless `server` says otherwise."""
    place = server or {"type": "api", "location": "https://data.example/items"}
    product = product or make_product()
    product.refresh_from_db()
    edited = with_port(edited_version(product), f"port{product.output_ports.count()}", **place)
    product = publish_changes(edited) if edited.is_working_copy else edited
    return product.output_ports.latest("pk")


def declare_objectives(
    product: DataProduct,
    *objectives: dict[str, Any],
    in_force_since: datetime | None = IN_FORCE_SINCE,
) -> DataProduct:
    """Return a product that declares these objectives and no others, published if it was.

    Tests measure in the past, so the objectives are in force since then; None leaves it at now.
    """
    product.refresh_from_db()
    edited = edited_version(product)
    tree = with_custom(edited.tree, "assayObjectives", list(objectives))
    edited = replace_document(product=edited, tree=tree, edition=edited.edition, actor=FACTORY)
    product = publish_changes(edited) if edited.is_working_copy else edited
    if in_force_since:
        Objective.objects.of_products([product.pk]).update(effective_since=in_force_since)
    return product


def make_objective(port: OutputPort | None = None, **declared: Any) -> Objective:
    """Return one objective of a port."""
    port = port or make_port()
    fields = {"indicator": "availability", "target": 0.9, "port": port.name} | declared
    declare_objectives(port.product, fields)
    return Objective.objects.of_products([port.product_id]).get()


def record_measurement(
    *,
    port: OutputPort,
    slot: datetime,
    outcome: Outcome = Outcome.GOOD,
    seconds: float = 0.05,
    now: datetime | None = None,
) -> int:
    """Record one measurement at its slot, judged at once."""
    return record([probe_result(port, slot, outcome, seconds)], now=now or slot)


def record(measured: Iterable[ProbeResult], *, now: datetime | None = None) -> int:
    """Record some measurements together."""
    batch = list(measured)
    return record_measurements(results=batch, now=now or max(result.slot for result in batch))


def probe_result(
    port: OutputPort, slot: datetime, outcome: Outcome = Outcome.GOOD, seconds: float = 0.05
) -> ProbeResult:
    """Return what a probe saw."""
    status = {Outcome.GOOD: 200, Outcome.HTTP_ERROR: 500}.get(outcome)
    return ProbeResult(
        port_id=port.pk,
        slot=slot,
        at=slot,
        outcome=outcome,
        status_code=status,
        timings=Timings(connect=0.001, total=seconds),
    )
