"""Registers and deletes products, and stores their names in other systems."""

from collections.abc import Mapping
from contextlib import suppress
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from catalog.authorization.access import Writer, require_permission
from catalog.domains.models import Domain
from catalog.exceptions import InvalidTransition, NameConflict, require_edition
from catalog.permissions import Permission
from catalog.products.document import ProductDocument, parse_document
from catalog.products.models import PRODUCT, DataProduct, ProductAlias, Status
from catalog.products.projection import DOCUMENT_SYSTEM
from catalog.products.services.addresses import require_free_address
from catalog.products.services.rows import run_projectors, set_document
from catalog.products.services.working_copy import lock_product
from catalog.revisions.services import create_tombstones, record_change
from catalog.types import JSONObject


def register_product(
    *,
    domain: Domain,
    tree: JSONObject | ProductDocument,
    actor: Writer,
    status: str = Status.DRAFT,
    reason: str = "",
) -> DataProduct:
    """Register a product in a domain as a draft of edition 1 (or as an external entry).

    Raises PermissionDenied, NameConflict, ValidationFailed (with JSON Pointers).
    """
    require_permission(actor, Permission.EDIT_PRODUCTS, domain)
    if status not in (Status.DRAFT, Status.EXTERNAL):
        raise InvalidTransition("A product starts as a draft.", location="status")
    document = parse_document(tree)
    product = DataProduct(domain=domain, status=status)
    set_document(product, document)
    with transaction.atomic():
        require_free_address(product, product.slug)
        if status != Status.EXTERNAL:
            require_free_identity(product)
        product.save(force_insert=True)
        run_projectors(product, document, is_new=True)
        record_change(product, actor, "registered", after=_summary(product), reason=reason)
    return product


@transaction.atomic
def delete_product(*, product: DataProduct, edition: int, actor: Writer, reason: str = "") -> None:
    """Delete a draft or an external entry; a tombstone informs the followers.

    Raises InvalidTransition for a product that consumers may know: retire that one instead.
    """
    row, copy = lock_product(product, actor, Permission.DELETE_PRODUCTS)
    require_edition(sent=edition, read=product.edition, current=(copy or row).edition)
    product = row
    if product.status not in (Status.DRAFT, Status.EXTERNAL):
        raise InvalidTransition(
            f"A {product.status} product cannot be deleted.",
            location="status",
            hint="Retire it: its address then names its successor.",
        )
    create_tombstones(kind=PRODUCT, object_id=product.uuid, revision=product.revision + 1)
    record_change(product, actor, "deleted", before=_summary(product), reason=reason)
    product.delete()


def require_free_identity(product: DataProduct) -> None:
    """Raise NameConflict if another product has the id of this product's document.

    That of an entry of an external catalog counts once something has been imported under it here.
    """
    identifier = product.document_id
    owners = Q(document_id=identifier) & ~Q(status=Status.EXTERNAL)
    owners |= Q(aliases__system=DOCUMENT_SYSTEM, aliases__identifier=identifier)
    with suppress(ValueError):
        owners |= Q(uuid=UUID(identifier))
    if DataProduct.objects.filter(owners).exclude(pk=product.pk).exists():
        raise NameConflict(
            "The id is in use by another product.",
            location="/id",
            hint="Import the document where that product is, or give this one an id of its own.",
        )


def set_alias(*, product: DataProduct, system: str, identifier: str, digest: str = "") -> None:
    """Store a product's name in another system, with the digest and edition of its last import."""
    set_aliases(product=product, system=system, digests={identifier: digest})


def set_aliases(*, product: DataProduct, system: str, digests: Mapping[str, str]) -> None:
    """Store several names; one that another product has stays with it.

    `product` is what was imported: of a published product its working copy, if it has one.
    """
    aliases = ProductAlias.objects.filter(system=system, identifier__in=digests)
    row = product.published_row
    names_of_others = set(aliases.exclude(product=row).values_list("identifier", flat=True))
    ProductAlias.objects.bulk_create(
        [
            ProductAlias(
                product=row,
                system=system,
                identifier=identifier,
                imported_digest=digest,
                imported_edition=product.edition if digest else None,
            )
            for identifier, digest in digests.items()
            if identifier not in names_of_others
        ],
        update_conflicts=True,
        unique_fields=["system", "identifier"],
        update_fields=["imported_digest", "imported_edition"],
    )


def _summary(product: DataProduct) -> JSONObject:
    columns = ("slug", "name", "version", "status", "visibility")
    return {name: getattr(product, name) for name in columns}
