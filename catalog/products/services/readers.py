"""Who may read a product, and which domain owns it."""

from collections.abc import Collection

from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import Q

from catalog.authorization.access import require_permission
from catalog.domains.models import Domain
from catalog.people.models import Team
from catalog.permissions import Permission
from catalog.products.models import READ_PRODUCT, DataProduct, ProductGroupPermission
from catalog.products.services.addresses import record_former_address, require_free_address
from catalog.products.services.documents import Writer, lock_for_edit, record_edit


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
    product = lock_for_edit(
        product=product, edition=edition, actor=actor, permission=Permission.PUBLISH_PRODUCTS
    )
    before = product.readers.tokens()
    product.readers.all().delete()
    groups = Group.objects.filter(Q(domain__in=domains) | Q(team__in=teams))
    ProductGroupPermission.objects.assign_perm_to_many(READ_PRODUCT, groups, product)
    after = product.readers.tokens()
    record_edit(
        product=product,
        actor=actor,
        verb="shared",
        before={"readers": before},
        after={"readers": after},
        reason=reason,
    )
    return product


@transaction.atomic
def move_product(
    *, product: DataProduct, domain: Domain, edition: int, actor: Writer, reason: str = ""
) -> DataProduct:
    """Move a product to another domain; the old address redirects to it forever."""
    require_permission(actor, Permission.EDIT_PRODUCTS, domain)
    product = lock_for_edit(
        product=product, edition=edition, actor=actor, permission=Permission.PUBLISH_PRODUCTS
    )
    before, old = product.domain.slug, (product.domain_id, product.slug)
    product.domain = domain
    product.tree = product.tree | {"domain": domain.slug}
    require_free_address(product)
    record_former_address(product, *old)
    product.save(update_fields=["domain", "tree"])
    record_edit(
        product=product,
        actor=actor,
        verb="moved",
        before={"domain": before},
        after={"domain": domain.slug},
        reason=reason,
    )
    return product
