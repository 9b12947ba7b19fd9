"""The first tab of a product: purpose, limitations, ports, lineage, similar products."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse

from catalog.authorization.access import AccessContext
from catalog.contracts.models import DataContract, Server
from catalog.ports.models import InputPort, OutputPort
from catalog.products.models import DataProduct, DataProductQuerySet
from catalog.web.components.sentences import after_first_sentence
from catalog.web.pages import render_page
from catalog.web.products.layout import ProductFrame, product_frame
from catalog.web.products.links import Link, declared_usages, support_channels
from catalog.web.products.lookup import on_product
from catalog.web.products.snippets import Snippet, entry_snippets, server_snippets
from catalog.web.search.similarity import SimilarProduct, similar_products

MAX_DOWNSTREAM = 50


@dataclass(frozen=True)
class PortRow:
    """An output port with its contract, its servers and snippets that read from them."""

    port: OutputPort
    contract: DataContract | None
    servers: list[Server]
    snippets: list[Snippet]

    @property
    def verdict(self) -> str:
        """Return "met" if the last probe was good, "breached" if not, "no_data" without one."""
        if not self.port.last_probed_at:
            return "no_data"
        good_at = self.port.last_good_at
        return "met" if good_at and good_at >= self.port.last_probed_at else "breached"


@dataclass(frozen=True)
class SourceRow:
    """An input port; `product` is None if the reader may not know of it, or it is elsewhere."""

    port: InputPort
    product: DataProduct | None


@dataclass(frozen=True, kw_only=True)
class OverviewPage:
    """`similar` is None while search is unavailable."""

    frame: ProductFrame
    more_purpose: str
    ports: list[PortRow]
    entry_snippets: list[Snippet]
    upstream: list[SourceRow]
    downstream: list[DataProduct]
    similar: list[SimilarProduct] | None
    support: list[Link]
    usages: list[Link]


@on_product
def product_overview(
    request: HttpRequest, product: DataProduct, access: AccessContext
) -> HttpResponse:
    origin = f"{request.scheme}://{request.get_host()}"
    page = OverviewPage(
        frame=product_frame(request, product, access, tab="product_overview"),
        more_purpose=after_first_sentence(product.purpose),
        ports=_ports(product),
        entry_snippets=entry_snippets(product, origin),
        upstream=_upstream(product, access),
        downstream=_downstream(product, access),
        similar=similar_products(product, access),
        support=support_channels(product),
        usages=declared_usages(product),
    )
    return render_page(request, "catalog/products/overview.html", page)


def _ports(product: DataProduct) -> list[PortRow]:
    ports = product.output_ports.select_related("port_contract__contract")
    rows = []
    for port in ports.defer("port_contract__contract__tree").prefetch_related(
        "port_contract__contract__servers"
    ):
        link = getattr(port, "port_contract", None)
        contract = link.contract if link else None
        servers = list(contract.servers.all()) if contract else []
        rows.append(PortRow(port, contract, servers, server_snippets(servers)))
    return rows


def _upstream(product: DataProduct, access: AccessContext) -> list[SourceRow]:
    """Return the sources; one that the reader may not see looks like one outside the catalog."""
    ports = list(product.input_ports.all())
    source_ids = [port.source_id for port in ports if port.source_id]
    visible = _linked(access).order_by().in_bulk(source_ids)
    return [SourceRow(port, visible.get(port.source_id or 0)) for port in ports]


def _downstream(product: DataProduct, access: AccessContext) -> list[DataProduct]:
    users = InputPort.objects.filter(source=product).order_by().values("product_id")
    return list(_linked(access).live().filter(pk__in=users)[:MAX_DOWNSTREAM])


def _linked(access: AccessContext) -> DataProductQuerySet:
    """Return the visible products with what a link to them needs: a document may be large."""
    visible = DataProduct.objects.visible_to(access).select_related("domain")
    return visible.only("slug", "name", "domain__slug", "domain__name")
