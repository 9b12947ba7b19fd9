"""Keeping the engines in step with the database: by hint, and by drain."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from django.db.models import Exists, OuterRef

from catalog.domains.models import Domain, ancestors_in
from catalog.products.models import PRODUCT, DataProduct
from catalog.products.services import touch_products
from catalog.revisions.models import Followed, Tombstone
from catalog.revisions.services import remember
from catalog.search.backends import fed
from catalog.search.port import SearchBackend
from catalog.search.services.following import BATCH, behind, follower_of, put_products
from catalog.search.services.rebuilding import rebuild

DOMAIN, DOMAIN_FOLLOWER = "domain", "products"


def index_products(*, ids: Collection[UUID]) -> int:
    """Bring some products up to date in every engine; return how many writes were made."""
    written = 0
    for backend in fed():
        if backend.is_ready():
            late = behind(follower_of(backend)).filter(uuid__in=list(ids)[:BATCH])
            written += _index(backend, list(late.values_list("uuid", flat=True)))
    return written


def drain(*, limit: int = 2000) -> int:
    """Bring every engine up to date with whatever it has missed; needs no hint.

    An engine without an index of the present shape is rebuilt. Returns how many writes were made.
    """
    written = 0
    for backend in fed():
        if not backend.is_ready():
            written += rebuild(backend)
            continue
        ids = list(behind(follower_of(backend)).values_list("uuid", flat=True)[:limit])
        written += _index(backend, ids)
    return written


def _index(backend: SearchBackend, ids: Sequence[UUID]) -> int:
    """Write products and deaths into one engine; the revision is remembered after its commit."""
    follower = follower_of(backend)
    graves = list(Tombstone.objects.unseen_by(follower)[:BATCH])
    if not ids and not graves:
        return 0
    written: dict[UUID, int] = {}
    with backend.writing() as session:
        for start in range(0, len(ids), BATCH):
            written |= put_products(session, ids[start : start + BATCH])
        session.delete((grave.kind, str(grave.object_id), grave.revision) for grave in graves)
        session.commit()
    remember(follower=follower, kind=PRODUCT, revisions=written)
    for grave in graves:
        remember(follower=follower, kind=grave.kind, revisions={grave.object_id: grave.revision})
    return len(written) + len(graves)


def follow_domains() -> int:
    """Have the products below renamed or moved domains indexed anew; return how many.

    Products show the names of their domains, so they follow them; what was missed is found by
    the domains' revisions.
    """
    handled = Followed.objects.filter(
        follower=DOMAIN_FOLLOWER,
        kind=DOMAIN,
        object_id=OuterRef("uuid"),
        revision__gte=OuterRef("revision"),
    )
    late = list(Domain.objects.filter(~Exists(handled)))
    if not late:
        return 0
    parents, changed = Domain.objects.parents(), {domain.pk for domain in late}
    below = [pk for pk in parents if changed.intersection(ancestors_in(parents, pk))]
    products = list(DataProduct.objects.in_domains(below).values_list("pk", flat=True))
    for start in range(0, len(products), BATCH):
        touch_products(products=products[start : start + BATCH])
    remember(
        follower=DOMAIN_FOLLOWER,
        kind=DOMAIN,
        revisions={domain.uuid: domain.revision for domain in late},
    )
    return len(products)
