"""Writes what names a product: declared in its tree by owners, or added by readers."""

from collections.abc import Sequence

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from catalog.authorization.access import access_for, require_permission
from catalog.exceptions import InvalidTransition, NotFound, PermissionDenied, require_valid
from catalog.identifiers import unstorable
from catalog.issues import Issue
from catalog.people.models import Person
from catalog.permissions import Permission
from catalog.products.models import DataProduct, ProductUse
from catalog.products.projection import DeclaredUsage
from catalog.revisions.services import record_change


def project_usages(
    product: DataProduct, declared: Sequence[DeclaredUsage], *, is_new: bool
) -> None:
    """Replace the declared usages; those that readers added stay, a working copy has none."""
    if product.is_working_copy:
        return
    if not is_new:
        product.uses.filter(origin=ProductUse.Origin.DECLARED).delete()
    ProductUse.objects.bulk_create(
        ProductUse(product=product, title=usage.title, type=usage.type, url=usage.url)
        for usage in declared
    )


@transaction.atomic
def add_use(
    *, product: DataProduct, title: str, actor: Person, use_type: str = "", url: str = ""
) -> ProductUse:
    """Add something that names a product; everybody signed in who can read it may.

    The edition stays, the revision is bumped. Raises NotFound, PermissionDenied, ValidationFailed.
    """
    reader = access_for(actor)
    if not reader.can_read(product):
        raise NotFound("Product not found.")
    if not reader.is_signed_in:
        raise PermissionDenied("Sign in to add a use.", location="actor")
    texts = (("title", title, 400), ("type", use_type, 60), ("url", url, 1000))
    issues = [
        Issue(location=location, message=f"At most {max_length} plain characters.")
        for location, text, max_length in texts
        if len(text) > max_length or unstorable(text)
    ]
    if not title.strip():
        issues.append(Issue(location="title", message="Say what uses the product."))
    if url and not url.startswith(("https://", "http://")):
        issues.append(Issue(location="url", message="Must start with http:// or https://."))
    require_valid(issues)
    use = ProductUse.objects.create(
        product=product,
        title=title.strip(),
        type=use_type,
        url=url,
        origin=ProductUse.Origin.ADDED,
        added_by=actor.display_name,
    )
    _count_change(product)
    record_change(product, actor, "added use", after={"title": use.title})
    return use


@transaction.atomic
def remove_use(*, use: ProductUse, actor: Person) -> None:
    """Remove a use that a reader added; people who may edit the product can.

    The edition stays, the revision is bumped. Raises PermissionDenied, InvalidTransition (it is
    declared in the product's document).
    """
    product = use.product
    require_permission(actor, Permission.EDIT_PRODUCTS, product.domain)
    if use.origin == ProductUse.Origin.DECLARED:
        raise InvalidTransition(
            "This use is declared in the product's document.",
            location="origin",
            hint="Remove it from assayUsedIn in the document.",
        )
    use.delete()
    _count_change(product)
    record_change(product, actor, "removed use", before={"title": use.title})


def _count_change(product: DataProduct) -> None:
    rows = DataProduct.objects.filter(pk=product.pk)
    rows.update(revision=F("revision") + 1, revised_at=timezone.now())
    product.refresh_from_db(fields=["revision"])
