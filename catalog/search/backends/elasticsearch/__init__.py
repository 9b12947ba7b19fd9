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
from catalog.search.backends.elasticsearch.indexing import (
    BATCH_SIZE,
    ElasticsearchWriter,
    write_alias,
)
from catalog.search.backends.elasticsearch.session import BUILDER, ElasticsearchSession
from catalog.search.document import SearchDocument, split_key
from catalog.search.flow.engine import SearchBackend
from catalog.search.port import (
    TIMEOUT,
    IndexEntry,
    ReaderTokens,
    SearchUnavailable,
)

if TYPE_CHECKING:
    from catalog.search.semantic import SemanticRanking
    from catalog.search.semantic.document_vectors import DocumentVectors


class ElasticsearchBackend(SearchBackend):
    """Search on an Elasticsearch server."""

    name = ENGINE

    def __init__(
        self, url: str, prefix: str = "assay-search", semantic: SemanticRanking | None = None
    ) -> None:
        self.client: Elasticsearch = connections.create_connection(
            alias=f"{prefix} {url}",
            hosts=[url],
            request_timeout=TIMEOUT,
            max_retries=1,
            serializer=Serializer(),
        )
        self._prefix = prefix
        self._semantic = semantic
        # Each fingerprint has an alias of its own, so two versions of the product can run next to
        # each other, and a rollback finds its index in place.
        self.alias = f"{prefix}-{self.fingerprint()}"
        self._previous_alias = f"{self.alias}-previous"

    def fingerprint(self) -> str:
        return mapping.fingerprint(self._semantic)

    def is_ready(self) -> bool:
        try:
            with translated():
                return bool(self.client.indices.exists_alias(name=self.alias))
        except SearchUnavailable:
            return False

    @contextmanager
    def open_session(
        self, readers: ReaderTokens, types: Sequence[str], timeout: float
    ) -> Iterator[ElasticsearchSession]:
        readable, deadline = BUILDER.readable(readers, types), time.monotonic() + timeout
        with translated():
            yield ElasticsearchSession(
                self.client, self.alias, readers, readable, deadline, self._semantic
            )

    def generation(self) -> str:
        with translated():
            return self.generation_of(self._live())

    def entries(self, keys: Collection[str] | None = None) -> Iterator[IndexEntry]:
        return self.read_entries(self.alias, keys)

    @contextmanager
    def open_writer(self) -> Iterator[ElasticsearchWriter]:
        with translated():
            index = self._live()
        yield ElasticsearchWriter(
            self.client, index, self.generation_of(index), self.document_vectors()
        )

    @contextmanager
    def start_rebuild(self) -> Iterator[NewElasticsearchIndex]:
        index = f"{self.alias}-{time.time_ns()}"
        with ThreadPoolExecutor(1) as sender:
            with translated():
                self.client.indices.create(
                    index=index,
                    mappings=mapping.mapping(self._semantic),
                    settings=mapping.SETTINGS,
                    aliases={write_alias(index): {}},
                )
            candidate = NewElasticsearchIndex(self, index, sender)
            try:
                yield candidate
            finally:
                if not candidate.is_live:
                    with translated():
                        self.client.options(ignore_status=404).indices.delete(index=index)

    @contextmanager
    def open_previous(self) -> Iterator[NewElasticsearchIndex]:
        with ThreadPoolExecutor(1) as sender:
            with translated():
                previous = self._indexes(self._previous_alias)
            if not previous:
                raise SearchUnavailable(ENGINE, "no index is kept that answered before this one")
            yield NewElasticsearchIndex(self, previous[0], sender)

    @contextmanager
    def remove_unused(self) -> Iterator[frozenset[str]]:
        with translated():
            self._prune()
            generations = frozenset(map(self.generation_of, self._aliases()))
        yield generations

    def drop(self) -> None:
        for name in self._aliases():
            self.client.options(ignore_status=404).indices.delete(index=name)

    def document_vectors(self) -> DocumentVectors | None:
        if self._semantic is None:
            return None
        return self._semantic.document_vectors(self.client, self.alias)

    def generation_of(self, index: str) -> str:
        return index.removeprefix(f"{self._prefix}-")

    def _live(self) -> str:
        """Return the index that answers. Raises NotFoundError if none does."""
        return str(next(iter(self.client.indices.get_alias(name=self.alias).body)))

    def _indexes(self, alias: str) -> list[str]:
        return [index for index, aliases in self._aliases().items() if alias in aliases]

    def _aliases(self) -> dict[str, list[str]]:
        """Return the aliases of each index under this prefix; a longer prefix is another's."""
        indexes = self.client.indices.get(index=f"{self._prefix}-*", features="aliases").body
        own = re.compile(rf"{re.escape(self._prefix)}-[0-9a-f]{{12}}-\d+")
        return {n: list(info["aliases"]) for n, info in indexes.items() if own.fullmatch(n)}

    def read_entries(self, index: str, keys: Collection[str] | None) -> Iterator[IndexEntry]:
        """Read at a point in time, so that writes meanwhile neither add nor hide an entry."""
        search = Search(using=self.client, index=index).source(
            ["key", "revision", "readers", "digest"]
        )
        if keys is not None:
            search = search.filter("ids", values=list(keys))
        with translated():
            for hit in search.extra(size=2000).iterate(keep_alive="2m"):
                readers = tuple(sorted(hit.readers)) if "readers" in hit else ()
                yield IndexEntry(*split_key(hit.key), hit.revision, readers, hit.digest)

    def activate_index(self, index: str) -> None:
        """Make another index live. The server changes all these aliases at once, or none."""
        live, previous = self.alias, self._previous_alias
        replaced = [name for name in self._indexes(live) if name != index]
        outdated = [name for name in self._indexes(previous) if name not in replaced]
        self.client.indices.update_aliases(
            actions=[
                *({"remove": {"index": name, "alias": live}} for name in replaced),
                *({"remove": {"index": name, "alias": previous}} for name in outdated),
                *({"add": {"index": name, "alias": previous}} for name in replaced),
                {"add": {"index": index, "alias": live}},
            ]
        )

    def _prune(self) -> None:
        """Remove the indexes that are not needed, half-built ones too.

        The live one stays and the one before it; of other fingerprints the latest that is live.
        """
        aliases = self._aliases()
        own = {self.alias, self._previous_alias}
        needed = {name for name in aliases if own & set(aliases[name])}
        others = [name for name in aliases if name.rpartition("-")[0] in aliases[name]]
        latest = sorted(set(others) - needed, key=lambda name: name.rpartition("-")[2])[-1:]
        for name in set(aliases) - needed - set(latest):
            self.client.options(ignore_status=404).indices.delete(index=name)


