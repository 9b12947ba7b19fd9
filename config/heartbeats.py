"""Signs of life of workers and beat, kept in the shared cache; who is silent is not well."""

import time
from typing import Any

from django.core.cache import cache

# A batch of probes may wait for dead endpoints, hence its own worker.
WORKER_QUEUES = {"worker": ("default", "query"), "probes": ("probes",), "index": ("index",)}
QUEUES = tuple(queue for queues in WORKER_QUEUES.values() for queue in queues)
BEAT = "beat"
EVERY_SECONDS = 5
STALE_AFTER_SECONDS = 30


def beat(name: str) -> None:
    """Note that what has this name (a queue or beat) is alive now."""
    cache.set(_key(name), time.time(), timeout=10 * STALE_AFTER_SECONDS)


def clear(names: tuple[str, ...]) -> None:
    """Forget the signs of those that stop, or of an earlier run."""
    cache.delete_many([_key(name) for name in names])


def ages() -> dict[str, float | None]:
    """Seconds since the last sign of each queue's worker and of beat; None where there is none."""
    names = (*QUEUES, BEAT)
    seen: dict[str, Any] = cache.get_many([_key(name) for name in names])
    now = time.time()
    return {
        name: round(max(0.0, now - seen[_key(name)]), 1) if _key(name) in seen else None
        for name in names
    }


def _key(name: str) -> str:
    return f"sign-of-life:{name}"
