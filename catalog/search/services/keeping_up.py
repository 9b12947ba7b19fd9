"""Following what has just changed: by hint, in rounds that share a commit."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from datetime import timedelta
from uuid import UUID

from django.utils import timezone

from catalog.products.models import PRODUCT
from catalog.revisions.models import Tombstone
from catalog.search.documents import KINDS
from catalog.search.port import SearchBackend
from catalog.search.services.following import BATCH, PendingChanges, pending_for
from catalog.search.services.writers import Writers, in_each_engine

LATELY = timedelta(seconds=5)
# Seconds from the beginning of one round to the next, after which an idle writer is given up, and
# after which it is given up in any case; those who wait for it look for it more often than TURN.
ROUND, IDLE, LONGEST, TURN = 0.05, 0.2, 5.0, 0.05
ASKED_EVERY = 0.01


def index_products(*, ids: Collection[UUID]) -> int:
    """Bring some products up to date in every engine; return how many writes were made.

    What else was changed in the last seconds goes with them: one commit serves many writes, and
    the hints of those find nothing left to do.
    """
    with Writers() as writers:
        return _index(writers, ids)


def keep_up(*, ids: Collection[UUID], is_hinted: Callable[[], bool]) -> int:
    """Bring some products up to date, and what changes while that goes on; return the writes.

    All that has changed by the beginning of a round shares its commit, and the writer is kept for
    the next one as long as `is_hinted` says, soon, that something has changed since it was asked
    last. It ends in any case after a while, for others wait for the writer and for this process.
    """
    until = time.monotonic() + LONGEST
    with Writers() as writers:
        is_hinted()
        begun = time.monotonic()
        written = _index(writers, ids)
        while begun < until and _is_hinted_soon(is_hinted, begun + ROUND):
            begun = time.monotonic()
            written += _index(writers, ())
    if begun >= until:
        time.sleep(TURN)
    return written


def _is_hinted_soon(is_hinted: Callable[[], bool], earliest: float) -> bool:
    """Wait for a hint, and at least until a moment; say whether one came."""
    time.sleep(max(0.0, earliest - time.monotonic()))
    until = time.monotonic() + IDLE
    while not is_hinted():
        if time.monotonic() > until:
            return False
        time.sleep(ASKED_EVERY)
    return True


def _index(writers: Writers, ids: Collection[UUID]) -> int:
    def index(backend: SearchBackend) -> int:
        if not writers.has_index(backend):
            return 0
        return writers.write(backend, _missed_lately(writers.follower(backend), ids))

    return in_each_engine(index)


def _missed_lately(follower: str, ids: Collection[UUID]) -> PendingChanges:
    """Return what a follower has missed of some products and of the last seconds.

    Where that is much, as after a large domain was renamed, only what people have edited: the
    rest may wait for the drain.
    """
    since = timezone.now() - LATELY
    late = pending_for(follower, KINDS[PRODUCT]).values_list("uuid", flat=True)
    found = set(late.filter(revised_at__gte=since)[:BATCH])
    if len(found) == BATCH:
        found = set(edited_lately(follower))
    if others := [each for each in ids if each not in found][:BATCH]:
        found.update(late.filter(uuid__in=others))
    return PendingChanges(
        {PRODUCT: list(found)}, list(Tombstone.objects.unprocessed_by(follower)[:BATCH])
    )


def edited_lately(follower: str) -> list[UUID]:
    """Return the products that people have edited in the last seconds and a follower has missed."""
    since = timezone.now() - LATELY
    late = pending_for(follower, KINDS[PRODUCT]).filter(updated_at__gte=since)
    return list(late.values_list("uuid", flat=True)[:BATCH])


def index_edits(writers: Writers, backend: SearchBackend) -> int:
    """Write what people have edited in the last seconds, ahead of whatever else is behind."""
    return writers.write(
        backend, PendingChanges({PRODUCT: edited_lately(writers.follower(backend))})
    )
