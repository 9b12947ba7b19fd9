"""The engine for scale: Elasticsearch 8, an alias of our own over generations of one index."""

from __future__ import annotations

import re
import time
from collections.abc import Collection, Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING

from elasticsearch import Elasticsearch
from elasticsearch.dsl import Search, connections

from catalog.search.backends.elasticsearch import mapping
from catalog.search.backends.elasticsearch.client import (
    ENGINE,
    Serializer,
    translated,
)
from catalog.search.backends.elasticsearch.indexing import BATCH_SIZE, Session, door_of
from catalog.search.backends.elasticsearch.session import BUILDER, ElasticsearchSession
from catalog.search.document import SearchDocument
from catalog.search.flow.engine import SearchEngine
from catalog.search.port import (
    TIMEOUT,
    IndexEntry,
    ReaderTokens,
    SearchUnavailable,
)

if TYPE_CHECKING:
    from catalog.search.semantic import SemanticRanking
    from catalog.search.semantic.document_vectors import DocumentVectors


class ElasticsearchBackend(SearchEngine):
    """Search on a server; the port says what each method promises."""

    name = ENGINE

    def __init__(
        self, url: str, prefix: str = "assay-search", semantic: SemanticRanking | None = None
    ) -> None:
        self._client: Elasticsearch = connections.create_connection(
            alias=f"{prefix} {url}",
            hosts=[url],
            request_timeout=TIMEOUT,
            max_retries=1,
            serializer=Serializer(),
        )
        self._prefix = prefix
        self._semantic = semantic
        # Each shape of the index answers under an alias of its own, so two versions of the
        # product can run beside each other, and a roll-back finds its index in place.
        self._alias = f"{prefix}-{self.fingerprint()}"
        self._previous_alias = f"{self._alias}-previous"

    def fingerprint(self) -> str:
        return mapping.fingerprint(self._semantic)

    def is_ready(self) -> bool:
        try:
            with translated():
                return bool(self._client.indices.exists_alias(name=self._alias))
        except SearchUnavailable:
            return False

    @contextmanager
    def open_session(
        self, readers: ReaderTokens, types: Sequence[str], timeout: float
    ) -> Iterator[ElasticsearchSession]:
        readable, deadline = BUILDER.readable(readers, types), time.monotonic() + timeout
        with translated():
            yield ElasticsearchSession(
                self._client, self._alias, readers, readable, deadline, self._semantic
            )

    def generation(self) -> str:
        with translated():
            return self._name_of(self._live())

    def entries(self, keys: Collection[str] | None = None) -> Iterator[IndexEntry]:
        return self._ledger(self._alias, keys)

    @contextmanager
    def open_writer(self) -> Iterator[Session]:
        with translated():
            index = self._live()
        yield Session(self._client, index, self._name_of(index), self._document_vectors())

    @contextmanager
    def start_rebuild(self) -> Iterator[ElasticsearchCandidate]:
        index = f"{self._alias}-{time.time_ns()}"
        with ThreadPoolExecutor(1) as sender:
            with translated():
                self._client.indices.create(
                    index=index,
                    mappings=mapping.mapping(self._semantic),
                    settings=mapping.SETTINGS,
                    aliases={door_of(index): {}},
                )
            candidate = ElasticsearchCandidate(self, index, sender)
            try:
                yield candidate
            finally:
                if not candidate.is_live:
                    with translated():
                        self._client.options(ignore_status=404).indices.delete(index=index)

    @contextmanager
    def open_previous(self) -> Iterator[ElasticsearchCandidate]:
        with ThreadPoolExecutor(1) as sender:
            with translated():
                before = self._under(self._previous_alias)
            if not before:
                raise SearchUnavailable(ENGINE, "no index is kept that answered before this one")
            yield ElasticsearchCandidate(self, before[0], sender)

    @contextmanager
    def remove_unused(self) -> Iterator[frozenset[str]]:
        with translated():
            self._clear()
            held = frozenset(map(self._name_of, self._aliases()))
        yield held

    def drop(self) -> None:
        """Remove every index under this prefix."""
        for name in self._aliases():
            self._client.options(ignore_status=404).indices.delete(index=name)

    def _document_vectors(self) -> DocumentVectors | None:
        if self._semantic is None:
            return None
        return self._semantic.document_vectors(self._client, self._alias)

    def _name_of(self, index: str) -> str:
        return index.removeprefix(f"{self._prefix}-")

    def _live(self) -> str:
        """The index that answers; NotFoundError where none does."""
        return str(next(iter(self._client.indices.get_alias(name=self._alias).body)))

    def _under(self, alias: str) -> list[str]:
        """The indexes that have an alias."""
        return [index for index, held in self._aliases().items() if alias in held]

    def _aliases(self) -> dict[str, list[str]]:
        """The aliases of each index of ours, of every shape; a longer prefix is somebody else's."""
        found = self._client.indices.get(index=f"{self._prefix}-*", features="aliases").body
        ours = re.compile(rf"{re.escape(self._prefix)}-[0-9a-f]{{12}}-\d+")
        return {
            index: list(about["aliases"]) for index, about in found.items() if ours.fullmatch(index)
        }

    def _ledger(self, index: str, keys: Collection[str] | None) -> Iterator[IndexEntry]:
        """Read by a point in time, so that writes meanwhile neither add nor hide a line."""
        search = Search(using=self._client, index=index).source(
            ["key", "revision", "readers", "digest"]
        )
        if keys is not None:
            search = search.filter("ids", values=list(keys))
        with translated():
            for hit in search.extra(size=2000).iterate(keep_alive="2m"):
                object_type, _, identity = hit.key.partition(":")
                readers = tuple(sorted(hit.readers)) if "readers" in hit else ()
                yield IndexEntry(object_type, identity, hit.revision, readers, hit.digest)

    def _swap(self, index: str) -> None:
        """Let another index answer. The server changes all these aliases at once, or none."""
        live, previous = self._alias, self._previous_alias
        answering = [name for name in self._under(live) if name != index]
        actions = [{"remove": {"index": name, "alias": live}} for name in answering]
        actions += [
            {"remove": {"index": name, "alias": previous}}
            for name in self._under(previous)
            if name not in answering
        ]
        actions += [{"add": {"index": name, "alias": previous}} for name in answering]
        actions.append({"add": {"index": index, "alias": live}})
        self._client.indices.update_aliases(actions=actions)

    def _clear(self) -> None:
        """Remove the indexes that nobody needs, half-built ones too.

        What answers stays and what answered before it; of other shapes the latest that answers.
        """
        held = self._aliases()
        kept = {name for name in held if {self._alias, self._previous_alias} & set(held[name])}
        others = [name for name in held if name.rpartition("-")[0] in held[name]]
        latest = sorted(set(others) - kept, key=_made_at)[-1:]
        for name in set(held) - kept - set(latest):
            self._client.options(ignore_status=404).indices.delete(index=name)


