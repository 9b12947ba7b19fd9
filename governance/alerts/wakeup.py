"""Asks a worker to deliver now; the app registers how. A lost hint costs seconds."""

from collections.abc import Callable

_wakers: list[Callable[[], None]] = []


def register_waker(wake_worker: Callable[[], None]) -> None:
    if wake_worker not in _wakers:
        _wakers.append(wake_worker)


def wake() -> None:
    for wake_worker in _wakers:
        wake_worker()
