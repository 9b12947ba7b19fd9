"""One process at a time across machines: a document that names its holder and when that ends."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

from elasticsearch import ApiError, ConflictError, Elasticsearch, NotFoundError, TransportError

from catalog.search.port import SearchUnavailable

# A holder that dies frees the lease after so many seconds; one that lives renews it in time.
LASTS = 5.0
RENEWED_EVERY = 1.0
LONGEST_WAIT = 30.0
_STEP = 0.2
_LAYOUT = {"number_of_shards": 1, "auto_expand_replicas": "0-1"}


class Lock:
    """The right to rebuild. It spares work and confusion; what is right does not hang on it.

    Its end is told by the clocks of the machines, so it may be lost to one whose clock runs
    ahead. The loser notices before it swaps.
    """

    def __init__(self, client: Elasticsearch, index: str) -> None:
        self._client = client
        self._index = index
        self._holder = uuid4().hex
        self._version: dict[str, Any] = {}
        self._is_over = threading.Event()
        self._is_lost = False

    @contextmanager
    def held(self) -> Iterator["Lock"]:
        """Hold the lease, renewed by a thread. Raises SearchUnavailable where another has it."""
        self._wait()
        renewing = threading.Thread(target=self._renew, daemon=True)
        renewing.start()
        try:
            yield self
        finally:
            self._is_over.set()
            renewing.join()
            self._give_back()

    def is_lost(self) -> bool:
        """Another process has taken it."""
        return self._is_lost

    def _wait(self) -> None:
        self._client.options(ignore_status=400).indices.create(
            index=self._index, settings=_LAYOUT, mappings={"dynamic": False}
        )
        deadline = time.monotonic() + LONGEST_WAIT
        while not self._take():
            if time.monotonic() > deadline:
                raise SearchUnavailable("elasticsearch", "another process rebuilds this index")
            time.sleep(_STEP)

    def _take(self) -> bool:
        """Take the lease where nobody has it, or where its time is over."""
        try:
            found = self._client.get(index=self._index, id="rebuild")
        except NotFoundError:
            return self._write(op_type="create")
        if found["_source"]["ends"] > time.time():
            return False
        return self._write(if_seq_no=found["_seq_no"], if_primary_term=found["_primary_term"])

    def _write(self, **condition: Any) -> bool:
        line = {"holder": self._holder, "ends": time.time() + LASTS}
        try:
            written = self._client.index(
                index=self._index, id="rebuild", document=line, **condition
            )
        except ConflictError:
            return False
        self._version = {
            "if_seq_no": written["_seq_no"],
            "if_primary_term": written["_primary_term"],
        }
        return True

    def _renew(self) -> None:
        while not self._is_over.wait(RENEWED_EVERY):
            try:
                if not self._write(**self._version):
                    self._is_lost = True
                    return
            except (ApiError, TransportError):
                continue

    def _give_back(self) -> None:
        """Free it at once for the next; where that fails, its time ends by itself."""
        try:
            self._client.delete(index=self._index, id="rebuild", **self._version)
        except (ApiError, TransportError):
            return
