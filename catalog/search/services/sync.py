"""Catching up with whatever the engines have missed; needs no hint."""

from __future__ import annotations

import time
from contextlib import suppress
from datetime import timedelta

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from catalog.authorization.tree import ancestors_in
from catalog.domains.models import DOMAIN, Domain
from catalog.domains.services import bump_domain_revisions
from catalog.glossary.services import bump_term_revisions
from catalog.products.models import DataProduct
from catalog.products.services import bump_product_revisions
from catalog.revisions.models import Followed
from catalog.revisions.services import mark_indexed
from catalog.search.port import SearchBackend, SearchUnavailable
from catalog.search.services.following import BATCH, PendingChanges, missed_by
from catalog.search.services.keeping_up import index_edits
from catalog.search.services.rebuild import rebuild
from catalog.search.services.writers import Writers, in_each_engine

DOMAIN_FOLLOWER = "products"
# A drain that found nothing missed looks only at what changed since a little before, until it is
# time to look at everything again: that costs a comparison of each product.
RECENTLY, LOOK_THROUGH_EVERY = timedelta(minutes=5), 15.0
_looked_through: dict[str, float] = {}


def drain(*, limit: int = 2000) -> int:
    """Bring every engine up to date with whatever it has missed; needs no hint.

    An engine without an index of the present shape is rebuilt. Where much was missed, what people
    edit meanwhile goes ahead of each lot. Returns how many writes were made.
    """

    def catch_up(backend: SearchBackend) -> int:
        if not backend.is_ready():
            return rebuild(backend, unless_ready=True)
        with Writers() as writers:
            first, *others = _missed(writers.follower(backend), limit).in_lots()
            written = writers.write(backend, first)
            for lot in others:
                written += index_edits(writers, backend) + writers.write(backend, lot)
            return written

    return in_each_engine(catch_up)


def _missed(follower: str, limit: int) -> PendingChanges:
    """Return what a follower has missed; of changes that are old, only now and then."""
    now = time.monotonic()
    if now - _looked_through.get(follower, -LOOK_THROUGH_EVERY) < LOOK_THROUGH_EVERY:
        return missed_by(follower, limit, since=timezone.now() - RECENTLY)
    missed = missed_by(follower, limit)
    if not missed:
        _looked_through[follower] = now
    return missed


def _let_edits_pass() -> None:
    """Index what people have just edited; an engine that is down is no matter of the domains."""
    with suppress(SearchUnavailable), Writers() as writers:
        in_each_engine(lambda backend: index_edits(writers, backend))


def late_domains() -> QuerySet[Domain]:
    """Return the domains whose present name and place is not yet followed by what lies below."""
    handled = Followed.objects.filter(
        follower=DOMAIN_FOLLOWER,
        kind=DOMAIN,
        object_id=OuterRef("uuid"),
        revision__gte=OuterRef("revision"),
    )
    return Domain.objects.filter(~Exists(handled))


def follow_domains() -> int:
    """Have what lies below renamed or moved domains indexed anew; return how many products.

    Products, terms and domains show the names of the domains above them, so they follow them;
    what was missed is found by the domains' revisions.
    """
    late = {domain.pk: domain for domain in late_domains()}
    if not late:
        return 0
    parents = Domain.objects.parents()
    below = [pk for pk in parents if not late.keys().isdisjoint(ancestors_in(parents, pk))]
    parts = Domain.objects.filter(pk__in=below).exclude(pk__in=late)
    # The parts' own products are touched with them. Whoever edits a part meanwhile raises its
    # revision above what is remembered here.
    followed = {domain.uuid: domain.revision for domain in late.values()}
    followed |= {uuid: revision + 1 for uuid, revision in parts.values_list("uuid", "revision")}
    products = list(DataProduct.objects.in_domains(below).values_list("pk", flat=True))
    for start in range(0, len(products), BATCH):
        bump_product_revisions(products=products[start : start + BATCH])
        _let_edits_pass()
    bump_term_revisions(domains=below)
    bump_domain_revisions(domains=[pk for pk in below if pk not in late])
    mark_indexed(follower=DOMAIN_FOLLOWER, kind=DOMAIN, revisions=followed)
    return len(products)