def _made_at(index: str) -> str:
    return index.rpartition("-")[2]


class ElasticsearchCandidate(Session):
    """An index beside the one that answers: new, or the one that answered before.

    It is sent one lot by a thread while the next is made, so that neither waits for the other.
    """

    def __init__(self, backend: ElasticsearchBackend, index: str, sender: Executor) -> None:
        vectors = backend._document_vectors()
        super().__init__(backend._client, index, backend._name_of(index), vectors)
        self._backend = backend
        self._sender = sender
        self._sent: Future[None] | None = None
        self.is_live = False

    def put(self, documents: Iterable[SearchDocument]) -> None:
        writes = self._writes(documents)
        while lot := list(islice(writes, BATCH_SIZE)):
            self._wait()
            self._sent = self._sender.submit(self._bulk, lot)

    def commit(self) -> None:
        self._wait()
        super().commit()

    def _wait(self) -> None:
        """Wait for the lot that was sent last; raises what became of it."""
        if self._sent:
            self._sent.result()

    def entries(self, keys: Collection[str] | None = None) -> Iterator[IndexEntry]:
        return self._backend._ledger(self.index, keys)

    @contextmanager
    def activate(self) -> Iterator[Session]:
        yield self
        self.commit()
        with translated():
            self._backend._swap(self.index)
        self.is_live = True
