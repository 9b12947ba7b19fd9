"""What each index has handled of the database; reading and writing what it has missed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Exists, Min, OuterRef, QuerySet
from django.utils import timezone

from catalog.products.models import PRODUCT, DataProduct
from catalog.revisions.models import Followed, Tombstone
from catalog.revisions.services import remember
from catalog.search.backends import fed
from catalog.search.documents import documents_of, products_to_index
from catalog.search.port import IndexSession, SearchBackend, SearchUnavailable

BATCH, CHUNK = 200, 1000
NO_INDEX = "none"


def follower_of(engine: str, generation: str) -> str:
    """Return the name under which it is remembered what one generation of an index holds.

    The memory belongs to the generation, not to the engine: whichever index answers after a swap,
    a crash or a rollback, what it has missed is exactly what its own memory lacks.
    """
    return f"search:{engine}:{generation}"


@dataclass(frozen=True, kw_only=True)
class EngineState:
    """How far an engine is behind; `oldest_seconds` is the age of the oldest unseen edit."""

    engine: str
    is_ready: bool
    behind: int
    oldest_seconds: float
    problem: str = ""


def behind(follower: str) -> QuerySet[DataProduct]:
    """Return the products of which a follower has not handled the present revision, unordered.

    Asked for in the order of names, the few of the last seconds would be looked for among all.
    """
    handled = Followed.objects.filter(
        follower=follower,
        kind=PRODUCT,
        object_id=OuterRef("uuid"),
        revision__gte=OuterRef("revision"),
    )
    return DataProduct.objects.filter(~Exists(handled)).order_by()


def states() -> list[EngineState]:
    """Return how far each fed engine is behind."""
    return [state_of(backend) for backend in fed()]


def state_of(backend: SearchBackend) -> EngineState:
    """Return how far an engine is behind; one without an index lacks everything."""
    generation, problem = NO_INDEX, ""
    try:
        generation = backend.generation()
    except SearchUnavailable as error:
        problem = f"no index answers: {error.reason}"
    follower = follower_of(backend.name, generation)
    late, graves = behind(follower), Tombstone.objects.unseen_by(follower)
    begun = [
        late.aggregate(at=Min("revised_at"))["at"],
        graves.aggregate(at=Min("deleted_at"))["at"],
    ]
    oldest = min((at for at in begun if at), default=None)
    return EngineState(
        engine=backend.name,
        is_ready=not problem,
        behind=late.count() + graves.count(),
        oldest_seconds=(timezone.now() - oldest).total_seconds() if oldest else 0.0,
        problem=problem,
    )


def chunks(size: int = CHUNK) -> Iterator[list[DataProduct]]:
    """Yield all products in the order of their keys, a chunk at a time."""
    last = 0
    while chunk := list(products_to_index().filter(pk__gt=last)[:size]):
        yield chunk
        last = chunk[-1].pk


@dataclass(frozen=True)
class Missed:
    """Products and deletions that an index has yet to see."""

    products: Sequence[UUID] = ()
    graves: Sequence[Tombstone] = ()

    def __bool__(self) -> bool:
        return bool(self.products or self.graves)

    def in_lots(self) -> list[Missed]:
        """Return the same in lots of BATCH products, at least one; deletions go first."""
        starts = range(BATCH, len(self.products), BATCH)
        rest = [Missed(self.products[start : start + BATCH]) for start in starts]
        return [Missed(self.products[:BATCH], self.graves), *rest]


def missed_by(follower: str, limit: int | None = None, *, since: datetime | None = None) -> Missed:
    """Return what a follower has not handled, at most so many of each.

    With `since`, only products that changed from then on are looked at.
    """
    late = behind(follower) if since is None else behind(follower).filter(revised_at__gte=since)
    ids = late.values_list("uuid", flat=True)[:limit]
    return Missed(list(ids), list(Tombstone.objects.unseen_by(follower)[:limit]))


def write_missed(session: IndexSession, engine: str, missed: Missed) -> int:
    """Write what was missed, as it stands now; it is remembered once it is committed."""
    written: dict[UUID, int] = {}
    for start in range(0, len(missed.products), BATCH):
        written |= put_products(session, missed.products[start : start + BATCH])
    session.delete((grave.kind, str(grave.object_id), grave.revision) for grave in missed.graves)
    session.commit()
    follower = follower_of(engine, session.generation)
    remember(follower=follower, kind=PRODUCT, revisions=written)
    remember_graves(follower, missed.graves)
    return len(written) + len(missed.graves)


def remember_graves(follower: str, graves: Sequence[Tombstone]) -> None:
    """Note that a follower has seen these deletions."""
    for kind in {grave.kind for grave in graves}:
        seen = {grave.object_id: grave.revision for grave in graves if grave.kind == kind}
        remember(follower=follower, kind=kind, revisions=seen)


def catch_up(session: IndexSession, engine: str) -> int:
    """Write all that an index has missed up to now; return how many writes were made."""
    missed = missed_by(follower_of(engine, session.generation))
    return write_missed(session, engine, missed) if missed else 0


def put_products(session: IndexSession, ids: Sequence[UUID]) -> dict[UUID, int]:
    """Put the newest state of each product; one that is gone meanwhile has its tombstone."""
    products = list(products_to_index(ids)) if ids else []
    session.put(documents_of(products))
    return {product.uuid: product.revision for product in products}
