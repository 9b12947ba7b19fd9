"""Writes ports: from the product's tree, and what the probes have measured."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from catalog.ports.models import InputPort, OutputPort
from catalog.ports.projection import DeclaredPort, DeclaredPorts
from catalog.products.models import DataProduct

MAX_AHEAD = timedelta(minutes=10)


@dataclass(frozen=True, kw_only=True)
class ProbeSummary:
    """What a probe saw of a port: the moment, its outcome, and whether it was good.

    `server` is the type and location of what was probed.
    """

    at: datetime
    outcome: str
    is_good: bool
    server: str = ""


def project_ports(product: DataProduct, ports: DeclaredPorts, *, is_new: bool) -> None:
    """Update the rows of a product's ports; rows that stay keep what was measured."""
    _write_output_ports(product, ports.outputs, is_new=is_new)
    if not is_new:
        product.input_ports.all().delete()
    InputPort.objects.bulk_create(
        InputPort(
            product=product,
            name=port.name,
            version=port.version,
            contract_identifier=port.contract_identifier,
            source_name=port.source_name,
            source=_find_source(product, port),
            position=position,
        )
        for position, port in enumerate(ports.inputs)
    )
    # Input ports of other products may have been declared before this product existed.
    contracts = {port.contract_identifier for port in ports.outputs} - {""}
    by_address = Q(source_name=f"{product.domain.slug}/{product.slug}")
    by_contract = Q(source_name="", contract_identifier__in=contracts)
    unresolved = InputPort.objects.filter(by_address | by_contract, source__isnull=True)
    unresolved.exclude(product=product).update(source=product)


@transaction.atomic
def update_probe_times(*, probes: Mapping[int, ProbeSummary]) -> None:
    """Save the last probe of each port, by id; an older one never overwrites a newer.

    One far ahead is of a time before the wall clock was set back, so it is overwritten.
    """
    ids_by_probe: dict[ProbeSummary, list[int]] = {}
    for port_id, probe in probes.items():
        ids_by_probe.setdefault(replace(probe, server=""), []).append(port_id)
    # A batch of hundreds has few kinds of outcome, so this is few statements.
    for probe, port_ids in ids_by_probe.items():
        is_newer = Q(last_probed_at__isnull=True) | Q(last_probed_at__lt=probe.at)
        is_newer |= Q(last_probed_at__gt=probe.at + MAX_AHEAD)
        good = {"last_good_at": probe.at} if probe.is_good else {}
        OutputPort.objects.filter(is_newer, pk__in=port_ids).update(
            last_probed_at=probe.at, last_outcome=probe.outcome, **good
        )
    # The server of a port changes seldom, so this is one statement for most batches.
    checked = [port_id for port_id, probe in probes.items() if probe.is_good and probe.server]
    servers = OutputPort.objects.filter(pk__in=checked).values_list("pk", "last_good_server")
    for port_id, server in servers:
        probe = probes[port_id]
        if server != probe.server:
            latest = OutputPort.objects.filter(pk=port_id, last_good_at=probe.at)
            latest.update(last_good_server=probe.server)


def _write_output_ports(
    product: DataProduct, declared: Sequence[DeclaredPort], *, is_new: bool
) -> None:
    rows = [] if is_new else product.output_ports.all()
    current = {(port.name, port.version): port for port in rows}
    for position, port in enumerate(declared):
        columns: dict[str, object] = asdict(port) | {"position": position}
        columns.pop("source_name")
        row = current.pop((port.name, port.version), None) or OutputPort(product=product)
        for name, value in columns.items():
            setattr(row, name, value)
        row.save()
    if current:
        OutputPort.objects.filter(pk__in=[row.pk for row in current.values()]).delete()


def _find_source(product: DataProduct, port: DeclaredPort) -> DataProduct | None:
    """Return the product of this mesh that an input port names, by address or by contract."""
    others = DataProduct.objects.exclude(pk=product.pk)
    if port.source_name:
        domain, slug = port.source_name.split("/")
        return others.filter(domain__slug=domain, slug=slug).first()
    if not port.contract_identifier:
        return None
    serving = others.filter(output_ports__contract_identifier=port.contract_identifier)
    return serving.order_by("id").first()
