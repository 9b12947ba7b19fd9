"""Writes what people edit in the document of a product."""

from collections.abc import Sequence

import jsonpointer
from django.db import transaction

from catalog.authorization.access import Writer
from catalog.permissions import Permission
from catalog.products.document import (
    DocumentChange,
    ProductDocument,
    parse_document,
    plan_change,
)
from catalog.products.json_patch import apply_patch
from catalog.products.models import DataProduct
from catalog.products.projection import content_digest
from catalog.products.services.readers import apply_settings
from catalog.products.services.rows import record_edit, save_document
from catalog.products.services.working_copy import lock_edited, open_working_copy
from catalog.types import JSONObject


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

    `product` is the edited version. Of a published product the working copy changes; return that.
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

    `product` is the edited version. Of a published product the working copy changes; return that.
    Raises PermissionDenied, EditConflict, NameConflict, ValidationFailed.
    """
    change = plan_change(product.tree, tree)
    return _apply(product=product, change=change, edition=edition, actor=actor, reason=reason)


@transaction.atomic
def _apply(
    *, product: DataProduct, change: DocumentChange, edition: int, actor: Writer, reason: str
) -> DataProduct:
    # The change was computed before the lock, from the edition that the lock requires.
    current = lock_edited(product, edition, actor, Permission.EDIT_PRODUCTS)
    if not change.patch:
        return current
    document = change.document
    if current.is_released:
        apply_settings(current, document, actor, reason)
        if content_digest(current.tree) == content_digest(document.tree):
            return current
    current = open_working_copy(current)
    save_document(current, document)
    replaced, after = _replaced_values(change.before, change.patch), {"patch": list(change.patch)}
    record_edit(current, actor, "edited", before=replaced, after=after, reason=reason)
    return current


def _replaced_values(tree: JSONObject, patch: Sequence[JSONObject]) -> JSONObject:
    """Return the values that a patch replaces or removes, by JSON Pointer."""
    missing = object()
    paths = [str(step.get("path")) for step in patch if not str(step.get("path")).endswith("/-")]
    values = {path: jsonpointer.resolve_pointer(tree, path, missing) for path in paths}
    return {path: value for path, value in values.items() if value is not missing}
