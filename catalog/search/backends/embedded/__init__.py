"""The embedded engine: tantivy on local disk, one process writing, every process reading."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from tantivy import DocAddress, Query, Searcher

from catalog.search.backends.embedded import schema
from catalog.search.backends.embedded.marking import Marker
from catalog.search.backends.embedded.paging import Page, page_of
from catalog.search.backends.embedded.places import ENGINE, Place
from catalog.search.backends.embedded.questions import Questions, all_of, any_of, narrowed
from catalog.search.backends.embedded.writing import Opened, Session, ledger
from catalog.search.conditions import Condition
from catalog.search.fields import (
    BY_NAME,
    ENOUGH_HOLD_ALL,
    FACET_SIZE,
    FACETS,
    RELEVANCE,
    WITHOUT_WORDS,
)
from catalog.search.port import (
    Correction,
    Entry,
    Facet,
    FacetValue,
    Hit,
    SearchAnswer,
    SearchRequest,
    SearchUnavailable,
    SuggestAnswer,
    Suggestion,
)
from catalog.search.query import Expression, Words, open_words, respelled, respelled_text
from catalog.search.spelling import best_correction, edits_allowed, fold

# Counting every value exactly needs every value of every segment.
_ALL_VALUES = 65_000
_MOST_CANDIDATES = 400


@dataclass(frozen=True, slots=True)
class _Reading:
    """One moment's view of the index."""

    searcher: Searcher
    questions: Questions
    words: Searcher

    def count(self, query: Query) -> int:
        return self.searcher.search(query, 1).count or 0


class EmbeddedBackend:
    """Search without a server; see the port for what each method promises."""

    name = ENGINE

    def __init__(self, root: Path) -> None:
        self._place = Place(root, schema.fingerprint())
        self._opened: tuple[tuple[int, int], Opened, Questions] | None = None

    def fingerprint(self) -> str:
        return self._place.fingerprint

    def is_ready(self) -> bool:
        try:
            self._read()
        except SearchUnavailable:
            return False
        return True

    # --- reading

    def _read(self) -> _Reading:
        """Open what answers now, if that changed, and see what was committed since."""
        stamp = self._place.stamp()
        if self._opened is None or self._opened[0] != stamp:
            opened = _open(self._place.current())
            self._opened = stamp, opened, Questions(opened.documents)
        _, opened, questions = self._opened
        try:
            opened.reload()
        except ValueError as error:
            raise SearchUnavailable(ENGINE, "the index cannot be read") from error
        return _Reading(opened.documents.searcher(), questions, opened.words.searcher())

    def search(self, request: SearchRequest) -> SearchAnswer:
        reading = self._read()
        readable = reading.questions.readable(request.readers)
        corrections = _corrections(reading, request, readable) if request.is_corrected else {}
        words = _completed(reading, respelled(request.words, corrections), readable)
        typed = respelled_text(request.typed, corrections)
        found = narrowed(_set_of(reading, words, typed, readable), [readable])
        chosen = {c.field: c for c in request.conditions if c.is_choice and BY_NAME[c.field].is_facet}
        rest = [c for c in request.conditions if chosen.get(c.field) is not c]
        found = narrowed(found, [reading.questions.condition(c) for c in rest])
        choices = {name: reading.questions.condition(c) for name, c in chosen.items()}
        query = narrowed(found, list(choices.values()))
        sort = WITHOUT_WORDS if request.sort == RELEVANCE and not words else request.sort
        page = page_of(reading.searcher, reading.questions, query, request, sort)
        return SearchAnswer(
            count=page.count,
            hits=tuple(_hits(reading, page, words, request)),
            facets=tuple(_facets(reading, found, choices, chosen)) if request.has_facets else (),
            corrections=tuple(Correction(*pair) for pair in corrections.items()),
            **page.cursors(request.limit),
        )

    def suggest(
        self, typed: str, readers: tuple[str, ...] | None, limit: int
    ) -> SuggestAnswer:
        reading = self._read()
        readable = reading.questions.readable(readers)
        *before, last = reading.questions.plain_words(typed) or [""]
        if not last:
            return SuggestAnswer()
        questions = reading.questions
        begun = [questions.term("title", word) for word in before]
        titled = all_of([*begun, questions.prefixed("title", last)])
        ranked = any_of([titled, *questions.names(typed)])
        request = SearchRequest(readers=readers, limit=limit)
        page = page_of(reading.searcher, questions, narrowed(ranked, [readable]), request, RELEVANCE)
        things = tuple(_thing(reading, address) for _, _, address in page.placed)
        completions = reading.searcher.terms_with_prefix("words", last, readable, limit)
        stem = typed[: len(typed) - len(last)] if fold(typed).endswith(last) else ""
        words = tuple(Suggestion(stem + word, count) for word, count in completions if word != last)
        return SuggestAnswer(things, words)

    def values(
        self, field: str, prefix: str, readers: tuple[str, ...] | None, limit: int
    ) -> tuple[FacetValue, ...]:
        reading = self._read()
        readable = reading.questions.readable(readers)
        found = reading.searcher.terms_with_prefix(
            BY_NAME[field].attribute, fold(prefix), readable, limit
        )
        return tuple(FacetValue(value, count) for value, count in found)

    # --- writing

    @contextmanager
    def writing(self) -> Iterator[Session]:
        with self._place.lock("writer"):
            with _session(_open(self._place.current())) as session:
                yield session

    @contextmanager
    def rebuilding(self) -> Iterator["EmbeddedRebuild"]:
        with self._place.lock("rebuild"):
            folder = self._place.beside()
            with _session(_open(folder), is_new=True) as session:
                yield EmbeddedRebuild(self._place, folder, session)

    def ledger(self) -> Iterator[Entry]:
        return ledger(self._read().searcher)
