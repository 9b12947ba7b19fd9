"""Threads that start together, each with its own database connection."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from django.db import connection

MAX_WAIT_SECONDS = 120  # for the slowest thread to start


def run_concurrently(tasks: Sequence[Callable[[], Any]]) -> list[Any]:
    """Start all tasks together and return their results."""
    barrier = Barrier(len(tasks))

    def run(task: Callable[[], Any]) -> Any:
        try:
            barrier.wait(MAX_WAIT_SECONDS)
            return task()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(tasks)) as pool:
        return list(pool.map(run, tasks))
