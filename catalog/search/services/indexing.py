"""Keeping the engines in step with the database: by hint, and by drain."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from datetime import timedelta
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from catalog.domains.models import Domain, ancestors_in
from catalog.products.models import DataProduct
from catalog.products.services import touch_products
from catalog.revisions.models import Followed, Tombstone
from catalog.revisions.services import remember
from catalog.search.backends import fed
from catalog.search.port import SearchBackend, SearchUnavailable
from catalog.search.services.following import (
    BATCH,
    Missed,
    behind,
    follower_of,
    missed_by,
    write_missed,
)
from catalog.search.services.rebuilding import rebuild

DOMAIN, DOMAIN_FOLLOWER = "domain", "products"
LATELY = timedelta(seconds=5)
# A drain that found nothing missed looks only at what changed since a little before, until it is
# time to look at everything again: that costs a comparison of each product.
RECENTLY, LOOK_THROUGH_EVERY = timedelta(minutes=5), 15.0
_looked_through: dict[str, float] = {}


def index_products(*, ids: Collection[UUID]) -> int:
    """Bring some products up to date in every engine; return how many writes were made.

    What else was changed in the last seconds goes with them: one commit serves many writes, and
    the hints of those find nothing left to do.
    """
    lately = timezone.now() - LATELY

    def index(backend: SearchBackend) -> int:
        if not backend.is_ready():
            return 0
        follower = follower_of(backend.name, backend.generation())
        late = behind(follower).values_list("uuid", flat=True)
        late_ids = set(late.filter(uuid__in=list(ids)[:BATCH]))
        if late_ids:
            late_ids.update(late.filter(revised_at__gte=lately)[:BATCH])
        graves = Tombstone.objects.unseen_by(follower)[:BATCH]
        return _index(backend, Missed(list(late_ids), list(graves)))

    return _in_each_engine(index)


def drain(*, limit: int = 2000) -> int:
    """Bring every engine up to date with whatever it has missed; needs no hint.

    An engine without an index of the present shape is rebuilt. Returns how many writes were made.
    """

    def catch_up(backend: SearchBackend) -> int:
        if not backend.is_ready():
            return rebuild(backend, unless_ready=True)
        return _index(backend, _missed(follower_of(backend.name, backend.generation()), limit))

    return _in_each_engine(catch_up)


def _missed(follower: str, limit: int) -> Missed:
    """Return what a follower has missed; of changes that are old, only now and then."""
    now = time.monotonic()
    if now - _looked_through.get(follower, -LOOK_THROUGH_EVERY) < LOOK_THROUGH_EVERY:
        return missed_by(follower, limit, since=timezone.now() - RECENTLY)
    missed = missed_by(follower, limit)
    if not missed:
        _looked_through[follower] = now
    return missed


def _in_each_engine(work: Callable[[SearchBackend], int]) -> int:
    """Work on each fed engine; one that is down keeps no other from it, and is told of after."""
    written, down = 0, []
    for backend in fed():
        try:
            written += work(backend)
        except SearchUnavailable as error:
            down.append(error)
    if down:
        raise down[0]
    return written


def _index(backend: SearchBackend, missed: Missed) -> int:
    """Write into the live index; the writer is taken only where there is something to write."""
    if not missed:
        return 0
    with backend.writing() as session:
        return write_missed(session, backend.name, missed)


def late_domains() -> QuerySet[Domain]:
    """Return the domains whose present name and place their products do not yet follow."""
    handled = Followed.objects.filter(
        follower=DOMAIN_FOLLOWER,
        kind=DOMAIN,
        object_id=OuterRef("uuid"),
        revision__gte=OuterRef("revision"),
    )
    return Domain.objects.filter(~Exists(handled))


def follow_domains() -> int:
    """Have the products below renamed or moved domains indexed anew; return how many.

    Products show the names of their domains, so they follow them; what was missed is found by
    the domains' revisions.
    """
    late = list(late_domains())
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
