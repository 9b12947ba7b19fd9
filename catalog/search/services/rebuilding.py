"""Building an engine's index anew beside the live one, and letting it answer."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from catalog.products.models import PRODUCT, DataProduct
from catalog.revisions.services import forget, remember
from catalog.search.documents import documents_of
from catalog.search.port import IndexSession, SearchBackend
from catalog.search.services.following import chunks, follower_of, put_products

Progress = Callable[[int], None]


def rebuild(backend: SearchBackend, progress: Progress = lambda count: None) -> int:
    """Build an engine's index anew beside the live one, verify its size, and swap.

    Readers see the old index until the new one is whole. What changes meanwhile is written into
    the new one before the swap. Raises SearchUnavailable where the engine is down.
    """
    follower, count = follower_of(backend), 0
    revisions: dict[UUID, int] = {}
    with backend.rebuilding() as fresh:
        for chunk in chunks():
            fresh.put(documents_of(chunk))
            revisions |= {product.uuid: product.revision for product in chunk}
            count += len(chunk)
            progress(count)
        fresh.commit()
        with fresh.swapping() as live:
            revisions |= _late(live, revisions)
            live.commit()
    forget(follower=follower)
    remember(follower=follower, kind=PRODUCT, revisions=revisions)
    return count


def _late(session: IndexSession, revisions: dict[UUID, int]) -> dict[UUID, int]:
    """Write what changed while the index was built; forget what was deleted."""
    current = dict(DataProduct.objects.values_list("uuid", "revision"))
    changed = [uuid for uuid, revision in current.items() if revisions.get(uuid) != revision]
    written = put_products(session, changed)
    gone = [uuid for uuid in revisions if uuid not in current]
    session.delete((PRODUCT, str(uuid), revisions[uuid] + 1) for uuid in gone)
    for uuid in gone:
        del revisions[uuid]
    return written
