"""Writing products: every change is one transaction with its audit event and its revision."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import jsonpatch
import jsonpointer
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from catalog.audit.actors import Worker
from catalog.audit.services import Subject, record
from catalog.domains.authority import demand
from catalog.domains.models import Domain
from catalog.people.models import Person, Team
from catalog.permissions import Permission
from catalog.products.models import (
    PRODUCT,
    DataProduct,
    FormerAddress,
    ProductAlias,
    ProductReader,
    Status,
)
from catalog.products.projection import Tree, columns_of, unstorable_faults
from catalog.products.projectors import projectors
from catalog.refusals import EditionConflict, Fault, Invalid, NameTaken, StatusConflict
from catalog.revisions.services import announce, bury

Writer = Person | Worker
PROJECTED = (
    "slug",
    "name",
    "version",
    "purpose",
    "limitations",
    "usage",
    "sensitivity",
    "visibility",
)


@transaction.atomic
def register_product(
    *, domain: Domain, tree: Tree, actor: Writer, status: str = Status.DRAFT, reason: str = ""
) -> DataProduct:
    """Register a product in a domain as a draft of edition 1 (or as an external entry).

    Raises NotAllowed, Invalid (with JSON Pointers), NameTaken.
    """
    demand(actor, Permission.EDIT_PRODUCTS, domain)
    if status not in (Status.DRAFT, Status.EXTERNAL):
        raise StatusConflict("A product starts as a draft.", where="status")
    product = DataProduct(domain=domain, status=status)
    _set_tree(product, tree)
    _free_address(product)
    product.save(force_insert=True)
    _project_elsewhere(product)
    _note(actor, "registered", product, after=_summary(product), reason=reason)
    return product


@transaction.atomic
def patch_tree(
    *,
    product: DataProduct,
    patch: Sequence[dict[str, Any]],
    edition: int,
    actor: Writer,
    reason: str = "",
) -> DataProduct:
    """Apply a JSON Patch (RFC 6902) to a product's tree.

    Raises NotAllowed, EditionConflict, Invalid (the patch or the tree it makes), NameTaken.
    """
    product = claim(product=product, edition=edition, actor=actor)
    try:
        tree = jsonpatch.apply_patch(product.tree, list(patch))
    except (
        jsonpatch.JsonPatchException,
        jsonpointer.JsonPointerException,
        TypeError,
        ValueError,
        KeyError,
        AttributeError,
    ) as error:
        raise Invalid(
            [
                Fault(
                    where="patch",
                    message=f"The patch does not apply: {error}.",
                    way_out="Send operations of RFC 6902 on the present tree.",
                )
            ]
        ) from error
    return _rewrite(product, tree, list(patch), actor, reason)


@transaction.atomic
def replace_tree(
    *, product: DataProduct, tree: Tree, edition: int, actor: Writer, reason: str = ""
) -> DataProduct:
    """Put a whole new tree in place of a product's tree; an equal one changes nothing.

    Raises NotAllowed, EditionConflict, Invalid, NameTaken.
    """
    product = claim(product=product, edition=edition, actor=actor)
    patch = jsonpatch.make_patch(product.tree, tree).patch
    return _rewrite(product, tree, patch, actor, reason) if patch else product


def claim(
    *,
    product: DataProduct,
    edition: int,
    actor: Writer,
    permission: Permission = Permission.EDIT_PRODUCTS,
) -> DataProduct:
    """Return the product as it stands, locked for this transaction, if `edition` still does.

    Raises NotAllowed, EditionConflict; call it inside a transaction.
    """
    stands = (
        DataProduct.objects.select_for_update(of=("self",))
        .select_related("domain")
        .get(pk=product.pk)
    )
    demand(actor, permission, stands.domain)
    if stands.edition != edition:
        raise EditionConflict(seen=edition, current=stands.edition)
    return stands


def note_edit(
    *,
    product: DataProduct,
    actor: Writer,
    verb: str,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    reason: str = "",
) -> None:
    """Count one edit by people: edition and revision rise, audit and followers learn of it.

    The compare and the rise are one statement, so of two writers one gets EditionConflict.
    """
    won = DataProduct.objects.filter(pk=product.pk, edition=product.edition).update(
        edition=F("edition") + 1, revision=F("revision") + 1, updated_at=timezone.now()
    )
    if not won:
        current = DataProduct.objects.values_list("edition", flat=True).get(pk=product.pk)
        raise EditionConflict(seen=product.edition, current=current)
    product.refresh_from_db(fields=["edition", "revision", "updated_at"])
    _note(actor, verb, product, before=before, after=after, reason=reason)


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
    """Say which other domains and teams may read a restricted product; replaces the list."""
    product = claim(
        product=product, edition=edition, actor=actor, permission=Permission.PUBLISH_PRODUCTS
    )
    before = sorted(row.token for row in product.readers.all())
    product.readers.all().delete()
    ProductReader.objects.bulk_create(
        [ProductReader(product=product, domain=domain) for domain in domains]
        + [ProductReader(product=product, team=team) for team in teams]
    )
    after = sorted(row.token for row in ProductReader.objects.filter(product=product))
    note_edit(
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
    """Give a product to another domain; the old address leads to it for ever."""
    demand(actor, Permission.EDIT_PRODUCTS, domain)
    product = claim(
        product=product, edition=edition, actor=actor, permission=Permission.PUBLISH_PRODUCTS
    )
    before, old = product.domain.slug, (product.domain_id, product.slug)
    product.domain = domain
    product.tree = product.tree | {"domain": domain.slug}
    _free_address(product)
    _keep_address(product, *old)
    product.save(update_fields=["domain", "tree"])
    note_edit(
        product=product,
        actor=actor,
        verb="moved",
        before={"domain": before},
        after={"domain": domain.slug},
        reason=reason,
    )
    return product


@transaction.atomic
def delete_product(*, product: DataProduct, edition: int, actor: Writer, reason: str = "") -> None:
    """Delete a draft or an external entry for good; a tombstone tells the followers.

    Raises StatusConflict for a product that consumers may know: retire that one instead.
    """
    product = claim(
        product=product, edition=edition, actor=actor, permission=Permission.DELETE_PRODUCTS
    )
    if product.status not in (Status.DRAFT, Status.EXTERNAL):
        raise StatusConflict(
            f"A {product.status} product is not deleted.",
            where="status",
            way_out="Retire it: its address then says what came after it.",
        )
    bury(kind=PRODUCT, object_id=product.uuid, revision=product.revision + 1)
    _note(actor, "deleted", product, before=_summary(product), reason=reason)
    product.delete()


@transaction.atomic
def set_status(
    *,
    product: DataProduct,
    status: Status,
    verb: str,
    actor: Writer,
    reason: str = "",
    **columns: Any,
) -> DataProduct:
    """Move a claimed product along its life and count the edit; `columns` go with the step."""
    before = {"status": product.status}
    product.status = status
    for name, value in columns.items():
        setattr(product, name, value)
    product.save(update_fields=["status", *columns])
    note_edit(
        product=product,
        actor=actor,
        verb=verb,
        before=before,
        after={"status": status.value} | {name: str(value) for name, value in columns.items()},
        reason=reason,
    )
    return product


@transaction.atomic
def set_trust(*, product_id: int, verdict: str, figures: dict[str, Any], actor: Worker) -> bool:
    """Write what was measured; return whether the verdict turned.

    A turned verdict raises the revision and is audited; new figures alone do neither.
    """
    product = (
        DataProduct.objects.select_for_update(of=("self",))
        .select_related("domain")
        .get(pk=product_id)
    )
    turned = product.slo_verdict != verdict
    if not turned:
        DataProduct.objects.filter(pk=product_id).update(slo_figures=figures)
        return False
    before = {"slo_verdict": product.slo_verdict}
    DataProduct.objects.filter(pk=product_id).update(
        slo_verdict=verdict, slo_figures=figures, revision=F("revision") + 1
    )
    product.refresh_from_db(fields=["revision"])
    _note(actor, "verdict turned", product, before=before, after={"slo_verdict": verdict})
    return True


@transaction.atomic
def touch_products(*, products: Collection[int]) -> int:
    """Raise the revision of some products, because something they show has changed."""
    rows = DataProduct.objects.filter(pk__in=products)
    count = rows.update(revision=F("revision") + 1)
    announce(kind=PRODUCT, ids=list(rows.values_list("uuid", flat=True)))
    return count


@transaction.atomic
def name_alias(
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


def about(product: DataProduct) -> Subject:
    """Return a product as the subject of an audit event."""
    return Subject(
        kind=PRODUCT,
        id=str(product.uuid),
        name=product.name,
        domain_id=product.domain_id,
        revision=product.revision,
    )


def _rewrite(
    product: DataProduct, tree: Tree, patch: Sequence[dict[str, Any]], actor: Writer, reason: str
) -> DataProduct:
    before, old = product.tree, (product.domain_id, product.slug)
    _set_tree(product, tree)
    if product.slug != old[1]:
        _free_address(product)
        _keep_address(product, *old)
    product.save(update_fields=["tree", "tags", *PROJECTED])
    _project_elsewhere(product)
    note_edit(
        product=product,
        actor=actor,
        verb="edited",
        before=_touched(before, patch),
        after={"patch": list(patch)},
        reason=reason,
    )
    return product


def _set_tree(product: DataProduct, tree: Tree) -> None:
    if not isinstance(tree, dict):
        raise Invalid([Fault(where="/", message="A product's document is an object.")])
    if faults := unstorable_faults(tree):
        raise Invalid(faults)
    held = tree.get("id")
    if product.tree and held != product.tree.get("id"):
        raise Invalid([Fault(where="/id", message="A product keeps its id for ever.")])
    if held is None:
        tree = {"apiVersion": "v1.0.0", "kind": "DataProduct", "id": str(product.uuid)} | tree
    columns = columns_of(tree)
    for name in PROJECTED:
        setattr(product, name, getattr(columns, name))
    product.tags = list(columns.tags)
    product.tree = tree


def _project_elsewhere(product: DataProduct) -> None:
    for project in projectors():
        project(product)


def _free_address(product: DataProduct) -> None:
    place = {"domain_id": product.domain_id, "slug": product.slug}
    former = FormerAddress.objects.filter(**place)
    former.filter(product_id=product.pk or 0).delete()
    if DataProduct.objects.filter(**place).exclude(pk=product.pk).exists() or former.exists():
        raise NameTaken(
            f"{product.domain.slug}/{product.slug} is or was the address of another product.",
            where="slug",
            way_out="Choose another name, or set assaySlug.",
        )


def _keep_address(product: DataProduct, domain_id: int, slug: str) -> None:
    FormerAddress.objects.get_or_create(
        domain_id=domain_id, slug=slug, defaults={"product": product}
    )


def _note(
    actor: Writer,
    verb: str,
    product: DataProduct,
    *,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    reason: str = "",
) -> None:
    record(
        actor=actor, verb=verb, subject=about(product), before=before, after=after, reason=reason
    )
    announce(kind=PRODUCT, ids=[product.uuid])


def _summary(product: DataProduct) -> dict[str, Any]:
    return {
        "slug": product.slug,
        "name": product.name,
        "version": product.version,
        "status": product.status,
        "visibility": product.visibility,
    }


def _touched(tree: Tree, patch: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return the values that a patch replaces or takes away, by pointer."""
    missing = object()
    paths = [str(step.get("path")) for step in patch if not str(step.get("path")).endswith("/-")]
    values = {path: jsonpointer.resolve_pointer(tree, path, missing) for path in paths}
    return {path: value for path, value in values.items() if value is not missing}
