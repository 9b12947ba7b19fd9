"""Several at once: threads that start together, each with a connection of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from django.db import connection

LONGEST_WAIT = 120  # seconds until a thread that does not come is a failure


def at_once(works: Sequence[Callable[[], Any]]) -> list[Any]:
    """Return what each of some works returns, all of them started together."""
    barrier = Barrier(len(works))

    def run(work: Callable[[], Any]) -> Any:
        try:
            barrier.wait(LONGEST_WAIT)
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))
