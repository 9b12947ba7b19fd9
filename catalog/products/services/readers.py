"""Who may read a product, and which domain owns it."""

from collections.abc import Collection

from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import Q

from catalog.authorization.access import Writer, lock_for_edit, require_permission
from catalog.domains.models import Domain
from catalog.people.models import Team
from catalog.permissions import Permission
from catalog.products.models import READ_PRODUCT, DataProduct, ProductGroupPermission, Status
from catalog.products.projectors import projectors
from catalog.products.services.addresses import record_former_address, require_free_address
from catalog.products.services.documents import record_edit
from catalog.products.services.edits import edits_product


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
    product = lock_for_edit(product, edition, actor, Permission.PUBLISH_PRODUCTS)
    before = {"readers": product.readers.tokens()}
    product.readers.all().delete()
    groups = Group.objects.filter(Q(domain__in=domains) | Q(team__in=teams))
    ProductGroupPermission.objects.assign_perm_to_many(READ_PRODUCT, groups, product)
    after = {"readers": product.readers.tokens()}
    record_edit(product, actor, "shared", before=before, after=after, reason=reason)
    return product


@edits_product
def move_product(
    *, product: DataProduct, domain: Domain, edition: int, actor: Writer, reason: str = ""
) -> DataProduct:
    """Move a product to another domain; the old address redirects to it forever.

    A draft may be moved to where the actor may edit, any other to where they may publish. Raises
    PermissionDenied, EditConflict, NameConflict, ValidationFailed (its files stay behind).
    """
    is_draft = product.status == Status.DRAFT
    right = Permission.EDIT_PRODUCTS if is_draft else Permission.PUBLISH_PRODUCTS
    require_permission(actor, right, domain)
    product = lock_for_edit(product, edition, actor, Permission.PUBLISH_PRODUCTS)
    for projector in projectors().values():
        projector.check_move(product, domain)
    before, old = {"domain": product.domain.slug}, (product.domain_id, product.slug)
    product.domain = domain
    product.tree = product.tree | {"domain": domain.slug}
    require_free_address(product)
    record_former_address(product, *old)
    product.save(update_fields=["domain", "tree"])
    after = {"domain": domain.slug}
    record_edit(product, actor, "moved", before=before, after=after, reason=reason)
    return product
