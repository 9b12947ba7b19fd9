"""One hint for many changes: whether one is under way, and whether the index worker looks anyway.

A change is committed before its hint, and a hint is consumed before the worker reads: so a change
without a hint of its own is read with the one under way. Both notes expire after seconds, so that
a killed process holds back no hints; the drain has caught up by then.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.cache import cache

PENDING_KEY, RUNNING_KEY = "search-hint-under-way", "search-index-at-work"
PENDING_TTL, RUNNING_TTL = 2, 10


def is_hint_needed() -> bool:
    """Record that something has changed; return True if the index worker must be sent a hint."""
    return cache.add(PENDING_KEY, 1, PENDING_TTL) and cache.get(RUNNING_KEY) is None


def is_hinted() -> bool:
    """Return True if something has changed since the last call."""
    return cache.delete(PENDING_KEY)


@contextmanager
def is_running() -> Iterator[None]:
    """Record for a while that the index worker looks for changes by itself."""
    cache.set(RUNNING_KEY, 1, RUNNING_TTL)
    try:
        yield
    finally:
        cache.delete(RUNNING_KEY)
