"""Vectors of what is typed: each made once, on a thread aside, and waited for only so long."""

from __future__ import annotations

from collections import OrderedDict
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from threading import Lock

import structlog

from catalog.search.semantic.reranking import Embedder, MeaningUnavailable

log = structlog.get_logger(__name__)

# Seconds that a search waits; a text takes some milliseconds, the model's loading half a second.
EMBED_TIMEOUT = 0.3
MOST_KEPT = 1000


class QueryVectors:
    """The vectors of texts that were searched lately, of this process."""

    def __init__(self, embedder: Embedder, *, patience: float = EMBED_TIMEOUT) -> None:
        self._embedder = embedder
        self._patience = patience
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="meaning")
        self._made: OrderedDict[str, Future[list[float]]] = OrderedDict()
        self._lock = Lock()

    def of(self, text: str) -> list[float] | None:
        """The vector of a text; None where the model fails or is not done in time.

        What comes too late for this search is there for the next one.
        """
        made = self._begun(" ".join(text.casefold().split()))
        try:
            return made.result(self._patience)
        except TimeoutError:
            log.info("meaning_late", model=self._embedder.name)
        except (MeaningUnavailable, CancelledError) as error:
            log.error("meaning_unavailable", reason=str(error))
        return None

    def _begun(self, text: str) -> Future[list[float]]:
        with self._lock:
            made = self._made.pop(text, None)
            if made is None or (made.done() and (made.cancelled() or made.exception())):
                made = self._thread.submit(self._vector, text)
            self._made[text] = made
            if len(self._made) > MOST_KEPT:
                self._made.popitem(last=False)[1].cancel()
            return made

    def _vector(self, text: str) -> list[float]:
        return self._embedder.vectors([text])[0]
