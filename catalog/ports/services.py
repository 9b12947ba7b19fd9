"""Writes ports: from the product's tree, and what the probes have measured."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from catalog.exceptions import NotFound
from catalog.ports.models import CHECK_COLUMNS, InputPort, OutputPort
from catalog.ports.projection import DeclaredPort, DeclaredPorts
from catalog.products.models import DataProduct
from catalog.products.services import edited_version

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
    if product.is_working_copy:
        return
    # Input ports of other products may have been declared before this product existed.
    contracts = {port.contract_identifier for port in ports.outputs} - {""}
    by_address = Q(source_name=f"{product.domain.slug}/{product.slug}")
    by_contract = Q(source_name="", contract_identifier__in=contracts)
    unresolved = InputPort.objects.filter(by_address | by_contract, source__isnull=True)
    unresolved.exclude(product=product).update(source=product)


def merge_ports(product: DataProduct, copy: DataProduct) -> None:
    """Move to a product the output ports that only its working copy has, and the newer checks."""
    current = {(port.name, port.version): port for port in product.output_ports.all()}
    for port in copy.output_ports.all():
        counterpart = current.get((port.name, port.version))
        if counterpart is None:
            # It keeps its row, so its address, its schedule and its measurements.
            port.product = product
            port.save(update_fields=["product"])
        elif _is_checked_later(port, counterpart):
            _take_over_check(counterpart, port)
            counterpart.save(update_fields=CHECK_COLUMNS)


def edited_port(port: OutputPort) -> OutputPort:
    """Return the port in what people edit of its product.

    Raises NotFound if it was removed there.
    """
    product = edited_version(port.product)
    if product.pk == port.product_id:
        return port
    counterpart = product.output_ports.filter(name=port.name, version=port.version).first()
    if counterpart is None:
        raise NotFound(f"The port {port} was removed in the working copy.")
    counterpart.product = product
    return counterpart


def published_port(port: OutputPort) -> OutputPort | None:
    """Return the port of the published product that one of its working copy is, if it has one."""
    if not port.product.is_working_copy:
        return port
    ports = OutputPort.objects.filter(product=port.product.working_copy_of_id)
    return ports.filter(name=port.name, version=port.version).first()


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
    published = product.published_row.output_ports.all() if product.is_working_copy else []
    checked = {(port.name, port.version): port for port in published}
    for position, port in enumerate(declared):
        columns: dict[str, object] = asdict(port) | {"position": position}
        columns.pop("source_name")
        row = current.pop((port.name, port.version), None)
        if row is None:
            row, counterpart = OutputPort(product=product), checked.get((port.name, port.version))
            if counterpart:
                _take_over_check(row, counterpart)
        for name, value in columns.items():
            setattr(row, name, value)
        row.save()
    if current:
        OutputPort.objects.filter(pk__in=[row.pk for row in current.values()]).delete()


def _is_checked_later(port: OutputPort, other: OutputPort) -> bool:
    good_at, other_at = port.last_good_at, other.last_good_at
    return good_at is not None and (other_at is None or good_at > other_at)


def _take_over_check(port: OutputPort, other: OutputPort) -> None:
    for name in CHECK_COLUMNS:
        setattr(port, name, getattr(other, name))


def _find_source(product: DataProduct, port: DeclaredPort) -> DataProduct | None:
    """Return the product of this mesh that an input port names, by address or by contract."""
    others = DataProduct.objects.exclude(pk=product.published_row.pk)
    if port.source_name:
        domain, slug = port.source_name.split("/")
        return others.filter(domain__slug=domain, slug=slug).first()
    if not port.contract_identifier:
        return None
    serving = others.filter(output_ports__contract_identifier=port.contract_identifier)
    return serving.order_by("id").first()
