"""Data products as search results."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.utils.formats import localize
from django.utils.translation import gettext_lazy, ngettext

from catalog.authorization.access import AccessContext
from catalog.products.models import (
    PRODUCT,
    DataProduct,
    ProductGroupPermission,
    reader_tokens,
)
from catalog.products.summaries import ProductRow, SummaryJSON, product_summary
from catalog.search.documents.products import product_documents
from catalog.search.result_types.result_type import ResultType


class ProductResult(SummaryJSON):
    """A product found."""

    url: str
    owner: str | None


_LOOKUPS = {
    "domain_slug": "domain__slug",
    "domain_name": "domain__name",
    "owner_slug": "domain__owner_team__slug",
    "owner_name": "domain__owner_team__name",
}
_COLUMNS = tuple(_LOOKUPS.get(name, name) for name in ProductRow._fields)


def read_products(access: AccessContext, ids: Sequence[str]) -> dict[str, ProductRow]:
    """Return the products that the reader may see now, by id.

    One statement, and another if a right depends on grants of a product. No model is made:
    that would cost more than the search.
    """
    rows = DataProduct.objects.filter(uuid__in=ids).order_by().values_list(*_COLUMNS)
    visible: list[ProductRow] = []
    undecided: list[ProductRow] = []
    for product in (ProductRow(*row) for row in rows):
        may_read = access.reads_everything or _holds_any(access, reader_tokens(product, ()))
        (visible if may_read else undecided).append(product)
    if undecided:
        tokens: dict[int, list[str]] = {product.pk: [] for product in undecided}
        grants = ProductGroupPermission.objects.filter(content_object__in=list(tokens))
        for product_id, token in grants.tokens_by_product():
            tokens[product_id].append(token)
        visible += [p for p in undecided if _holds_any(access, reader_tokens(p, tokens[p.pk]))]
    return {str(product.uuid): product for product in visible}


def _holds_any(access: AccessContext, tokens: Iterable[str]) -> bool:
    return not access.tokens.isdisjoint(tokens)


def products_of(access: AccessContext, ids: Sequence[str]) -> dict[str, DataProduct]:
    """Return the products that the reader may see now, by id, as models."""
    visible = DataProduct.objects.visible_to(access).select_related("domain").order_by()
    return {str(uuid): row for uuid, row in visible.in_bulk(ids, field_name="uuid").items()}


def _to_json(product: ProductRow, _annotation: object) -> ProductResult:
    summary = product_summary(product, domain=product.domain_slug)
    return ProductResult(**summary, url=product.path, owner=product.owner_slug)


def _to_csv(product: ProductRow) -> list[str]:
    summary = product_summary(product, domain=product.domain_slug)
    return [
        str(summary["id"]),
        summary["domain"],
        summary["slug"],
        summary["name"],
        summary["status"],
        summary["version"],
        summary["sensitivity"],
        summary["slo"],
        summary["iri"],
    ]


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
    to_csv=_to_csv,
)
