"""What each engine has handled of the database, and how its documents are read and put."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Exists, Min, OuterRef, QuerySet
from django.utils import timezone

from catalog.products.models import PRODUCT, DataProduct
from catalog.revisions.models import Followed, Tombstone
from catalog.search.backends import fed
from catalog.search.documents import documents_of, products_to_index
from catalog.search.port import IndexSession, SearchBackend

BATCH = 200


def follower_of(backend: SearchBackend) -> str:
    """Return the name under which an engine's progress is remembered: engine and index shape."""
    return f"search:{backend.name}:{backend.fingerprint()}"


@dataclass(frozen=True, kw_only=True)
class EngineState:
    """How far an engine is behind; `oldest_seconds` is the age of the oldest unseen edit."""

    engine: str
    is_ready: bool
    behind: int
    oldest_seconds: float
    problem: str = ""


def behind(follower: str) -> QuerySet[DataProduct]:
    """Return the products of which a follower has not handled the present revision."""
    handled = Followed.objects.filter(
        follower=follower,
        kind=PRODUCT,
        object_id=OuterRef("uuid"),
        revision__gte=OuterRef("revision"),
    )
    return DataProduct.objects.filter(~Exists(handled))


def states() -> list[EngineState]:
    """Return how far each fed engine is behind."""
    return [_state(backend) for backend in fed()]


def _state(backend: SearchBackend) -> EngineState:
    follower = follower_of(backend)
    late = behind(follower)
    oldest = late.aggregate(at=Min("revised_at"))["at"]
    count = late.count() + Tombstone.objects.unseen_by(follower).count()
    ready = backend.is_ready()
    return EngineState(
        engine=backend.name,
        is_ready=ready,
        behind=count,
        oldest_seconds=(timezone.now() - oldest).total_seconds() if oldest else 0.0,
        problem="" if ready else "the engine does not answer, or has no index of this shape yet",
    )


def chunks(size: int = BATCH) -> Iterator[list[DataProduct]]:
    """Yield all products in the order of their keys, a chunk at a time."""
    last = 0
    while chunk := list(products_to_index().filter(pk__gt=last)[:size]):
        yield chunk
        last = chunk[-1].pk


def put_products(session: IndexSession, ids: Sequence[UUID]) -> dict[UUID, int]:
    """Put the newest state of each product; one that is gone meanwhile has its tombstone."""
    products = list(products_to_index(ids)) if ids else []
    session.put(documents_of(products))
    return {product.uuid: product.revision for product in products}
