"""Writes what people edit in a product: compared, counted, audited and announced."""

from collections.abc import Sequence
from dataclasses import fields

import jsonpointer
from django.db.models import F
from django.utils import timezone

from catalog.authorization.access import Writer, can, lock_for_edit
from catalog.exceptions import EditConflict, PermissionDenied, ValidationFailed
from catalog.permissions import Permission
from catalog.products.document import (
    DocumentChange,
    ProductDocument,
    parse_document,
    plan_change,
)
from catalog.products.json_patch import apply_patch
from catalog.products.models import DataProduct, Status
from catalog.products.projection import (
    API_VERSION,
    CUSTOM_PROPERTY_KEYS,
    ProductColumns,
    custom_pointer,
    is_wider,
)
from catalog.products.projectors import projectors
from catalog.products.services.addresses import record_former_address, require_free_address
from catalog.products.services.edits import edits_product
from catalog.revisions.services import record_change
from catalog.types import JSONObject

PROJECTED = tuple(field.name for field in fields(ProductColumns) if field.name != "tags")


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
    updated = DataProduct.objects.filter(pk=product.pk, edition=product.edition).update(
        edition=F("edition") + 1,
        revision=F("revision") + 1,
        updated_at=timezone.now(),
        revised_at=timezone.now(),
    )
    if not updated:
        current = DataProduct.objects.values_list("edition", flat=True).get(pk=product.pk)
        raise EditConflict(sent=product.edition, current=current)
    product.refresh_from_db(fields=["edition", "revision", "updated_at"])
    record_change(product, actor, verb, before=before, after=after, reason=reason)


def patch_document(
    *,
    product: DataProduct,
    patch: Sequence[JSONObject],
    edition: int,
    actor: Writer,
    result: ProductDocument | JSONObject | None = None,
    reason: str = "",
) -> DataProduct:
    """Apply a JSON Patch (RFC 6902) to a product's tree; `result` is that, if it is known.

    Raises PermissionDenied, EditConflict, NameConflict, ValidationFailed (the patch or its result).
    """
    document = parse_document(result or apply_patch(product.tree, patch))
    change = DocumentChange(product.tree, document, list(patch))
    return _apply(product=product, change=change, edition=edition, actor=actor, reason=reason)


def replace_document(
    *,
    product: DataProduct,
    tree: JSONObject | ProductDocument | DocumentChange,
    edition: int,
    actor: Writer,
    reason: str = "",
) -> DataProduct:
    """Replace a product's tree; an equal one changes nothing, a parsed one is not parsed again.

    Raises PermissionDenied, EditConflict, NameConflict, ValidationFailed.
    """
    change = plan_change(product.tree, tree)
    return _apply(product=product, change=change, edition=edition, actor=actor, reason=reason)


@edits_product
def _apply(
    *, product: DataProduct, change: DocumentChange, edition: int, actor: Writer, reason: str
) -> DataProduct:
    # The change was computed before the lock, from the edition that the lock requires.
    product = lock_for_edit(product, edition, actor, Permission.EDIT_PRODUCTS)
    if not change.patch:
        return product
    _require_owner_to_widen(product, change.document, actor)
    address = (product.domain_id, product.slug)
    set_document(product, change.document)
    if product.slug != address[1]:
        require_free_address(product)
        record_former_address(product, *address)
    product.save(update_fields=["tree", "tags", *PROJECTED])
    run_projectors(product, change.document, is_new=False)
    replaced, after = _replaced_values(change.before, change.patch), {"patch": list(change.patch)}
    record_edit(product, actor, "edited", before=replaced, after=after, reason=reason)
    return product


def _require_owner_to_widen(product: DataProduct, document: ProductDocument, actor: Writer) -> None:
    """Raise PermissionDenied if people would see a product that only an owner may show them."""
    is_wider_now = is_wider(document.columns.visibility, than=product.visibility)
    may_publish = can(actor, Permission.PUBLISH_PRODUCTS, product.domain_id)
    if product.status == Status.DRAFT or not is_wider_now or may_publish:
        return
    raise PermissionDenied(
        f"Only an owner of {product.domain.name} can let more people see this product.",
        location=custom_pointer(document.tree, CUSTOM_PROPERTY_KEYS["visibility"]) or "visibility",
        hint="Keep the visibility, or ask an owner to change it.",
    )


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
        setattr(product, name, getattr(document.columns, name))
    product.document_id = product.document_id or str(product.uuid)
    product.tags = list(document.columns.tags)
    product.tree = tree


def run_projectors(product: DataProduct, document: ProductDocument, *, is_new: bool) -> None:
    for name, projector in projectors().items():
        projector.write(product, document.parts[name], is_new=is_new)


def _replaced_values(tree: JSONObject, patch: Sequence[JSONObject]) -> JSONObject:
    """Return the values that a patch replaces or removes, by JSON Pointer."""
    missing = object()
    paths = [str(step.get("path")) for step in patch if not str(step.get("path")).endswith("/-")]
    values = {path: jsonpointer.resolve_pointer(tree, path, missing) for path in paths}
    return {path: value for path, value in values.items() if value is not missing}
