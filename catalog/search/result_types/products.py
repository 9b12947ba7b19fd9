"""Data products as search results."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from django.conf import settings
from django.utils.formats import localize
from django.utils.translation import gettext_lazy, ngettext

from catalog.authorization.access import AccessContext
from catalog.identifiers import product_iri, product_path
from catalog.products.models import (
    PRODUCT,
    DataProduct,
    ProductGroupPermission,
    Sensitivity,
    reader_tokens,
)
from catalog.search.documents.products import product_documents
from catalog.search.result_types.result_type import BaseResult, DateTimeText, ResultType

SENSITIVITIES = {choice.value: str(choice.label) for choice in Sensitivity}


class ProductRow(NamedTuple):
    """What a result shows of a product; the owner is its domain's team, if it has one."""

    pk: int
    uuid: UUID
    slug: str
    name: str
    purpose: str
    version: str
    status: str
    visibility: str
    sensitivity: int
    slo_verdict: str
    certification: str
    certified_until: date | None
    tags: list[str]
    updated_at: datetime
    domain_id: int
    domain_slug: str
    domain_name: str
    owner_slug: str | None
    owner_name: str | None

    @property
    def path(self) -> str:
        return product_path(self.domain_slug, self.slug)


class ProductResult(BaseResult):
    """A product found."""

    iri: str
    domain: str
    purpose: str
    version: str
    owner: str | None
    status: str
    sensitivity: str
    slo: str
    certification: str | None
    tags: list[str]
    updated_at: DateTimeText


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
    return ProductResult(
        id=str(product.uuid),
        iri=product_iri(product.uuid, base=settings.ASSAY_BASE_IRI),
        slug=product.slug,
        name=product.name,
        domain=product.domain_slug,
        url=product.path,
        purpose=product.purpose,
        version=product.version,
        owner=product.owner_slug,
        status=product.status,
        sensitivity=SENSITIVITIES[product.sensitivity],
        slo=product.slo_verdict,
        certification=product.certification or None,
        tags=product.tags,
        updated_at=product.updated_at.isoformat(),
    )


def _to_csv(product: ProductRow) -> list[str]:
    return [
        str(product.uuid),
        product.domain_slug,
        product.slug,
        product.name,
        product.status,
        product.version,
        SENSITIVITIES[product.sensitivity],
        product.slo_verdict,
        product_iri(product.uuid, base=settings.ASSAY_BASE_IRI),
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
