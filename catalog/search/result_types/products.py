"""Data products as search results."""

from collections.abc import Sequence

from django.conf import settings
from django.utils.formats import localize
from django.utils.translation import gettext_lazy, ngettext

from catalog.authorization.access import AccessContext
from catalog.identifiers import product_iri
from catalog.products.models import (
    PRODUCT,
    DataProduct,
    ProductGroupPermission,
    reader_tokens,
)
from catalog.products.summaries import ProductRow, SummaryJSON, product_summary
from catalog.search.documents.products import product_documents
from catalog.search.result_types.result_type import ResultType, read_as


class ProductResult(SummaryJSON):
    """A product found."""

    url: str
    owner: str | None


_COLUMNS = (
    *(name for name in ProductRow._fields[2:] if not name.startswith(("domain_", "owner_"))),
    "domain_id",
    "domain__slug",
    "domain__name",
    "domain__owner_team__slug",
    "domain__owner_team__name",
)


def read_products(access: AccessContext, ids: Sequence[str]) -> dict[str, ProductRow]:
    """Return the products that the reader may see now, by id.

    One statement, and another if a right depends on grants of a product.
    """
    products = read_as(ProductRow, DataProduct.objects.filter(uuid__in=ids), *_COLUMNS)
    if access.reads_everything:
        return products
    tokens: dict[int, list[str]] = {
        product.pk: []
        for product in products.values()
        if access.tokens.isdisjoint(reader_tokens(product, ()))
    }
    if tokens:
        grants = ProductGroupPermission.objects.filter(content_object__in=list(tokens))
        for product_id, token in grants.tokens_by_product():
            tokens[product_id].append(token)
    return {
        identity: product
        for identity, product in products.items()
        if product.pk not in tokens
        or not access.tokens.isdisjoint(reader_tokens(product, tokens[product.pk]))
    }


def products_of(access: AccessContext, ids: Sequence[str]) -> dict[str, DataProduct]:
    """Return the products that the reader may see now, by id, as models."""
    visible = DataProduct.objects.visible_to(access).select_related("domain").order_by()
    return {str(row.uuid): row for row in visible.filter(uuid__in=ids)}


def _to_json(product: ProductRow, _annotation: object) -> ProductResult:
    summary = product_summary(product, domain=product.domain_slug)
    return ProductResult(**summary, url=product.path, owner=product.owner_slug)


PRODUCTS = ResultType(
    name=PRODUCT,
    model=DataProduct,
    documents=product_documents,
    read_rows=read_products,
    label=gettext_lazy("Products"),
    count_text=lambda n: ngettext("%(n)s product", "%(n)s products", n) % {"n": localize(n)},
    card_template="catalog/search/cards/product.html",
    json=ProductResult,
    to_json=_to_json,
    csv_columns=("id", "domain", "slug", "name", "status", "version", "sensitivity", "slo", "url"),
    csv_cells=lambda product: {"url": product_iri(product.uuid, base=settings.ASSAY_BASE_IRI)},
)
