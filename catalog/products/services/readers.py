"""The settings of a product: who may read it, and which domain owns it.

They are no part of what is published: they act at once, on the working copy too.
"""

from collections.abc import Callable, Collection

from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import Q

from catalog.authorization.access import Writer, can, require_permission
from catalog.domains.models import Domain
from catalog.exceptions import InvalidTransition, PermissionDenied
from catalog.people.models import Team
from catalog.permissions import Permission
from catalog.products.document import ProductDocument
from catalog.products.models import READ_PRODUCT, DataProduct, ProductGroupPermission, Status
from catalog.products.projection import (
    CUSTOM_PROPERTY_KEYS,
    SETTINGS,
    custom,
    custom_pointer,
    is_wider,
    with_custom,
)
from catalog.products.projectors import projectors
from catalog.products.services.addresses import record_former_address, require_free_address
from catalog.products.services.working_copy import lock_settings, record_setting
from catalog.types import JSONObject

SettingsCheck = Callable[[DataProduct], Callable[[DataProduct], None]]
_checks: list[SettingsCheck] = []
_VISIBILITY = CUSTOM_PROPERTY_KEYS["visibility"]


@transaction.atomic
def share_product(
    *,
    product: DataProduct,
    domains: Collection[Domain],
    teams: Collection[Team],
    edition: int,
    actor: Writer,
    reason: str = "",
) -> DataProduct:
    """Replace the other domains and teams that may read a restricted product."""
    product, copy = lock_settings(product, edition, actor, Permission.PUBLISH_PRODUCTS)
    before = {"readers": product.readers.tokens()}
    product.readers.all().delete()
    groups = Group.objects.filter(Q(domain__in=domains) | Q(team__in=teams))
    ProductGroupPermission.objects.assign_perm_to_many(READ_PRODUCT, groups, product)
    after = {"readers": product.readers.tokens()}
    record_setting(product, copy, actor, "shared", before=before, after=after, reason=reason)
    return product


def register_settings_check(check: SettingsCheck) -> None:
    """Register a check of settings of published products.

    It gets the product before a change, and returns what gets it after that and raises
    CatalogError to refuse the change.
    """
    if check not in _checks:
        _checks.append(check)


def apply_settings(
    current: DataProduct, document: ProductDocument, actor: Writer, reason: str
) -> None:
    """Apply the settings that a document has for a locked published product, without publication.

    Raises PermissionDenied, and what the registered checks raise if more people are to see it.
    """
    row, copy = current.published_row, current if current.is_working_copy else None
    changed = [key for key in SETTINGS if custom(document.tree, key) != custom(current.tree, key)]
    if not changed:
        return
    visibility = document.columns.visibility
    _require_right_to_set(row, document, changed, actor)
    is_wider_now = is_wider(visibility, than=row.visibility)
    finish_checks = [check(row) for check in _checks] if is_wider_now else []
    before: JSONObject = {key: custom(current.tree, key) for key in changed}
    after: JSONObject = {key: custom(document.tree, key) for key in changed}
    for edited in filter(None, (row, copy)):
        edited.visibility = visibility
        for key, value in after.items():
            edited.tree = with_custom(edited.tree, key, value)
        edited.save(update_fields=["visibility", "tree"])
    for finish in finish_checks:
        finish(row)
    verb = "changed settings"
    record_setting(row, copy, actor, verb, before=before, after=after, reason=reason)


def _require_right_to_set(
    row: DataProduct, document: ProductDocument, changed: Collection[str], actor: Writer
) -> None:
    """Raise PermissionDenied for settings that only an owner changes.

    Others may only let fewer people see the product.
    """
    if is_wider(document.columns.visibility, than=row.visibility):
        key, what = _VISIBILITY, "let more people see this product"
    elif set(changed) - {_VISIBILITY}:
        key, what = next(key for key in changed if key != _VISIBILITY), "say how this product ends"
    else:
        return
    if not can(actor, Permission.PUBLISH_PRODUCTS, row.domain_id):
        raise PermissionDenied(
            f"Only an owner of {row.domain.name} can {what}.",
            location=custom_pointer(document.tree, key) or "visibility",
            hint="Leave it as it is, or ask an owner to change it.",
        )


@transaction.atomic
def move_product(
    *, product: DataProduct, domain: Domain, edition: int, actor: Writer, reason: str = ""
) -> DataProduct:
    """Move a product to another domain; the old address redirects to it forever.

    A draft may be moved to where the actor may edit, any other to where they may publish. Raises
    PermissionDenied, EditConflict, NameConflict, ValidationFailed (its files stay behind), and what
    the registered checks raise.
    """
    is_draft = product.status == Status.DRAFT
    right = Permission.EDIT_PRODUCTS if is_draft else Permission.PUBLISH_PRODUCTS
    require_permission(actor, right, domain)
    row, copy = lock_settings(product, edition, actor, Permission.PUBLISH_PRODUCTS)
    if row.status == Status.RETIRED:
        raise InvalidTransition("A retired product does not change.", location="status")
    finish_checks = [check(row) for check in _checks] if row.is_released else []
    before, old = {"domain": row.domain.slug}, (row.domain_id, row.slug)
    for moved in filter(None, (row, copy)):
        for projector in projectors().values():
            projector.check_move(moved, domain)
        moved.domain, moved.tree = domain, moved.tree | {"domain": domain.slug}
    require_free_address(row, row.slug)
    record_former_address(row, *old)
    for moved in filter(None, (row, copy)):
        moved.save(update_fields=["domain", "tree"])
    for finish in finish_checks:
        finish(row)
    after = {"domain": domain.slug}
    record_setting(row, copy, actor, "moved", before=before, after=after, reason=reason)
    return row
