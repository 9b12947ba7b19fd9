"""Vectors of queries: computed once each, on a thread of their own, with a limited wait."""

from collections import OrderedDict
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from threading import Lock

import structlog

from catalog.search.semantic.reranking import Embedder, MeaningUnavailable

log = structlog.get_logger(__name__)

# Seconds that a search waits; a text takes some milliseconds, loading the model half a second.
EMBED_TIMEOUT = 0.3
MAX_CACHED = 1000


class QueryVectors:
    """The vectors of texts that were searched lately in this process."""

    def __init__(self, embedder: Embedder, *, timeout: float = EMBED_TIMEOUT) -> None:
        self._embedder = embedder
        self._timeout = timeout
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="semantic")
        self._futures: OrderedDict[str, Future[list[float]]] = OrderedDict()
        self._lock = Lock()

    def get(self, text: str) -> list[float] | None:
        """Return the vector of a text, or None if the model fails or takes too long.

        What comes too late for this search is there for the next one.
        """
        future = self._future(" ".join(text.casefold().split()))
        try:
            return future.result(self._timeout)
        except TimeoutError:
            log.info("meaning_late", model=self._embedder.name)
        except (MeaningUnavailable, CancelledError) as error:
            log.error("meaning_unavailable", reason=str(error))
        return None

    def _future(self, text: str) -> Future[list[float]]:
        with self._lock:
            future = self._futures.pop(text, None)
            if future is None or (future.done() and (future.cancelled() or future.exception())):
                future = self._executor.submit(lambda: self._embedder.vectors([text])[0])
            self._futures[text] = future
            if len(self._futures) > MAX_CACHED:
                self._futures.popitem(last=False)[1].cancel()
            return future
