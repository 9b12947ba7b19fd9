"""Heartbeats of workers and beat, in the shared cache."""

import time

from django.core.cache import cache

from governance.schedules.clock import BOOT_ID

# What may wait for servers that do not answer has workers of its own; slow ones have their own too.
WORKER_QUEUES = {
    "worker": ("default",),
    "probes": ("probes",),
    "slow": ("slow_probes", "sources"),
    "index": ("index",),
}
QUEUES = tuple(queue for queues in WORKER_QUEUES.values() for queue in queues)
BEAT = "beat"
INTERVAL_SECONDS = 5
STALE_AFTER_SECONDS = 30

Heartbeat = tuple[str, float, float]


def beat(name: str) -> None:
    """Record that the worker of a queue, or beat, is alive now."""
    # No timeout: the cache's clock may be set, and an old heartbeat tells more than none.
    cache.set(_key(name), (BOOT_ID, time.monotonic(), time.time()), timeout=None)


def clear(names: tuple[str, ...]) -> None:
    """Delete the heartbeats of programs that stop, or of an earlier run."""
    cache.delete_many([_key(name) for name in names])


def heartbeat_ages() -> dict[str, float | None]:
    """Return seconds since the last heartbeat of each queue's worker and of beat, else None."""
    names = (*QUEUES, BEAT)
    beats: dict[str, Heartbeat] = cache.get_many([_key(name) for name in names])
    return {name: _age(beats[_key(name)]) if _key(name) in beats else None for name in names}


def _age(heartbeat: Heartbeat) -> float:
    """Compare the monotonic clocks; only a heartbeat of another host needs the wall clock."""
    boot_id, monotonic, wall = heartbeat
    age = time.monotonic() - monotonic if boot_id == BOOT_ID else time.time() - wall
    return round(max(0.0, age), 1)


def _key(name: str) -> str:
    return f"heartbeat:{name}"
