"""Limits: how often something may happen in a stretch of time, counted in the shared cache."""

import math
import time
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256

from django.core.cache import cache

from catalog.cache import increment


@dataclass(frozen=True)
class Usage:
    """What one key has used of a limit; `resets_in` seconds later it begins again."""

    limit: int
    count: int
    resets_in: int

    @property
    def is_exceeded(self) -> bool:
        return self.count > self.limit

    @property
    def remaining(self) -> int:
        return max(self.limit - self.count, 0)


@dataclass(frozen=True)
class Limit:
    """A number of events per key in each window of the clock.

    The cache replaces its server while that does not answer, so a limit never refuses everybody.
    """

    name: str
    amount: int
    seconds: int

    def count(self, key: str) -> Usage:
        """Count an event and return the usage, this event included."""
        now = time.time()
        resets_in = math.ceil((now // self.seconds + 1) * self.seconds - now)
        count = increment(self._cache_key(key, now), seconds=self.seconds + 1)
        return Usage(self.amount, count, resets_in)

    def uncount(self, key: str) -> None:
        """Count an event out again, in the stretch that it was most likely counted in."""
        with suppress(ValueError):
            cache.decr(self._cache_key(key, time.time()))

    def clear(self, key: str) -> None:
        cache.delete(self._cache_key(key, time.time()))

    def _cache_key(self, key: str, now: float) -> str:
        digest = sha256(key.encode(errors="replace")).hexdigest()[:32]
        return f"limit:{self.name}:{digest}:{int(now // self.seconds)}"
