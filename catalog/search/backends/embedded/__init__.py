"""The embedded engine: tantivy on local disk, one process writing, every process reading."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from catalog.search.backends.embedded import mapping
from catalog.search.backends.embedded.generations import ENGINE, GenerationStore
from catalog.search.backends.embedded.indexing import EmbeddedWriter, IndexReader
from catalog.search.backends.embedded.session import EmbeddedSession
from catalog.search.flow.engine import SearchBackend
from catalog.search.port import IndexEntry, ReaderTokens, SearchUnavailable


class EmbeddedBackend(SearchBackend):
    """Search without a server."""

    name = ENGINE

    def __init__(self, root: Path) -> None:
        self.store = GenerationStore(root, mapping.fingerprint())
        self._live: tuple[tuple[int, int], IndexReader] | None = None

    def fingerprint(self) -> str:
        return self.store.fingerprint

    def is_ready(self) -> bool:
        try:
            self.open_index()
        except SearchUnavailable:
            return False
        return True

    @contextmanager
    def open_session(
        self, readers: ReaderTokens, types: Sequence[str], timeout: float
    ) -> Iterator[EmbeddedSession]:
        index = self.open_index()
        yield EmbeddedSession.of(index.documents, index.words, readers, types)

    def generation(self) -> str:
        return self.store.current().name

    def entries(self, keys: Collection[str] | None = None) -> Iterator[IndexEntry]:
        return self.open_index().entries(keys)

    def drop(self) -> None:
        self._live = None
        self.store.delete()

    @contextmanager
    def open_writer(self) -> Iterator[EmbeddedWriter]:
        with self.store.lock("writer"):
            with closing(EmbeddedWriter(IndexReader(self.store.current()))) as writer:
                yield writer

    @contextmanager
    def start_rebuild(self) -> Iterator[NewEmbeddedIndex]:
        with self.store.lock("rebuild"):
            try:
                folder = self.store.create()
                with closing(NewEmbeddedIndex(self.store, folder, is_new=True)) as index:
                    yield index
            finally:
                self.store.prune()

    @contextmanager
    def open_previous(self) -> Iterator[NewEmbeddedIndex]:
        with self.store.lock("rebuild"):
            with closing(NewEmbeddedIndex(self.store, self.store.previous())) as index:
                yield index

    @contextmanager
    def remove_unused(self) -> Iterator[frozenset[str]]:
        with self.store.lock("rebuild"):
            self.store.prune()
            yield self.store.names()

    def open_index(self) -> IndexReader:
        """Open the live index, if another one is live now, and see what was committed since."""
        version = self.store.version()
        try:
            return self._open(version)
        except SearchUnavailable:
            if self.store.version() == version:
                raise
            # Between reading the pointer and opening, other generations took over.
            return self._open(self.store.version())

    def _open(self, version: tuple[int, int]) -> IndexReader:
        if self._live is None or self._live[0] != version:
            self._live = version, IndexReader(self.store.current())
        index = self._live[1]
        index.reload()
        return index


class NewEmbeddedIndex(EmbeddedWriter):
    """A generation next to the live one: new, or the one before it."""

    def __init__(self, store: GenerationStore, folder: Path, *, is_new: bool = False) -> None:
        super().__init__(IndexReader(folder), is_new=is_new)
        self.store, self._folder = store, folder

    def entries(self, keys: Collection[str] | None = None) -> Iterator[IndexEntry]:
        index = IndexReader(self._folder)
        index.reload()
        return index.entries(keys)

    @contextmanager
    def activate(self) -> Iterator[EmbeddedWriter]:
        with self.store.lock("writer"):
            yield self
            self.commit()
            self.close()
            self.store.activate(self._folder)
