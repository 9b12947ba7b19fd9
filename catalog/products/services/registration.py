"""How a product enters the catalog, and how it leaves it."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from catalog.authorization.access import require_permission
from catalog.domains.models import Domain
from catalog.exceptions import InvalidTransition
from catalog.permissions import Permission
from catalog.products.models import PRODUCT, DataProduct, ProductAlias, Status
from catalog.products.projection import Tree
from catalog.products.services.addresses import require_free_address
from catalog.products.services.documents import (
    Writer,
    lock_for_edit,
    record_event,
    run_projectors,
    write_document,
)
from catalog.revisions.services import create_tombstones


@transaction.atomic
def register_product(
    *, domain: Domain, tree: Tree, actor: Writer, status: str = Status.DRAFT, reason: str = ""
) -> DataProduct:
    """Register a product in a domain as a draft of edition 1 (or as an external entry).

    Raises PermissionDenied, Invalid (with JSON Pointers), NameConflict.
    """
    require_permission(actor, Permission.EDIT_PRODUCTS, domain)
    if status not in (Status.DRAFT, Status.EXTERNAL):
        raise InvalidTransition("A product starts as a draft.", location="status")
    product = DataProduct(domain=domain, status=status)
    write_document(product, tree)
    require_free_address(product)
    product.save(force_insert=True)
    run_projectors(product, is_new=True)
    record_event(actor, "registered", product, after=_summary(product), reason=reason)
    return product


@transaction.atomic
def delete_product(*, product: DataProduct, edition: int, actor: Writer, reason: str = "") -> None:
    """Delete a draft or an external entry for good; a tombstone tells the followers.

    Raises InvalidTransition for a product that consumers may know: retire that one instead.
    """
    product = lock_for_edit(
        product=product, edition=edition, actor=actor, permission=Permission.DELETE_PRODUCTS
    )
    if product.status not in (Status.DRAFT, Status.EXTERNAL):
        raise InvalidTransition(
            f"A {product.status} product is not deleted.",
            location="status",
            hint="Retire it: its address then says what came after it.",
        )
    create_tombstones(kind=PRODUCT, object_id=product.uuid, revision=product.revision + 1)
    record_event(actor, "deleted", product, before=_summary(product), reason=reason)
    product.delete()


@transaction.atomic
def set_alias(
    *,
    product: DataProduct,
    system: str,
    identifier: str,
    digest: str = "",
) -> ProductAlias:
    """Keep a product's name in another system, with the digest and edition of its last import."""
    alias, _ = ProductAlias.objects.update_or_create(
        system=system,
        identifier=identifier,
        defaults={
            "product": product,
            "imported_digest": digest,
            "imported_edition": product.edition if digest else None,
        },
    )
    return alias


def _summary(product: DataProduct) -> dict[str, Any]:
    return {
        "slug": product.slug,
        "name": product.name,
        "version": product.version,
        "status": product.status,
        "visibility": product.visibility,
    }
