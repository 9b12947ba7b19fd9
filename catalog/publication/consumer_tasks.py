"""What the makers of products have to do because a product that they read changes."""

from collections.abc import Collection
from dataclasses import dataclass
from itertools import islice

from django.db.models import Exists, OuterRef, Q, QuerySet

from catalog.authorization.access import AccessContext
from catalog.ports.models import InputPort, OutputPort
from catalog.ports.projection import major_of
from catalog.products.models import DataProduct, Status
from catalog.publication.models import ProductVersion

MAX_INPUTS = 500


@dataclass(frozen=True)
class ConsumerTask:
    """A product whose input ends or broke.

    `port` ends on its day, and `successor` is the port to read instead; or `version` broke at once.
    """

    product: DataProduct
    source: DataProduct
    port: OutputPort | None = None
    successor: OutputPort | None = None
    version: ProductVersion | None = None


def consumer_tasks(
    access: AccessContext, domains: Collection[int], *, limit: int
) -> list[ConsumerTask]:
    """Return what is to do in the products of some domains, those that broke first.

    A product that was edited since its input broke, or whose input names the next major version,
    has nothing to do.
    """
    own = DataProduct.objects.in_domains(domains).exclude(status=Status.RETIRED)
    inputs = InputPort.objects.filter(
        own.has("product_id"), DataProduct.objects.visible_to(access).has("source_id")
    )
    inputs = inputs.select_related("product__domain", "source__domain").order_by("pk")
    tasks = [*_broken(inputs), *_ending(inputs)]
    unique = {(task.product.pk, task.source.pk, task.port): task for task in tasks}
    return list(islice(unique.values(), limit))


def _broken(inputs: QuerySet[InputPort]) -> list[ConsumerTask]:
    later = ProductVersion.objects.filter(
        ~Q(break_reason=""),
        product=OuterRef("source"),
        published_at__gt=OuterRef("product__updated_at"),
    )
    tasks = []
    for port in inputs.filter(Exists(later))[:MAX_INPUTS]:
        assert port.source is not None
        broke = port.source.versions.exclude(break_reason="").defer("tree").first()
        tasks.append(ConsumerTask(port.product, port.source, version=broke))
    return tasks


def _ending(inputs: QuerySet[InputPort]) -> list[ConsumerTask]:
    ending = OutputPort.objects.filter(product=OuterRef("source"), ends_on__isnull=False)
    rows = list(inputs.filter(Exists(ending))[:MAX_INPUTS])
    ports: dict[int | None, list[OutputPort]] = {}
    sources = {row.source_id for row in rows}
    for port in OutputPort.objects.filter(product__in=sources).order_by("position"):
        ports.setdefault(port.product_id, []).append(port)
    tasks = []
    for row in rows:
        assert row.source is not None
        for port in ports[row.source_id]:
            successor = _successor(port, ports[row.source_id])
            if port.ends_on and _reads(row, port, successor, ports[row.source_id]):
                tasks.append(ConsumerTask(row.product, row.source, port, successor))
    return sorted(tasks, key=lambda task: (task.port and task.port.ends_on, task.product.name))


def _successor(port: OutputPort, ports: Collection[OutputPort]) -> OutputPort | None:
    """Return the port of another major version that takes the place of one that ends."""
    others = [other for other in ports if other.name == port.name and other.ends_on is None]
    return others[-1] if others else None


def _reads(
    row: InputPort,
    port: OutputPort,
    successor: OutputPort | None,
    ports: Collection[OutputPort],
) -> bool:
    """Return True if an input reads a port, or may: it names another contract, or none."""
    others = {other.contract_identifier for other in ports} - {port.contract_identifier}
    if row.contract_identifier in others:
        return False
    if successor is None or not row.version:
        return True
    return major_of(row.version) != major_of(successor.version)