class NewElasticsearchIndex(ElasticsearchWriter):
    """An index next to the live one: new, or the one that answered before.

    A thread sends one batch while the next is built (0.82 of a raw bulk's rate, reindex benchmark).
    """

    def __init__(self, backend: ElasticsearchBackend, index: str, sender: Executor) -> None:
        vectors = backend.document_vectors()
        super().__init__(backend.client, index, backend.generation_of(index), vectors)
        self._backend = backend
        self._sender = sender
        self._sent: Future[None] | None = None
        self.is_live = False

    def put(self, documents: Iterable[SearchDocument]) -> None:
        writes = self._writes(documents)
        while batch := list(islice(writes, BATCH_SIZE)):
            self._wait()
            self._sent = self._sender.submit(self._bulk, batch)

    def commit(self) -> None:
        self._wait()
        super().commit()

    def _wait(self) -> None:
        """Wait for the batch that was sent last. Raises its error."""
        if self._sent:
            self._sent.result()

    def entries(self, keys: Collection[str] | None = None) -> Iterator[IndexEntry]:
        return self._backend.read_entries(self.index, keys)

    @contextmanager
    def activate(self) -> Iterator[ElasticsearchWriter]:
        yield self
        self.commit()
        with translated():
            self._backend.activate_index(self.index)
        self.is_live = True
