"""The working copy of a published product: what people edit, until it is published or discarded.

Every writer locks the row of the product first; that lock covers the working copy too.
An edition number never returns: while there is a working copy its edition is above that of the
published row, and publishing, discarding and changes of settings go on from there.
"""

from django.db import transaction

from catalog.authorization.access import Writer, require_permission
from catalog.exceptions import EditConflict, InvalidTransition, NotFound, require_edition
from catalog.permissions import Permission
from catalog.products.document import parse_document
from catalog.products.json_diff import make_patch
from catalog.products.models import DataProduct, Status
from catalog.products.projectors import projectors
from catalog.products.services.rows import record_edit, run_projectors, save_document
from catalog.revisions.services import record_change
from catalog.types import JSONObject


def edited_version(product: DataProduct) -> DataProduct:
    """Return what people edit of a product, not locked: its working copy or else the row itself."""
    if product.is_working_copy or not product.is_released:
        return product
    copies = DataProduct.including_working_copies.select_related("domain__owner_team", "provenance")
    copy = copies.filter(working_copy_of=product.pk).first()
    if copy is None:
        return product
    copy.working_copy_of = product
    return copy


def lock_product(
    product: DataProduct, actor: Writer, permission: Permission
) -> tuple[DataProduct, DataProduct | None]:
    """Return the row of a product, locked for this transaction, and its working copy, if any.

    `product` is either row. Raises PermissionDenied, NotFound (it was deleted).
    """
    rows = DataProduct.including_working_copies.select_related("domain")
    locked = rows.select_for_update(of=("self",), no_key=True)
    row = locked.filter(pk=product.working_copy_of_id or product.pk).first()
    if row is None:
        raise NotFound("This product was deleted.")
    require_permission(actor, permission, row.domain)
    copy = rows.filter(working_copy_of=row.pk).first() if row.is_released else None
    if copy is not None:
        copy.working_copy_of = row
    return row, copy


def lock_edited(
    product: DataProduct, edition: int, actor: Writer, permission: Permission
) -> DataProduct:
    """Return what people edit of a product, locked for this transaction, if it has this edition.

    Raises PermissionDenied, NotFound, EditConflict, InvalidTransition (it is retired).
    """
    row, copy = lock_product(product, actor, permission)
    current = copy or row
    require_edition(sent=edition, read=product.edition, current=current.edition)
    if row.status == Status.RETIRED:
        raise InvalidTransition("A retired product does not change.", location="status")
    return current


def lock_settings(
    product: DataProduct, edition: int, actor: Writer, permission: Permission
) -> tuple[DataProduct, DataProduct | None]:
    """Return the locked row of a product and its working copy, to change what both have.

    Both editions are accepted: either shows what is going to be changed.
    Raises PermissionDenied, NotFound, EditConflict.
    """
    row, copy = lock_product(product, actor, permission)
    if edition not in (row.edition, copy.edition if copy else row.edition):
        raise EditConflict(sent=edition, current=(copy or row).edition)
    return row, copy


def open_working_copy(current: DataProduct) -> DataProduct:
    """Return the row that an edit of a locked product writes to: of a published one a new copy."""
    if current.is_working_copy or not current.is_released:
        return current
    columns = {field.attname: getattr(current, field.attname) for field in DataProduct._meta.fields}
    del columns["id"]
    copy = DataProduct(**columns | {"working_copy_of_id": current.pk})
    copy.working_copy_of, copy.domain = current, current.domain
    copy.save(force_insert=True)
    run_projectors(copy, parse_document(copy.tree), is_new=True)
    return copy


def record_setting(
    row: DataProduct,
    copy: DataProduct | None,
    actor: Writer,
    verb: str,
    *,
    before: JSONObject | None = None,
    after: JSONObject | None = None,
    reason: str = "",
) -> None:
    """Count a change of what a locked product and its working copy both have, as one edit."""
    if copy is not None:
        _set_edition(row, copy.edition)
        _set_edition(copy, copy.edition + 2)
    record_edit(row, actor, verb, before=before, after=after, reason=reason)


def publish_working_copy(row: DataProduct, copy: DataProduct) -> JSONObject:
    """Write a working copy over the row of its product; return what that changes, for the audit.

    Both are locked. The caller records the publication, which is the next edition.
    """
    changes = _changes(row, copy)
    for projector in projectors().values():
        projector.merge(row, copy)
    save_document(row, parse_document(copy.tree))
    _delete_copy(row, copy)
    return changes


@transaction.atomic
def discard_changes(
    *, product: DataProduct, edition: int, actor: Writer, reason: str = ""
) -> DataProduct:
    """Delete the working copy of a published product; return the product.

    Raises PermissionDenied, EditConflict, InvalidTransition (there is none).
    """
    row, copy = lock_product(product, actor, Permission.EDIT_PRODUCTS)
    require_edition(sent=edition, read=edition, current=(copy or row).edition)
    if copy is None:
        raise InvalidTransition("There are no unpublished changes.", location="status")
    return drop_working_copy(row, copy, actor, reason)


def drop_working_copy(
    row: DataProduct, copy: DataProduct, actor: Writer, reason: str = ""
) -> DataProduct:
    """Delete a locked working copy; the audit trail keeps its changes."""
    before = _changes(row, copy)
    record_change(copy, actor, "discarded changes", before=before, reason=reason)
    _delete_copy(row, copy)
    _set_edition(row, row.edition + 1)
    return row


def _changes(row: DataProduct, copy: DataProduct) -> JSONObject:
    contracts = [f"{contract.identifier} {contract.version}" for contract in copy.contracts.all()]
    changes: JSONObject = {"patch": make_patch(row.tree, copy.tree)}
    return changes | ({"contracts": contracts} if contracts else {})


def _delete_copy(row: DataProduct, copy: DataProduct) -> None:
    edition = copy.edition
    copy.delete()
    _set_edition(row, edition)


def _set_edition(row: DataProduct, edition: int) -> None:
    row.edition = edition
    DataProduct.including_working_copies.filter(pk=row.pk).update(edition=edition)
