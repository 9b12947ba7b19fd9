"""Answering one request from one moment's view of a tantivy index."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from tantivy import DocAddress, Document, Query, Searcher

from catalog.search.backends.embedded.boolean import all_of, any_of, narrowed, preferring, silent
from catalog.search.backends.embedded.mapping import VOCABULARY
from catalog.search.backends.embedded.paging import Page, count_of, page_of
from catalog.search.backends.embedded.queries import SHORTEST_BEGINNING, QueryBuilder
from catalog.search.backends.stems import STEMMER
from catalog.search.fields import (
    BY_NAME,
    DEFAULT_SORT,
    FACET_SIZE,
    FACETS,
    MIN_DOCUMENTS_WITH_ALL_TERMS,
    RELEVANCE,
    Field,
)
from catalog.search.filters import Filter
from catalog.search.highlighting import Highlighter, Highlights, highlight_all
from catalog.search.port import (
    Correction,
    Facet,
    FacetValue,
    Hit,
    SearchAnswer,
    SearchRequest,
    SuggestAnswer,
    Suggestion,
)
from catalog.search.query_ast import (
    Clause,
    Expression,
    Occur,
    Term,
    all_terms,
    correctable_terms,
    highlight_terms,
    is_single_term,
    replace_in_text,
    replace_terms,
    scoring_clauses,
)
from catalog.search.spelling import MOST_CORRECTED, best_correction, distance, edits_allowed

# Counting every value exactly needs every value of every segment.
_ALL_VALUES = 65_000
_MOST_CANDIDATES = 400
# Ranks are floats of 24 significant bits.
_MOST_BITS = 24

# Where a hit lies: segment, and place in it.
Spot = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Reading:
    """One moment's view of the index, and what the caller may read of it."""

    searcher: Searcher
    vocabulary: Searcher
    questions: QueryBuilder
    readable: Query
    readable_by_many: Query

    def count(self, *queries: Query) -> int:
        """How many readable documents meet all of the queries."""
        return count_of(self.searcher, all_of([self.readable, *queries]))

    def is_met(self, query: Query) -> bool:
        """Whether any document meets a query, whoever may read it; for leaving queries out."""
        return bool(count_of(self.searcher, query))

    def holds(self, query: Query, *, enough: int = 1) -> bool:
        """Whether so many readable documents meet a query.

        A reader's tokens are many. They are looked through only where what anybody or every member
        may read, which is most of it, is too few, and all documents would be enough.
        """
        by_many = all_of([self.readable_by_many, query])
        if count_of(self.searcher, by_many) >= enough:
            return True
        return count_of(self.searcher, query) >= enough and self.count(query) >= enough


def answer(reading: Reading, request: SearchRequest) -> SearchAnswer:
    """Rank and mark; correct the words that turn out to be held by nobody; count the facets.

    A word that a hit holds needs no other look, so most requests read the index twice: once for
    the count and the page, once for the facets.
    """
    corrections: dict[str, str] = {}
    words, found = request.query, _found(reading, request, request.query, request.text)
    if unheld := _unheld(reading, request.query, found):
        corrections = _corrections(reading, unheld) if request.is_corrected else {}
        beginnings = [word for typed, word in unheld.items() if typed not in corrections]
        words = _completed(reading, replace_terms(request.query, corrections), beginnings)
        if words != request.query:
            typed = replace_in_text(request.text, corrections)
            found = _found(reading, request, words, typed)
    return SearchAnswer(
        count=found.page.count,
        hits=tuple(_hits(reading, found, words, request)),
        facets=tuple(_facets(reading, found)) if request.has_facets else (),
        corrections=tuple(Correction(*pair) for pair in corrections.items()),
        interpreted_query=words,
        **found.page.cursors(),
    )


def counted(reading: Reading, request: SearchRequest) -> int:
    """How many are in the set of a request's words, as they are spelled, within its filters."""
    questions, words = reading.questions, request.query
    demands_all = len(scoring_clauses(words)) > 1 and reading.holds(
        questions.holding(words, demands_all=True), enough=MIN_DOCUMENTS_WITH_ALL_TERMS
    )
    ground, _ = questions.asked(words, request.text, demands_all=demands_all, is_met=reading.is_met)
    return reading.count(ground, *map(questions.condition, request.filters))


@dataclass(frozen=True, slots=True)
class Found:
    """A page of one reading of the words, and what it tells of them.

    `ground` is the set, unranked, before any facet was chosen in; `entries` are the hits as the
    index keeps them; `held` are words that readable documents are known to hold; `holders` says for
    a typed word which hits hold it, where not all do.
    """

    ground: Query
    choices: Mapping[str, Query]
    chosen: Mapping[str, Filter]
    page: Page
    entries: Sequence[Document]
    held: frozenset[str]
    holders: Mapping[str, frozenset[Spot]]


