"""Data products as search results."""

from collections.abc import Mapping, Sequence

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
from catalog.provenance.representation import BiasSummary
from catalog.provenance.summaries import bias_summaries
from catalog.publication.assessments import sensitive_attributes
from catalog.search.documents.products import product_documents
from catalog.search.result_types.result_type import ResultType, read_as


class ProductResult(SummaryJSON):
    """A product found. By attribute, `min_shares` and `max_gaps` are the numbers of its groups."""

    url: str
    owner: str | None
    bias: list[str]
    min_shares: dict[str, float]
    max_gaps: dict[str, float]


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


def _annotate(_access: AccessContext, products: Sequence[ProductRow]) -> dict[int, BiasSummary]:
    keys = [product.pk for product in products]
    return bias_summaries(sensitive_attributes(keys)) if keys else {}


def _to_json(product: ProductRow, bias: BiasSummary | None) -> ProductResult:
    summary = product_summary(product, domain=product.domain_slug)
    return ProductResult(
        **summary,
        url=product.path,
        owner=product.owner_slug,
        bias=[state.value for state in bias.states] if bias else [],
        min_shares=bias.min_shares if bias else {},
        max_gaps=bias.max_gaps if bias else {},
    )


def _csv_cells(products: Sequence[ProductRow]) -> dict[int, dict[str, str]]:
    """Return permanent addresses, and what is known of the groups: `sex=0.32; age=0.1`."""
    summaries = bias_summaries(sensitive_attributes([product.pk for product in products]))
    return {
        product.pk: {
            "url": product_iri(product.uuid, base=settings.ASSAY_BASE_IRI),
            "bias": "; ".join(summaries[product.pk].states),
            "min_shares": _numbers(summaries[product.pk].min_shares),
            "max_gaps": _numbers(summaries[product.pk].max_gaps),
        }
        for product in products
    }


def _numbers(by_attribute: Mapping[str, float]) -> str:
    return "; ".join(f"{attribute}={number:g}" for attribute, number in by_attribute.items())


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
    csv_columns=(
        *("id", "domain", "slug", "name", "status", "version", "sensitivity", "slo"),
        *("bias", "min_shares", "max_gaps", "url"),
    ),
    csv_cells=_csv_cells,
    annotate=_annotate,
)
