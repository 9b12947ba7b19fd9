"""The products that hits lead to, read again from the database as somebody may see them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import UUIDField

from catalog.authorization.access import AccessContext
from catalog.identifiers import product_path
from catalog.products.models import DataProduct, ProductGroupPermission, reader_tokens
from catalog.statements import PreparedQuery, param_list


class ProductRow(NamedTuple):
    """What a result says of a product; the owner is its domain's team, if it has one."""

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
    tags: list[Any]
    updated_at: datetime
    domain_id: int
    domain_slug: str
    domain_name: str
    owner_slug: str | None
    owner_name: str | None

    @property
    def path(self) -> str:
        """Return the path of the product's page."""
        return product_path(self.domain_slug, self.slug)


_WAYS = {
    "domain_slug": "domain__slug",
    "domain_name": "domain__name",
    "owner_slug": "domain__owner_team__slug",
    "owner_name": "domain__owner_team__name",
}
_COLUMNS = tuple(_WAYS.get(name, name) for name in ProductRow._fields)


@lru_cache
def _standing(number: int) -> PreparedQuery:
    """Return the statement that reads so many products as they stand."""
    ids = param_list("ids", UUIDField(), number)
    return PreparedQuery(
        lambda: DataProduct.objects.filter(uuid__in=ids).order_by().values_list(*_COLUMNS)
    )


def products_shown(reader: AccessContext, ids: Sequence[str]) -> dict[str, ProductRow]:
    """Return by id those of the products that the reader may know of at this moment.

    One statement, and another where somebody's right hangs on a product's reader rows. No model
    is made: that would cost more than the search.
    """
    rows = _standing(len(ids)).rows(ids=list(ids)) if ids else []
    products = [ProductRow(*row) for row in rows]
    visible: list[ProductRow] = []
    doubtful: list[ProductRow] = []
    for product in products:
        is_read = reader.reads_everything or _holds_one(reader, reader_tokens(product, ()))
        (visible if is_read else doubtful).append(product)
    if doubtful:
        named: dict[int, list[str]] = {product.pk: [] for product in doubtful}
        grants = ProductGroupPermission.objects.filter(content_object__in=list(named))
        for product_id, token in grants.tokens_by_product():
            named[product_id].append(token)
        visible += [p for p in doubtful if _holds_one(reader, reader_tokens(p, named[p.pk]))]
    return {str(product.uuid): product for product in visible}


def products_of(reader: AccessContext, ids: Sequence[str]) -> dict[str, DataProduct]:
    """Return the same by id as models, for what says more of a product than a result does."""
    visible = DataProduct.objects.visible_to(reader).select_related("domain")
    return {str(uuid): row for uuid, row in visible.in_bulk(ids, field_name="uuid").items()}


def _holds_one(reader: AccessContext, tokens: Iterable[str]) -> bool:
    return not reader.tokens.isdisjoint(tokens)
