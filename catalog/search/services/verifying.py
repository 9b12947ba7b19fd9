"""Comparing an index with the database, and writing right what differs."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.utils import timezone

from catalog.products.models import PRODUCT
from catalog.revisions.models import Tombstone
from catalog.revisions.services import remember
from catalog.search.documents import documents_of
from catalog.search.port import Entry, SearchBackend
from catalog.search.services.following import BATCH, chunks, follower_of, put_products

SETTLED_AFTER = timedelta(seconds=10)


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


def verify(backend: SearchBackend, *, repair: bool = False) -> Drift:
    """Compare ids, revisions, reader tokens and contents of an index with the database.

    What changed within the last ten seconds is still on its way and no drift. With `repair` every
    difference is written right at once, of the same revision too. Raises SearchUnavailable.
    """
    drift = Drift(engine=backend.name)
    held = {entry.id: entry for entry in backend.ledger() if entry.kind == PRODUCT}
    settled = timezone.now() - SETTLED_AFTER
    for chunk in chunks():
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
            written = put_products(session, ids)
            remember(follower=follower_of(backend), kind=PRODUCT, revisions=written)
        session.delete((PRODUCT, key, 2**62) for key in drift.surplus)
        session.commit()
    return drift.count


def report_of(drift: Drift) -> dict[str, object]:
    """Return a drift as JSON values."""
    return asdict(drift) | {"drift": drift.count}
