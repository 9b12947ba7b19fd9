"""The embedded engine: tantivy on local disk, one process writing, every process reading."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from catalog.search.backends.embedded import mapping
from catalog.search.backends.embedded.generations import ENGINE, Place
from catalog.search.backends.embedded.indexing import Opened, Session, ledger
from catalog.search.backends.embedded.session import EmbeddedSession
from catalog.search.document import SearchDocument
from catalog.search.flow.engine import SearchEngine
from catalog.search.port import (
    IndexEntry,
    ReaderTokens,
    SearchUnavailable,
)


class EmbeddedBackend(SearchEngine):
    """Search without a server; the port says what each method promises."""

    name = ENGINE

    def __init__(self, root: Path) -> None:
        self._place = Place(root, mapping.fingerprint())
        self._opened: tuple[tuple[int, int], Opened] | None = None

    def fingerprint(self) -> str:
        return self._place.fingerprint

    def is_ready(self) -> bool:
        try:
            self._read()
        except SearchUnavailable:
            return False
        return True

    @contextmanager
    def open_session(
        self, readers: ReaderTokens, types: Sequence[str], timeout: float
    ) -> Iterator[EmbeddedSession]:
        opened = self._read()
        yield EmbeddedSession.of(opened.documents, opened.words, readers, types)

    def generation(self) -> str:
        return self._place.current().name

    def entries(self, keys: Collection[str] | None = None) -> Iterator[IndexEntry]:
        return ledger(self._read().documents.searcher(), keys)

    def drop(self) -> None:
        self._opened = None
        self._place.remove()

    @contextmanager
    def open_writer(self) -> Iterator[Session]:
        with self._place.lock("writer"), _session(self._place.current()) as session:
            yield session

    @contextmanager
    def start_rebuild(self) -> Iterator["EmbeddedCandidate"]:
        with self._place.lock("rebuild"):
            folder = self._place.beside()
            try:
                with _session(folder, is_new=True) as session:
                    yield EmbeddedCandidate(self._place, folder, session)
            finally:
                self._place.clear()

    @contextmanager
    def open_previous(self) -> Iterator["EmbeddedCandidate"]:
        with self._place.lock("rebuild"):
            folder = self._place.previous()
            with _session(folder) as session:
                yield EmbeddedCandidate(self._place, folder, session)

    @contextmanager
    def remove_unused(self) -> Iterator[frozenset[str]]:
        with self._place.lock("rebuild"):
            self._place.clear()
            yield self._place.generations()

    def _read(self) -> Opened:
        """Open what answers now, if that changed, and see what was committed since."""
        stamp = self._place.stamp()
        try:
            return self._open(stamp)
        except SearchUnavailable:
            if self._place.stamp() == stamp:
                raise
            # Between reading the pointer and opening, other generations took over.
            return self._open(self._place.stamp())

    def _open(self, stamp: tuple[int, int]) -> Opened:
        if self._opened is None or self._opened[0] != stamp:
            self._opened = stamp, _opened(self._place.current())
        opened = self._opened[1]
        try:
            opened.reload()
        except (ValueError, FileNotFoundError) as error:
            raise SearchUnavailable(ENGINE, "the index cannot be read") from error
        return opened


class EmbeddedCandidate:
    """A generation beside the one that answers: new, or the one that answered before."""

    def __init__(self, place: Place, folder: Path, session: Session) -> None:
        self._place, self._folder, self._session = place, folder, session
        self.generation = session.generation

    def put(self, documents: Iterable[SearchDocument]) -> None:
        self._session.put(documents)

    def delete(self, things: Iterable[tuple[str, str, int]]) -> None:
        self._session.delete(things)

    def commit(self) -> None:
        self._session.commit()

    def entries(self, keys: Collection[str] | None = None) -> Iterator[IndexEntry]:
        opened = _opened(self._folder)
        opened.reload()
        return ledger(opened.documents.searcher(), keys)

    @contextmanager
    def activate(self) -> Iterator[Session]:
        with self._place.lock("writer"):
            yield self._session
            self._session.commit()
            self._session.close()
            self._place.swap(self._folder)


def _opened(folder: Path) -> Opened:
    try:
        return Opened(folder)
    except ValueError as error:
        raise SearchUnavailable(
            ENGINE, "the index has another shape and must be rebuilt"
        ) from error


@contextmanager
def _session(folder: Path, *, is_new: bool = False) -> Iterator[Session]:
    session = Session(_opened(folder), is_new=is_new)
    try:
        yield session
    finally:
        session.close()
