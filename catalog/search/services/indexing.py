"""Keeping the engines in step with the database: by hint, by drain, by rebuild, and verified."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Exists, Min, OuterRef, QuerySet
from django.utils import timezone

from catalog.domains.models import Domain, ancestors_in
from catalog.products.models import PRODUCT, DataProduct
from catalog.products.services import touch_products
from catalog.revisions.models import Followed, Tombstone
from catalog.revisions.services import forget, remember
from catalog.search.backends import fed
from catalog.search.documents import documents_of, products_to_index
from catalog.search.port import Entry, IndexSession, SearchBackend

BATCH = 200
DOMAIN, DOMAIN_FOLLOWER = "domain", "products"
SETTLED_AFTER = timedelta(seconds=10)
Progress = Callable[[int], None]


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


@dataclass
class Drift:
    """What an index holds otherwise than the database says, by kind of difference."""

    engine: str
    missing: list[str] = field(default_factory=list)
    surplus: list[str] = field(default_factory=list)
    revision: list[str] = field(default_factory=list)
    readers: list[str] = field(default_factory=list)
    content: list[str] = field(default_factory=list)
    checked: int = 0
    repaired: int = 0

    @property
    def count(self) -> int:
        """Return how many differences there are."""
        kinds = (self.missing, self.surplus, self.revision, self.readers, self.content)
        return sum(len(keys) for keys in kinds)


def behind(follower: str) -> QuerySet[DataProduct]:
    """Return the products of which a follower has not handled the present revision."""
    handled = Followed.objects.filter(
        follower=follower,
        kind=PRODUCT,
        object_id=OuterRef("uuid"),
        revision__gte=OuterRef("revision"),
    )
    return DataProduct.objects.filter(~Exists(handled))


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


def rebuild(backend: SearchBackend, progress: Progress = lambda count: None) -> int:
    """Build an engine's index anew beside the live one, verify its size, and swap.

    Readers see the old index until the new one is whole. What changes meanwhile is written into
    the new one before the swap. Raises SearchUnavailable where the engine is down.
    """
    follower, count = follower_of(backend), 0
    revisions: dict[UUID, int] = {}
    with backend.rebuilding() as fresh:
        for chunk in _chunks():
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


def _chunks(size: int = BATCH) -> Iterator[list[DataProduct]]:
    """Yield all products in the order of their keys, a chunk at a time."""
    last = 0
    while chunk := list(products_to_index().filter(pk__gt=last)[:size]):
        yield chunk
        last = chunk[-1].pk


def _late(session: IndexSession, revisions: dict[UUID, int]) -> dict[UUID, int]:
    """Write what changed while the index was built; forget what was deleted."""
    current = dict(DataProduct.objects.values_list("uuid", "revision"))
    changed = [uuid for uuid, revision in current.items() if revisions.get(uuid) != revision]
    written = _put(session, changed)
    gone = [uuid for uuid in revisions if uuid not in current]
    session.delete((PRODUCT, str(uuid), revisions[uuid] + 1) for uuid in gone)
    for uuid in gone:
        del revisions[uuid]
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
            written |= _put(session, ids[start : start + BATCH])
        session.delete((grave.kind, str(grave.object_id), grave.revision) for grave in graves)
        session.commit()
    remember(follower=follower, kind=PRODUCT, revisions=written)
    for grave in graves:
        remember(follower=follower, kind=grave.kind, revisions={grave.object_id: grave.revision})
    return len(written) + len(graves)


def _put(session: IndexSession, ids: Sequence[UUID]) -> dict[UUID, int]:
    """Put the newest state of each product; one that is gone meanwhile has its tombstone."""
    products = list(products_to_index(ids)) if ids else []
    session.put(documents_of(products))
    return {product.uuid: product.revision for product in products}


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


def verify(backend: SearchBackend, *, repair: bool = False) -> Drift:
    """Compare ids, revisions, reader tokens and contents of an index with the database.

    What changed within the last ten seconds is still on its way and no drift. With `repair` every
    difference is written right at once, of the same revision too. Raises SearchUnavailable.
    """
    drift = Drift(engine=backend.name)
    held = {entry.id: entry for entry in backend.ledger() if entry.kind == PRODUCT}
    settled = timezone.now() - SETTLED_AFTER
    for chunk in _chunks():
        for product, document in zip(chunk, documents_of(chunk), strict=True):
            drift.checked += 1
            entry = held.pop(document.id, None)
            wrong = _difference(entry, document.revision, document.readers, document.digest())
            if wrong and product.revised_at <= settled:
                getattr(drift, wrong).append(document.id)
    drift.surplus = [key for key in held if not _is_dying(key, settled)]
    if repair and drift.count:
        drift.repaired = _repair(backend, drift)
    return drift


def _difference(entry: Entry | None, revision: int, readers: tuple[str, ...], digest: str) -> str:
    if entry is None:
        return "missing"
    if entry.revision != revision:
        return "revision"
    if set(entry.readers) != set(readers):
        return "readers"
    return "content" if entry.digest != digest else ""


def _is_dying(key: str, settled: datetime) -> bool:
    """Say whether a thing was deleted so lately that its document may still stand."""
    return Tombstone.objects.filter(object_id=key, deleted_at__gt=settled).exists()


def _repair(backend: SearchBackend, drift: Drift) -> int:
    wrong = [*drift.missing, *drift.revision, *drift.readers, *drift.content]
    with backend.writing() as session:
        for start in range(0, len(wrong), BATCH):
            ids = [UUID(key) for key in wrong[start : start + BATCH]]
            written = _put(session, ids)
            remember(follower=follower_of(backend), kind=PRODUCT, revisions=written)
        session.delete((PRODUCT, key, 2**62) for key in drift.surplus)
        session.commit()
    return drift.count


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


def report_of(drift: Drift) -> dict[str, object]:
    """Return a drift as JSON values."""
    return asdict(drift) | {"drift": drift.count}
