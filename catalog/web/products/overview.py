"""The first tab of a product: purpose, limitations, ports, lineage, similar products."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse

from catalog.authorization.access import AccessContext
from catalog.manifests.linked_data.reading import dataset_facts
from catalog.manifests.linked_data.schema_org import dataset_of, script_text
from catalog.ports.models import InputPort
from catalog.products.models import DataProduct, ProductUse, Status
from catalog.web.components.sentences import after_first_sentence
from catalog.web.pages import render_page
from catalog.web.products.formats import FormatLink, format_links, header_links
from catalog.web.products.layout import ProductFrame, product_frame
from catalog.web.products.links import Link, declared_usages, support_channels
from catalog.web.products.lookup import linked_products, on_product
from catalog.web.products.ports import PortRow, port_rows
from catalog.web.products.snippets import Snippet, entry_snippets
from catalog.web.products.versions import version_response
from catalog.web.search.similarity import SimilarProduct, similar_products

MAX_DOWNSTREAM = 50
MAX_ADDED_USES = 50


@dataclass(frozen=True)
class SourceRow:
    """An input port; `product` is None if the reader may not know of it, or it is elsewhere."""

    port: InputPort
    product: DataProduct | None


@dataclass(frozen=True, kw_only=True)
class OverviewPage:
    """`similar` is None while search is unavailable; `schema_org` is empty for a draft."""

    frame: ProductFrame
    origin: str
    formats: list[FormatLink]
    schema_org: str
    more_purpose: str
    ports: list[PortRow]
    entry_snippets: list[Snippet]
    upstream: list[SourceRow]
    downstream: list[DataProduct]
    similar: list[SimilarProduct] | None
    support: list[Link]
    usages: list[Link]
    added_uses: list[ProductUse]


@on_product
def product_overview(
    request: HttpRequest, product: DataProduct, access: AccessContext
) -> HttpResponse:
    if version := request.GET.get("version"):
        return version_response(request, product, access, version)
    inputs, visible = list(product.input_ports.all()), linked_products(access)
    source_ids = [port.source_id for port in inputs if port.source_id]
    sources = visible.order_by().in_bulk(source_ids)
    users = visible.live().filter(pk__in=product.feeds.order_by().values("product_id"))
    origin = f"{request.scheme}://{request.get_host()}"
    rows, formats = port_rows(product, origin), format_links(product, access)
    page = OverviewPage(
        frame=product_frame(request, product, access, tab="product_overview"),
        origin=origin,
        formats=formats,
        schema_org=_schema_org(product, access, rows, inputs),
        more_purpose=after_first_sentence(product.purpose),
        ports=rows,
        entry_snippets=entry_snippets(product, origin),
        upstream=[SourceRow(port, sources.get(port.source_id or 0)) for port in inputs],
        downstream=list(users[:MAX_DOWNSTREAM]),
        similar=similar_products(product, access),
        support=support_channels(product),
        usages=declared_usages(product),
        added_uses=list(product.uses.filter(origin=ProductUse.Origin.ADDED)[:MAX_ADDED_USES]),
    )
    response = render_page(request, "catalog/products/overview.html", page)
    frame = page.frame
    response["Link"] = header_links(formats, iri=frame.iri, canonical=frame.canonical)
    return response


def _schema_org(
    product: DataProduct, access: AccessContext, rows: list[PortRow], inputs: list[InputPort]
) -> str:
    """Return the dataset of schema.org as the text of a script element; none for a draft."""
    if product.status == Status.DRAFT:
        return ""
    facts = dataset_facts(product, access, ports=[row.port for row in rows], inputs=inputs)
    return script_text(dataset_of(facts))