def _found(reading: Reading, request: SearchRequest, words: Expression, typed: str) -> Found:
    """Decide on the set, narrow and rank."""
    questions, units = reading.questions, scoring_clauses(words)
    demands_all = len(units) > 1 and reading.holds(
        questions.holding(words, demands_all=True), enough=MIN_DOCUMENTS_WITH_ALL_TERMS
    )
    chosen = {c.field: c for c in request.filters if c.is_choice and BY_NAME[c.field].is_facet}
    choices = {name: questions.condition(condition) for name, condition in chosen.items()}
    rest = [questions.condition(c) for c in request.filters if chosen.get(c.field) is not c]
    ground, ranked = (
        narrowed(asked, [reading.readable, *rest])
        for asked in questions.asked(words, typed, demands_all=demands_all, is_met=reading.is_met)
    )
    sort = DEFAULT_SORT if request.sort == RELEVANCE and not words else request.sort
    query = narrowed(ranked if sort == RELEVANCE else ground, list(choices.values()))
    page = page_of(reading.searcher, questions, query, request, sort)
    entries = tuple(reading.searcher.doc(place) for _, _, place in page.placed)
    is_held = demands_all or (is_single_term(words) and page.count > 0)
    typed_words = {c.node.text: c.node for c in units if isinstance(c.node, Term)}
    held_by = {} if demands_all or is_single_term(words) else typed_words
    queries = {text: questions.holds(node) for text, node in held_by.items()}
    holders = _holders(reading, queries, entries)
    sure = (text for text in typed_words if is_held or holders.get(text))
    held = {word for text in sure for word in all_terms(text)}
    return Found(ground, choices, chosen, page, entries, frozenset(held), holders)


def _holders(
    reading: Reading, queries: Mapping[str, Query], entries: Sequence[Document]
) -> dict[str, frozenset[Spot]]:
    """For each query, by its name, which of a page's hits meet it.

    One search tells it of several: each adds a power of two to the rank of those that meet it.
    """
    if not entries or not queries:
        return {}
    keys = [str(entry.get_first("key")) for entry in entries]
    shown = silent(reading.questions.any_term("key", keys))
    holders: dict[str, frozenset[Spot]] = {}
    for names in _chunks(list(queries), _MOST_BITS):
        met = [Query.const_score_query(queries[name], 1 << bit) for bit, name in enumerate(names)]
        hits = reading.searcher.search(preferring(shown, met), len(keys), count=False).hits
        for bit, name in enumerate(names):
            holders[name] = frozenset(spot(at) for rank, at in hits if int(rank) >> bit & 1)
    return holders


