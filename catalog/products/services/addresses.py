"""Addresses of products: free or taken, and kept for ever."""

from __future__ import annotations

from typing import Any

from django.db.models import BigIntegerField, CharField, QuerySet

from catalog.exceptions import NameConflict
from catalog.products.models import DataProduct, FormerAddress
from catalog.statements import PreparedQuery, param


def _holders() -> QuerySet[Any, Any]:
    """Return the products that have an address, or had it."""
    place = {"domain_id": param("domain_id", BigIntegerField()), "slug": param("slug", CharField())}
    standing = DataProduct.objects.filter(**place).order_by().values_list("pk")
    former = FormerAddress.objects.filter(**place).values_list("product_id")
    return standing.union(former, all=True)


_HOLDERS = PreparedQuery(_holders)


def require_free_address(product: DataProduct) -> None:
    place = {"domain_id": product.domain_id, "slug": product.slug}
    if product.pk:
        FormerAddress.objects.filter(product_id=product.pk, **place).delete()
    if any(pk != product.pk for (pk,) in _HOLDERS.rows(**place)):
        raise NameConflict(
            f"{product.domain.slug}/{product.slug} is or was the address of another product.",
            location="slug",
            hint="Choose another name, or set assaySlug.",
        )


def record_former_address(product: DataProduct, domain_id: int, slug: str) -> None:
    FormerAddress.objects.get_or_create(
        domain_id=domain_id, slug=slug, defaults={"product": product}
    )
