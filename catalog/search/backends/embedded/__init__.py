"""The embedded engine: tantivy on local disk, one process writing, every process reading."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from catalog.search.backends.embedded import mapping
from catalog.search.backends.embedded.generations import ENGINE, Place
from catalog.search.backends.embedded.indexing import Opened, Session, ledger
from catalog.search.backends.embedded.queries import QueryBuilder
from catalog.search.backends.embedded.search import Reading, answer, counted, suggestions, things
from catalog.search.backends.embedded.similarity import alike
from catalog.search.document import SearchDocument
from catalog.search.fields import BY_NAME
from catalog.search.port import (
    DEFAULT_TYPES,
    FacetValue,
    Feature,
    IndexEntry,
    ReaderTokens,
    SearchAnswer,
    SearchRequest,
    SearchUnavailable,
    SimilarDocument,
    SuggestAnswer,
    Suggestion,
)
from catalog.search.spelling import normalize


class EmbeddedBackend:
    """Search without a server; the port says what each method promises."""

    name = ENGINE

    def __init__(self, root: Path) -> None:
        self._place = Place(root, mapping.fingerprint())
        self._opened: tuple[tuple[int, int], Opened, QueryBuilder] | None = None

    def fingerprint(self) -> str:
        return self._place.fingerprint

    def is_ready(self) -> bool:
        try:
            self._read(None)
        except SearchUnavailable:
            return False
        return True

    def search(self, request: SearchRequest) -> SearchAnswer:
        return answer(self._read(request.readers, (request.type,)), request)

    def counts(self, request: SearchRequest, types: Sequence[str]) -> dict[str, int]:
        return {
            object_type: counted(self._read(request.readers, (object_type,)), request)
            for object_type in types
        }

    def suggest(self, typed: str, readers: ReaderTokens, limit: int) -> SuggestAnswer:
        return suggestions(self._read(readers), typed, limit)

    def named(
        self, typed: str, readers: ReaderTokens, types: Sequence[str], limit: int
    ) -> tuple[Suggestion, ...]:
        return things(self._read(readers, types), typed, limit)

    def values(
        self,
        field: str,
        prefix: str,
        readers: ReaderTokens,
        limit: int,
        types: Sequence[str] = DEFAULT_TYPES,
    ) -> tuple[FacetValue, ...]:
        reading = self._read(readers, types)
        found = reading.searcher.terms_with_prefix(
            BY_NAME[field].attribute, normalize(prefix), reading.readable, limit
        )
        return tuple(FacetValue(value, count) for value, count in found)

    def similar(
        self, key: str, features: Sequence[Feature], readers: ReaderTokens, limit: int
    ) -> tuple[SimilarDocument, ...]:
        return alike(self._read(readers), key, features, limit)

    def generation(self) -> str:
        return self._place.current().name

    def entries(self, keys: Collection[str] | None = None) -> Iterator[IndexEntry]:
        return ledger(self._read(None).searcher, keys)

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

    def _read(self, readers: ReaderTokens, types: Sequence[str] = DEFAULT_TYPES) -> Reading:
        """Open what answers now, if that changed, and see what was committed since."""
        stamp = self._place.stamp()
        try:
            opened, questions = self._open(stamp)
        except SearchUnavailable:
            if self._place.stamp() == stamp:
                raise
            # Between reading the pointer and opening, other generations took over.
            opened, questions = self._open(self._place.stamp())
        return Reading(
            opened.documents.searcher(),
            opened.words.searcher(),
            questions,
            questions.readable(readers, types),
            questions.readable_by_many(readers, types),
        )

    def _open(self, stamp: tuple[int, int]) -> tuple[Opened, QueryBuilder]:
        if self._opened is None or self._opened[0] != stamp:
            opened = _opened(self._place.current())
            self._opened = stamp, opened, QueryBuilder(opened.documents)
        _, opened, questions = self._opened
        try:
            opened.reload()
        except (ValueError, FileNotFoundError) as error:
            raise SearchUnavailable(ENGINE, "the index cannot be read") from error
        return opened, questions


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
