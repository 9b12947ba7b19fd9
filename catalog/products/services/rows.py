"""Writes a product's row, all that is projected from its document, and the count of its edits."""

from dataclasses import fields

from django.db.models import F
from django.utils import timezone

from catalog.authorization.access import Writer
from catalog.exceptions import EditConflict, ValidationFailed
from catalog.products.document import ProductDocument
from catalog.products.models import DataProduct
from catalog.products.projection import API_VERSION, ProductColumns
from catalog.products.projectors import projectors
from catalog.products.services.addresses import record_former_address, require_free_address
from catalog.revisions.services import record_change
from catalog.types import JSONObject

PROJECTED = tuple(field.name for field in fields(ProductColumns) if field.name != "tags")
# A working copy repeats these columns of the published row, whatever its document says.
_NOT_IN_COPIES = frozenset({"slug", "visibility"})


def set_document(product: DataProduct, document: ProductDocument) -> None:
    """Set the tree and the columns of a product. Raises ValidationFailed if its id changes."""
    tree = document.tree
    identifier = tree.get("id")
    if product.tree and identifier != product.tree.get("id"):
        message = "The id of a product cannot be changed."
        raise ValidationFailed.of("/id", message)
    if identifier is None:
        tree = {"apiVersion": API_VERSION, "kind": "DataProduct", "id": str(product.uuid)} | tree
    for name in PROJECTED:
        if not (product.is_working_copy and name in _NOT_IN_COPIES):
            setattr(product, name, getattr(document.columns, name))
    product.document_id = product.document_id or str(product.uuid)
    product.tags = list(document.columns.tags)
    product.tree = tree


def save_document(product: DataProduct, document: ProductDocument) -> None:
    """Write a document into the row of a product, and what is projected from it.

    Raises ValidationFailed, NameConflict.
    """
    old, slug = (product.domain_id, product.slug), document.columns.slug
    set_document(product, document)
    if slug != old[1]:
        require_free_address(product.published_row, slug)
        if not product.is_working_copy:
            record_former_address(product, *old)
    product.save(update_fields=["tree", "tags", *PROJECTED])
    run_projectors(product, document, is_new=False)


def run_projectors(product: DataProduct, document: ProductDocument, *, is_new: bool) -> None:
    for name, projector in projectors().items():
        projector.write(product, document.parts[name], is_new=is_new)


def record_edit(
    product: DataProduct,
    actor: Writer,
    verb: str,
    *,
    before: JSONObject | None = None,
    after: JSONObject | None = None,
    reason: str = "",
) -> None:
    """Count one edit by people: bump edition and revision, audit it and tell the followers.

    Compare and bump are one statement, so of two writers one gets EditConflict.
    """
    rows = DataProduct.including_working_copies.filter(pk=product.pk)
    updated = rows.filter(edition=product.edition).update(
        edition=F("edition") + 1,
        revision=F("revision") + 1,
        updated_at=timezone.now(),
        revised_at=timezone.now(),
    )
    if not updated:
        current = rows.values_list("edition", flat=True).get()
        raise EditConflict(sent=product.edition, current=current)
    product.refresh_from_db(fields=["edition", "revision", "updated_at"])
    record_change(product, actor, verb, before=before, after=after, reason=reason)
