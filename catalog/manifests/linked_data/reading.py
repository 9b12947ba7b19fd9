"""Reads the facts of products for one reader, in a fixed number of statements."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from urllib.parse import quote
from uuid import UUID

from django.urls import reverse

from catalog.authorization.access import AccessContext
from catalog.contracts.models import DataContract, SchemaProperty
from catalog.manifests.linked_data.facts import (
    CatalogFacts,
    ColumnFacts,
    PortFacts,
    ProductFacts,
    SourceFacts,
    VersionFacts,
)
from catalog.manifests.linked_data.graph import version_iri
from catalog.manifests.linked_data.product_rows import (
    ProductRows,
    base_iri,
    contract_facts,
    declared_facts,
    server_facts,
)
from catalog.ports.models import InputPort, OutputPort
from catalog.ports.projection import PortKey, parse_ports
from catalog.products.models import DataProduct
from catalog.products.projection import parse_columns
from catalog.publication.contents import port_contracts_in
from catalog.publication.models import ProductVersion

MAX_VERSIONS = 50
MAX_COLUMNS = 300
MAX_PAGE = 100
RELATED = ("domain__owner_team",)
"""What `select_related` of products has to name."""


def facts_of(products: Sequence[DataProduct], access: AccessContext) -> list[ProductFacts]:
    """Return the facts of products, which were read with RELATED."""
    rows = ProductRows.read(products, access)
    return [rows.facts(product) for product in products]


def facts_with_versions(product: DataProduct, access: AccessContext) -> ProductFacts:
    """Return the facts of one product with its published versions, newest first."""
    rows = product.versions.values_list("version", "published_at", "note")[:MAX_VERSIONS]
    versions = tuple(
        VersionFacts(version=version, published_at=published_at, note=note)
        for version, published_at, note in rows
    )
    return replace(facts_of([product], access)[0], versions=versions)


def facts_of_version(
    product: DataProduct, version: ProductVersion, access: AccessContext
) -> ProductFacts:
    """Return the facts of a published version: its document, under an IRI of its own.

    What was measured and the successor belong to the product, so they are left out.
    """
    current = facts_of([product], access)[0]
    columns, declared = parse_columns(version.tree), parse_ports(version.tree)
    served = port_contracts_in(version)
    contracts = _contracts_by_key(product, served.values())
    sources = {source.port: source for source in current.sources}
    return replace(
        current,
        iri=version_iri(current.iri, version.version).value,
        version_of=current.iri,
        page_url=f"{current.page_url}@{quote(version.version, safe='')}",
        name=columns.name,
        version=version.version,
        purpose=columns.purpose,
        limitations=columns.limitations,
        usage=columns.usage,
        tags=columns.tags,
        issued=version.published_at,
        modified=version.published_at,
        ports=tuple(
            PortFacts(
                name=port.name,
                version=port.version,
                description=port.description,
                contract=contract_facts(contract) if contract else None,
                servers=server_facts(contract.servers.all()) if contract else (),
                is_deprecated=port.is_deprecated,
                ends_on=port.ends_on,
            )
            for port in declared.outputs
            for contract in [contracts.get(served.get((port.name, port.version), ("", "")))]
        ),
        sources=tuple(
            sources.get(port.name, SourceFacts(port=port.name)) for port in declared.inputs
        ),
        metrics=(),
        measured=(),
        verdict="",
        certification="",
        successor="",
        **declared_facts(version.tree),
    )


def dataset_facts(
    product: DataProduct,
    access: AccessContext,
    *,
    ports: Sequence[OutputPort],
    inputs: Sequence[InputPort],
) -> ProductFacts:
    """Return what schema.org shows of a product whose ports were read before."""
    rows = ProductRows([product], access, ports=ports, inputs=inputs)
    return replace(rows.facts(product), columns=columns_of(product))


def catalog_page(access: AccessContext, *, after: UUID | None, limit: int) -> CatalogFacts:
    """Return the products that come after one in the order of their UUIDs.

    That order does not change: a product that is there while all pages are read is on one of them.
    """
    visible = DataProduct.objects.visible_to(access).live()
    rows = visible.select_related(*RELATED).order_by("uuid")
    rows = rows.filter(uuid__gt=after) if after else rows
    matches = list(rows[: limit + 1])
    products = matches[:limit]
    first, joint = f"{base_iri()}{reverse('catalog')}", "?"
    if limit != MAX_PAGE:
        first, joint = f"{first}?limit={limit}", "&"
    return CatalogFacts(
        base=base_iri(),
        total=visible.count(),
        products=tuple(facts_of(products, access)),
        page_url=f"{first}{joint}after={after}" if after else first,
        first_url=first,
        next_url=f"{first}{joint}after={products[-1].uuid}" if len(matches) > limit else "",
    )


def columns_of(product: DataProduct) -> tuple[ColumnFacts, ...]:
    """Return the columns that a product's ports promise, the first ones of many."""
    rows = SchemaProperty.objects.filter(
        schema_object__contract__port_contracts__port__product=product.pk, depth=0
    )
    names = rows.order_by("schema_object__contract", "schema_object__position", "position")
    matches = names.values_list("name", "logical_type", "description")[:MAX_COLUMNS]
    columns = {
        name: ColumnFacts(name=name, type=logical_type, description=description)
        for name, logical_type, description in matches
    }
    return tuple(columns.values())


def _contracts_by_key(product: DataProduct, keys: Iterable[PortKey]) -> dict[PortKey, DataContract]:
    """Return contract versions by identifier and version."""
    identifiers = {identifier for identifier, _ in keys}
    rows = product.contracts.filter(identifier__in=identifiers).defer("tree")
    return {(row.identifier, row.version): row for row in rows.prefetch_related("servers")}
