"""Keeping every index up to date: at once on a hint, and by a drain that needs none."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from catalog.authorization.tree import ancestors_in
from catalog.domains.models import DOMAIN, Domain
from catalog.glossary.models import Term
from catalog.products.models import PRODUCT, DataProduct
from catalog.revisions.models import Followed, Tombstone
from catalog.revisions.services import bump_revision, mark_indexed
from catalog.search.port import SearchUnavailable
from catalog.search.result_types import RESULT_TYPES
from catalog.search.services.pending import (
    BATCH_SIZE,
    IndexWriters,
    PendingChanges,
    all_pending,
    for_each_engine,
    pending_for,
)
from catalog.search.services.rebuild import rebuild

if TYPE_CHECKING:
    from catalog.search.flow.engine import SearchBackend

DOMAIN_FOLLOWER = "products"
JUST_NOW = timedelta(seconds=5)
# Seconds from the start of one round of index_pending to the next, after which an idle writer is
# released, and after which it is released in any case. Others who wait for the writer look for it
# more often than every PAUSE.
ROUND, MAX_IDLE, MAX_DURATION, PAUSE = 0.05, 0.2, 5.0, 0.05
POLL_INTERVAL = 0.01
# A drain that found nothing pending considers only rows revised in the last minutes, until the
# next full scan, which compares every row.
RECENTLY, FULL_SCAN_INTERVAL = timedelta(minutes=5), 15.0
_last_full_scan: dict[str, float] = {}


def index_pending(*, ids: Collection[UUID], is_hinted: Callable[[], bool]) -> int:
    """Bring some products up to date, and what changes in the meantime; return the writes.

    All that has changed by the start of a round shares its commit. The writer is kept for the next
    round as long as `is_hinted` soon says that something has changed since its last call. It is
    released in any case after MAX_DURATION, for others wait for the writer and for this process.
    """
    until = time.monotonic() + MAX_DURATION
    with IndexWriters() as writers:
        is_hinted()
        started = time.monotonic()
        written = _index_recent(writers, ids)
        while started < until and _is_hinted_again(is_hinted, started + ROUND):
            started = time.monotonic()
            written += _index_recent(writers, ())
    if started >= until:
        time.sleep(PAUSE)
    return written


def _is_hinted_again(is_hinted: Callable[[], bool], earliest: float) -> bool:
    """Wait until `earliest`, then up to MAX_IDLE for a hint."""
    time.sleep(max(0.0, earliest - time.monotonic()))
    until = time.monotonic() + MAX_IDLE
    while not is_hinted():
        if time.monotonic() > until:
            return False
        time.sleep(POLL_INTERVAL)
    return True


def _index_recent(writers: IndexWriters, ids: Collection[UUID]) -> int:
    def index(backend: SearchBackend) -> int:
        if not writers.has_index(backend):
            return 0
        return writers.write(backend, _recent_changes(writers.follower(backend), ids))

    return for_each_engine(index)


def _recent_changes(follower: str, ids: Collection[UUID]) -> PendingChanges:
    """Return what is pending of some products and of the last seconds.

    If that is more than a batch, as after the rename of a large domain, only what people have
    edited: the drain writes the rest.
    """
    pending = pending_for(follower, RESULT_TYPES[PRODUCT]).values_list("uuid", flat=True)
    recent = set(pending.filter(revised_at__gte=timezone.now() - JUST_NOW)[:BATCH_SIZE])
    if len(recent) == BATCH_SIZE:
        recent = set(_recent_edits(follower))
    if others := [product for product in ids if product not in recent][:BATCH_SIZE]:
        recent.update(pending.filter(uuid__in=others))
    tombstones = Tombstone.objects.unprocessed_by(follower)[:BATCH_SIZE]
    return PendingChanges({PRODUCT: list(recent)}, list(tombstones))


def _recent_edits(follower: str) -> list[UUID]:
    """Return the pending products that people have edited in the last seconds."""
    since = timezone.now() - JUST_NOW
    pending = pending_for(follower, RESULT_TYPES[PRODUCT]).filter(updated_at__gte=since)
    return list(pending.values_list("uuid", flat=True)[:BATCH_SIZE])


def _index_edits(writers: IndexWriters, backend: SearchBackend) -> int:
    """Write what people have just edited, before whatever else is pending."""
    edits = _recent_edits(writers.follower(backend))
    return writers.write(backend, PendingChanges({PRODUCT: edits}))


def drain(*, limit: int = 2000) -> int:
    """Bring every engine up to date, without hints; return how many writes were made.

    An engine without an index of the current fingerprint is rebuilt. If much is pending, what
    people edit in the meantime is written before each batch.
    """

    def catch_up(backend: SearchBackend) -> int:
        if not backend.is_ready():
            return rebuild(backend, unless_ready=True)
        with IndexWriters() as writers:
            first, *others = _pending(writers.follower(backend), limit).batches()
            written = writers.write(backend, first)
            for batch in others:
                written += _index_edits(writers, backend) + writers.write(backend, batch)
            return written

    return for_each_engine(catch_up)


def _pending(follower: str, limit: int) -> PendingChanges:
    """Return what is pending; rows revised long ago are considered only by a full scan."""
    now = time.monotonic()
    if now - _last_full_scan.get(follower, -FULL_SCAN_INTERVAL) < FULL_SCAN_INTERVAL:
        return all_pending(follower, limit, since=timezone.now() - RECENTLY)
    pending = all_pending(follower, limit)
    if not pending:
        _last_full_scan[follower] = now
    return pending


def pending_domains() -> QuerySet[Domain]:
    """Return the domains whose name and position the objects below do not yet follow."""
    handled = Followed.objects.filter(
        follower=DOMAIN_FOLLOWER,
        kind=DOMAIN,
        object_id=OuterRef("uuid"),
        revision__gte=OuterRef("revision"),
    )
    return Domain.objects.filter(~Exists(handled))


def sync_domain_changes() -> int:
    """Raise the revisions of everything below renamed or moved domains; return how many products.

    Documents of products, terms and domains contain the names of the domains above them.
    """
    changed = {domain.pk: domain for domain in pending_domains()}
    if not changed:
        return 0
    parents = Domain.objects.parents()
    below = [pk for pk in parents if not changed.keys().isdisjoint(ancestors_in(parents, pk))]
    subdomains = Domain.objects.filter(pk__in=below).exclude(pk__in=changed)
    # The products of subdomains are raised here too. An edit of a subdomain in the meantime raises
    # its revision above the one that is marked here.
    handled = {domain.uuid: domain.revision for domain in changed.values()}
    handled |= {uuid: revision + 1 for uuid, revision in subdomains.values_list("uuid", "revision")}
    products = list(DataProduct.objects.in_domains(below).values_list("pk", flat=True))
    for start in range(0, len(products), BATCH_SIZE):
        bump_revision(rows=DataProduct.objects.filter(pk__in=products[start : start + BATCH_SIZE]))
        # What people edit in the meantime does not wait for the end of a large domain.
        with suppress(SearchUnavailable), IndexWriters() as writers:
            for_each_engine(partial(_index_edits, writers))
    bump_revision(rows=Term.objects.filter(domain__in=below))
    bump_revision(rows=subdomains)
    mark_indexed(follower=DOMAIN_FOLLOWER, kind=DOMAIN, revisions=handled)
    return len(products)
