"""Addresses of products: free or taken, and kept for ever."""

from catalog.exceptions import NameConflict
from catalog.products.models import DataProduct, FormerAddress


def require_free_address(product: DataProduct) -> None:
    address = {"domain_id": product.domain_id, "slug": product.slug}
    if product.pk:
        FormerAddress.objects.filter(product_id=product.pk, **address).delete()
    current = DataProduct.objects.filter(**address).order_by().values_list("pk")
    former = FormerAddress.objects.filter(**address).values_list("product_id")
    if any(pk != product.pk for (pk,) in current.union(former, all=True)):
        raise NameConflict(
            f"{product.domain.slug}/{product.slug} is or was the address of another product.",
            location="slug",
            hint="Choose another name, or set assaySlug.",
        )


def record_former_address(product: DataProduct, domain_id: int, slug: str) -> None:
    FormerAddress.objects.get_or_create(
        domain_id=domain_id, slug=slug, defaults={"product": product}
    )
