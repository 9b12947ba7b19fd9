"""One process at a time rebuilds an engine's index: a row, claimed by a conditional UPDATE."""

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TypeVar
from uuid import uuid4

from django.db.models.functions import Now

from catalog.search.models import RebuildLock
from catalog.search.port import SearchUnavailable

# A claim that is not renewed ends after TTL, so a killed holder keeps nobody back for long.
TTL = timedelta(seconds=10)
RENEW_INTERVAL = 2.0
MAX_WAIT = 30.0
_POLL_INTERVAL = 0.2
T = TypeVar("T")


class RebuildClaim:
    """The right to rebuild one engine's index. Only the database's clock decides when it ends."""

    def __init__(self, engine: str) -> None:
        self._engine = engine
        self._holder = uuid4()
        self._renewed_at = 0.0

    def try_claim(self) -> bool:
        """Claim the row if nobody holds it."""
        RebuildLock.objects.bulk_create([RebuildLock(engine=self._engine)], ignore_conflicts=True)
        free = RebuildLock.objects.filter(engine=self._engine, expires_at__lte=Now())
        self._renewed_at = time.monotonic()
        return free.update(holder=self._holder, expires_at=Now() + TTL) == 1

    def require(self) -> None:
        """Renew the claim. Raises SearchUnavailable if another process has taken it."""
        self._renewed_at = time.monotonic()
        own = RebuildLock.objects.filter(engine=self._engine, holder=self._holder)
        if not own.update(expires_at=Now() + TTL):
            raise SearchUnavailable(self._engine, "another process has begun to rebuild this index")

    def renewing(self, items: Iterable[T]) -> Iterator[T]:
        """Yield the items, and renew the claim in the meantime."""
        for item in items:
            if time.monotonic() - self._renewed_at > RENEW_INTERVAL:
                self.require()
            yield item

    def release(self) -> None:
        own = RebuildLock.objects.filter(engine=self._engine, holder=self._holder)
        own.update(expires_at=Now())


@contextmanager
def rebuild_lock(engine: str) -> Iterator[RebuildClaim]:
    """Hold the right to rebuild. Raises SearchUnavailable if another process holds it too long."""
    claim = RebuildClaim(engine)
    deadline = time.monotonic() + MAX_WAIT
    while not claim.try_claim():
        if time.monotonic() > deadline:
            raise SearchUnavailable(engine, "another process rebuilds this index")
        time.sleep(_POLL_INTERVAL)
    try:
        yield claim
    finally:
        claim.release()
