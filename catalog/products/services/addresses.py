"""Addresses of products: free or taken, and kept for ever."""

from catalog.exceptions import NameConflict
from catalog.products.models import DataProduct, FormerAddress


def require_free_address(product: DataProduct, slug: str) -> None:
    """Raise NameConflict if another product of the domain has or had this slug."""
    address = {"domain_id": product.domain_id, "slug": slug}
    current = DataProduct.objects.filter(**address).order_by().values_list("pk")
    former = FormerAddress.objects.filter(**address).values_list("product_id")
    if any(pk != product.pk for (pk,) in current.union(former, all=True)):
        raise NameConflict(
            f"{product.domain.slug}/{slug} is or was the address of another product.",
            location="slug",
            hint="Choose another name, or set assaySlug.",
        )


def record_former_address(product: DataProduct, domain_id: int, slug: str) -> None:
    """Keep an address that a product had; one that it has again is no former address."""
    current = {"domain_id": product.domain_id, "slug": product.slug}
    FormerAddress.objects.filter(product_id=product.pk, **current).delete()
    FormerAddress.objects.get_or_create(
        domain_id=domain_id, slug=slug, defaults={"product": product}
    )