def _chunks(names: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    return (names[start : start + size] for start in range(0, len(names), size))


def _unheld(reading: Reading, words: Expression, found: Found) -> dict[str, str]:
    """The typed words that no readable document holds, and each as the index would spell it."""
    plain = {
        typed: " ".join(reading.questions.plain_words(typed))
        for typed in dict.fromkeys(correctable_terms(words))
        if typed not in found.held
    }
    queries = {t: reading.questions.word_is_held(word) for t, word in plain.items() if word}
    # Most are held by a hit: any text has stop words.
    holders = _holders(reading, queries, found.entries)
    left = [typed for typed in queries if not holders.get(typed)]
    return {typed: plain[typed] for typed in left if not reading.holds(queries[typed])}


def _corrections(reading: Reading, unheld: Mapping[str, str]) -> dict[str, str]:
    """For each word that is not held, the nearest one that is."""
    corrections: dict[str, str] = {}
    wanted = [(typed, word) for typed, word in unheld.items() if edits_allowed(word)]
    for typed, word in wanted[:MOST_CORRECTED]:
        near = _near_words(reading, word, edits_allowed(word))
        if best := next(filter(None, (best_correction(word, held) for held in near)), None):
            corrections[typed] = best
    return corrections


def _near_words(reading: Reading, word: str, limit: int) -> Iterator[list[tuple[str, int]]]:
    """Words at one edit, then at two, each with the number of readable documents that hold it."""
    fuzzy = Query.fuzzy_term_query(VOCABULARY, "word", word, limit)
    hits = reading.vocabulary.search(fuzzy, _MOST_CANDIDATES, count=False).hits
    near = sorted({str(reading.vocabulary.doc(place).get_first("word")) for _, place in hits})
    for edits in range(1, limit + 1):
        group = [other for other in near if distance(word, other, limit) == edits]
        held = reading.questions.term
        yield [(other, reading.count(held("words", other))) for other in group]


def _completed(reading: Reading, words: Expression, unheld: Sequence[str]) -> Expression:
    """Words that nobody holds and that begin others are searched as beginnings."""
    completed = []
    for clause in words:
        if isinstance(clause.node, Term) and clause.demand is Occur.ANY and unheld:
            plain = " ".join(reading.questions.plain_words(clause.node.text))
            beginning = Term(plain, is_prefix=True)
            is_begun = plain in unheld and len(plain) >= SHORTEST_BEGINNING
            if is_begun and reading.count(reading.questions.holds(beginning)):
                clause = Clause(beginning)
        completed.append(clause)
    return tuple(completed)


def _hits(
    reading: Reading, found: Found, words: Expression, request: SearchRequest
) -> Iterator[Hit]:
    is_marked = request.has_highlights and bool(words)
    marks: Sequence[Highlights] = [({}, ())] * len(found.entries)
    if is_marked:
        marks = highlight_all(
            Highlighter(STEMMER, highlight_terms(words)), map(shown_of, found.entries)
        )
    for at, (score, _, place) in enumerate(found.page.placed):
        object_type, _, identity = str(found.entries[at].get_first("key")).partition(":")
        highlights, reasons = marks[at]
        rank = score if isinstance(score, float) else 0.0
        at_place = spot(place)
        lacks = [text for text, held in found.holders.items() if is_marked and at_place not in held]
        yield Hit(object_type, identity, rank, highlights, reasons, tuple(lacks))


def shown_of(entry: Document) -> dict[str, Any]:
    """The texts of a document that a hit may show."""
    shown: dict[str, Any] = orjson.loads(bytes(entry.get_first("shown") or b"{}"))
    return shown


def spot(place: DocAddress) -> Spot:
    """The identity of a place; the address itself cannot be compared."""
    return place.segment_ord, place.doc


def _facets(reading: Reading, found: Found) -> Iterator[Facet]:
    """Values on offer; what was chosen in a facet does not narrow that facet's own counts."""
    ground, choices = found.ground, found.choices
    free = [field for field in FACETS if field.name not in choices]
    counts = _counts(reading, narrowed(ground, list(choices.values())), free)
    for name in choices:
        others = [query for other, query in choices.items() if other != name]
        counts |= _counts(reading, narrowed(ground, others), [BY_NAME[name]])
    for field in FACETS:
        ticked = found.chosen[field.name].values if field.name in found.chosen else ()
        pairs = counts[field.name] | {v: counts[field.name].get(v, 0) for v in ticked}
        ordered = sorted(pairs.items(), key=lambda pair: (-pair[1], pair[0]))
        yield Facet(
            field.name, tuple(FacetValue(value, n, value in ticked) for value, n in ordered)
        )


def _counts(reading: Reading, query: Query, wanted: Sequence[Field]) -> dict[str, dict[str, int]]:
    if not wanted:
        return {}
    asked = {
        field.name: {
            "terms": {"field": field.attribute, "size": FACET_SIZE, "segment_size": _ALL_VALUES}
        }
        for field in wanted
    }
    counted = reading.searcher.aggregate(query, asked)
    return {
        name: {str(bucket["key"]): int(bucket["doc_count"]) for bucket in values["buckets"]}
        for name, values in counted.items()
    }


def suggestions(reading: Reading, typed: str, limit: int) -> SuggestAnswer:
    """Complete the last word: to things so named, and to words that readable documents hold."""
    last = (reading.questions.plain_words(typed) or [""])[-1]
    if not last:
        return SuggestAnswer()
    completions = reading.searcher.terms_with_prefix("vocabulary", last, reading.readable, limit)
    start = " ".join(typed.split()[:-1])
    words = [
        Suggestion(f"{start} {word}".strip(), count) for word, count in completions if word != last
    ]
    return SuggestAnswer(things(reading, typed, limit), tuple(words))


def things(reading: Reading, typed: str, limit: int) -> tuple[Suggestion, ...]:
    """Things whose names have words that begin with those typed, the whole name first."""
    questions = reading.questions
    typed_words = questions.plain_words(typed)
    if not typed_words:
        return ()
    found = any_of([questions.titles(typed_words), *questions.names(typed)])
    ranked = preferring(narrowed(found, [reading.readable]), questions.beginnings(typed))
    request = SearchRequest(readers=None, limit=limit)
    page = page_of(reading.searcher, questions, ranked, request, RELEVANCE)
    return tuple(_thing(reading, place) for _, _, place in page.placed)


def _thing(reading: Reading, place: DocAddress) -> Suggestion:
    entry = reading.searcher.doc(place)
    object_type, _, identity = str(entry.get_first("key")).partition(":")
    return Suggestion(shown_of(entry)["name"], type=object_type, id=identity)
