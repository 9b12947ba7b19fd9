"""What the versions of a product published, what people would publish, and who reads its ports."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from django.conf import settings
from django.utils import timezone

from catalog.authorization.access import AccessContext
from catalog.contracts.models import DataContract, PortContract
from catalog.contracts.secrets import without_secrets
from catalog.ports.models import InputPort
from catalog.ports.projection import PortKey
from catalog.products.models import DataProduct
from catalog.publication.changes import Content, Release, ServedContract, compare_contents
from catalog.publication.models import ProductVersion

ContractKey = tuple[str, str]
"""The identifier and the version of a contract."""


def notice_until() -> date:
    """Return the first day on which a port that is given notice today may end."""
    return timezone.localdate() + timedelta(days=settings.ASSAY_NOTICE_DAYS)


def port_contracts_of(product: DataProduct) -> dict[PortKey, ContractKey]:
    """Return which contract version each output port of a product serves now."""
    links = PortContract.objects.filter(port__product=product.pk).values_list(
        "port__name", "port__version", "contract__identifier", "contract__version"
    )
    return {(name, version): (identifier, number) for name, version, identifier, number in links}


def port_contracts_in(version: ProductVersion) -> dict[PortKey, ContractKey]:
    """Return which contract version each output port served under a published version."""
    return {
        (entry["port"], entry["port_version"]): (entry["identifier"], entry["version"])
        for entry in version.port_contracts
    }


def content_of_version(version: ProductVersion) -> Content:
    """Return what a version published; a contract version that was deleted since is missing."""
    served = port_contracts_in(version)
    return Content(version.tree, _with_documents(served, [version.product_id]))


def content_of_product(product: DataProduct) -> Content:
    """Return what a product has now: of a working copy, what it would publish."""
    rows = [product.pk, *filter(None, [product.working_copy_of_id])]
    return Content(product.tree, _with_documents(port_contracts_of(product), rows))


def compare_versions(before: ProductVersion, after: ProductVersion) -> Release:
    return _compare(content_of_version(before), content_of_version(after))


def compare_with_version(before: ProductVersion, product: DataProduct) -> Release:
    """Return what publishing a product would change since a version.

    While every port serves the contract version that it had, no contract is read: those of a
    published version never change.
    """
    if port_contracts_in(before) == port_contracts_of(product):
        return _compare(Content(before.tree, {}), Content(product.tree, {}))
    return _compare(content_of_version(before), content_of_product(product))


def _compare(before: Content, after: Content) -> Release:
    today = timezone.localdate()
    return compare_contents(before, after, today=today, notice_until=notice_until())


def _with_documents(
    served: Mapping[PortKey, ContractKey], product_ids: Collection[int]
) -> dict[PortKey, ServedContract]:
    keys_served = set(served.values())
    rows = DataContract.objects.filter(
        product__in=product_ids, identifier__in={identifier for identifier, _ in keys_served}
    )
    keys = {(row.identifier, row.version): row.pk for row in rows.only("identifier", "version")}
    documents = DataContract.objects.in_bulk([keys[key] for key in keys_served if key in keys])
    # Readers see the comparison, so it has no value that looks like a secret.
    return {
        port: ServedContract(*key, dict(without_secrets(documents[keys[key]].tree)))
        for port, key in served.items()
        if key in keys
    }


@dataclass(frozen=True)
class Consumer:
    """A product that is made from another one, and the input port that says so."""

    product: DataProduct
    input_port: InputPort


def consumers_of(
    product: DataProduct, access: AccessContext, *, contracts: Collection[str] | None = None
) -> list[Consumer]:
    """Return the products made from a product that a reader may know of.

    With `contracts`, those only whose input port names one of these contract identifiers, or none
    of the product's: which of its ports they read is unknown then.
    """
    readable = DataProduct.objects.visible_to(access).live()
    inputs = InputPort.objects.filter(source=product.published_row.pk).filter(
        readable.has("product_id")
    )
    inputs = inputs.select_related("product__domain").order_by("product__name", "pk")
    served = product.output_ports.values_list("contract_identifier", flat=True)
    others = set(served) - {""} - set(contracts or ())
    consumers: dict[int, Consumer] = {}
    for port in inputs:
        if contracts is None or port.contract_identifier not in others:
            consumers.setdefault(port.product_id, Consumer(port.product, port))
    return list(consumers.values())
