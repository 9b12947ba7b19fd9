"""Heartbeats of workers and beat, in the shared cache."""

import time

from django.core.cache import cache

# A batch of probes may wait for dead endpoints, hence its own worker.
WORKER_QUEUES = {"worker": ("default", "query"), "probes": ("probes",), "index": ("index",)}
QUEUES = tuple(queue for queues in WORKER_QUEUES.values() for queue in queues)
BEAT = "beat"
INTERVAL_SECONDS = 5
STALE_AFTER_SECONDS = 30


def beat(name: str) -> None:
    """Record that the worker of a queue, or beat, is alive now."""
    cache.set(_key(name), time.time(), timeout=10 * STALE_AFTER_SECONDS)


def clear(names: tuple[str, ...]) -> None:
    """Delete the heartbeats of programs that stop, or of an earlier run."""
    cache.delete_many([_key(name) for name in names])


def heartbeat_ages() -> dict[str, float | None]:
    """Return seconds since the last heartbeat of each queue's worker and of beat, else None."""
    names = (*QUEUES, BEAT)
    times: dict[str, float] = cache.get_many([_key(name) for name in names])
    now = time.time()
    return {
        name: round(max(0.0, now - times[_key(name)]), 1) if _key(name) in times else None
        for name in names
    }


def _key(name: str) -> str:
    return f"heartbeat:{name}"
