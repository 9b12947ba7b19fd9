"""Addresses of products: free or taken, and kept for ever."""

from __future__ import annotations

from catalog.products.models import DataProduct, FormerAddress
from catalog.refusals import NameTaken


def free_address(product: DataProduct) -> None:
    place = {"domain_id": product.domain_id, "slug": product.slug}
    former = FormerAddress.objects.filter(**place)
    if product.pk:
        former.filter(product_id=product.pk).delete()
    standing = DataProduct.objects.filter(**place).exclude(pk=product.pk)
    if standing.values("pk").union(former.values("product_id"), all=True).exists():
        raise NameTaken(
            f"{product.domain.slug}/{product.slug} is or was the address of another product.",
            where="slug",
            way_out="Choose another name, or set assaySlug.",
        )


def keep_address(product: DataProduct, domain_id: int, slug: str) -> None:
    FormerAddress.objects.get_or_create(
        domain_id=domain_id, slug=slug, defaults={"product": product}
    )
