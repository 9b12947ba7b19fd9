"""One hint for many changes: whether one is under way, and whether the index worker looks anyway.

A change is committed before it is hinted at, and a hint is taken before the worker reads: so what
is not hinted at because a hint is under way is read with it. Both notes end by themselves after a
moment, lest a process that died keeps hints back; the drain has caught up by then.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.cache import cache

UNDER_WAY, AT_WORK = "search-hint-under-way", "search-index-at-work"
UNDER_WAY_SECONDS, AT_WORK_SECONDS = 2, 10


def is_hint_needed() -> bool:
    """Note that something has changed; say whether the index worker must be sent a hint of it."""
    return cache.add(UNDER_WAY, 1, UNDER_WAY_SECONDS) and cache.get(AT_WORK) is None


def is_hinted() -> bool:
    """Say whether something has changed since this was asked last."""
    return cache.delete(UNDER_WAY)


@contextmanager
def at_work() -> Iterator[None]:
    """Note that the index worker asks by itself whether something has changed."""
    cache.set(AT_WORK, 1, AT_WORK_SECONDS)
    try:
        yield
    finally:
        cache.delete(AT_WORK)
