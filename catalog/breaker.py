"""A circuit breaker: a server that does not answer is asked again only once in a while."""

import logging
import time
from collections.abc import Callable
from functools import cache
from threading import Lock
from urllib.parse import urlsplit

logger = logging.getLogger(__name__)
RETRY_SECONDS, LOG_SECONDS = 3.0, 60.0


class CircuitBreaker:
    """Knows whether a server answers; shared by the threads of a process.

    Open, it lets one caller in `RETRY_SECONDS` find out whether the server is back, so that all
    others go on without it at once. A failure is logged at most once in `LOG_SECONDS`.
    """

    def __init__(self, name: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.name = name
        self.clock = clock
        self.opened_at: float | None = None
        self.retry_at = 0.0
        self.log_at = 0.0
        self.lock = Lock()

    def allows(self) -> bool:
        """Return True if the caller may ask the server, and must then record what happened."""
        if self.opened_at is None:
            return True
        with self.lock:
            if self.clock() < self.retry_at:
                return False
            self.retry_at = self.clock() + RETRY_SECONDS
            return True

    def record_success(self) -> None:
        if self.opened_at is not None:
            self.opened_at = None
            logger.warning("%s answers again", self.name)

    def record_failure(self, error: Exception) -> None:
        with self.lock:
            now = self.clock()
            self.opened_at = now if self.opened_at is None else self.opened_at
            self.retry_at = now + RETRY_SECONDS
            is_due = now >= self.log_at
            if is_due:
                self.log_at = now + LOG_SECONDS
        if is_due:
            logger.warning("%s does not answer, going on without it: %s", self.name, error)

    def seconds_open(self) -> float | None:
        """Return for how long the server has not answered, None while it does."""
        opened_at = self.opened_at
        return None if opened_at is None else self.clock() - opened_at


def redis_breaker(url: str) -> CircuitBreaker:
    """Return the breaker of a Redis server; its databases share it, as broker and cache do."""
    address = urlsplit(url)
    return _breaker(address.netloc.rpartition("@")[2] or address.path)


@cache
def _breaker(address: str) -> CircuitBreaker:
    return CircuitBreaker("broker and cache")
