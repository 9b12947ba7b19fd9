"""Answering one request from one moment's view of a tantivy index."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from tantivy import DocAddress, Query, Searcher

from catalog.search.backends.embedded.marking import marks_of, shown_of
from catalog.search.backends.embedded.paging import Page, count_of, page_of
from catalog.search.backends.embedded.questions import (
    SHORTEST_BEGINNING,
    Questions,
    all_of,
    any_of,
    narrowed,
    preferring,
)
from catalog.search.backends.embedded.schema import VOCABULARY
from catalog.search.conditions import Condition
from catalog.search.expression import (
    Clause,
    Demand,
    Expression,
    Words,
    is_one_word,
    open_words,
    respelled,
    respelled_text,
    units_of,
    words_in,
)
from catalog.search.fields import (
    BY_NAME,
    ENOUGH_HOLD_ALL,
    FACET_SIZE,
    FACETS,
    RELEVANCE,
    WITHOUT_WORDS,
    Field,
)
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
from catalog.search.spelling import MOST_CORRECTED, best_correction, distance, edits_allowed

# Counting every value exactly needs every value of every segment.
_ALL_VALUES = 65_000
_MOST_CANDIDATES = 400

# Where a hit lies: segment, and place in it.
Spot = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Reading:
    """One moment's view of the index, and what the caller may read of it."""

    searcher: Searcher
    vocabulary: Searcher
    questions: Questions
    readable: Query
    readable_by_many: Query

    def count(self, *queries: Query) -> int:
        """How many readable documents meet all of the queries."""
        return count_of(self.searcher, all_of([self.readable, *queries]))

    def holds_any(self, query: Query) -> bool:
        """Whether a readable document meets a query.

        What everybody or every member may read is most of it, and quick to look through.
        """
        by_many = all_of([self.readable_by_many, query])
        return bool(count_of(self.searcher, by_many) or self.count(query))


def answer(reading: Reading, request: SearchRequest) -> SearchAnswer:
    """Rank and mark; correct the words that turn out to be held by nobody; count the facets.

    A word that a hit holds needs no other look, so most requests read the index twice: once for
    the count and the page, once for the facets.
    """
    corrections: dict[str, str] = {}
    words, found = request.words, _found(reading, request, request.words, request.typed)
    if unheld := _unheld(reading, request.words, found.held):
        corrections = _corrections(reading, unheld) if request.is_corrected else {}
        beginnings = [word for typed, word in unheld.items() if typed not in corrections]
        words = _completed(reading, respelled(request.words, corrections), beginnings)
        if words != request.words:
            typed = respelled_text(request.typed, corrections)
            found = _found(reading, request, words, typed)
    return SearchAnswer(
        count=found.page.count,
        hits=tuple(_hits(reading, found, words, request)),
        facets=tuple(_facets(reading, found)) if request.has_facets else (),
        corrections=tuple(Correction(*pair) for pair in corrections.items()),
        **found.page.cursors(),
    )


@dataclass(frozen=True, slots=True)
class Found:
    """A page of one reading of the words, and what it tells of them.

    `ground` is the set before any facet was chosen in; `held` are words that readable documents
    are known to hold; `holders` says for a typed word which hits hold it, where not all do.
    """

    ground: Query
    choices: Mapping[str, Query]
    chosen: Mapping[str, Condition]
    page: Page
    held: frozenset[str]
    holders: Mapping[str, frozenset[Spot]]


def _found(reading: Reading, request: SearchRequest, words: Expression, typed: str) -> Found:
    """Decide on the set, narrow and rank."""
    questions, units = reading.questions, units_of(words)
    held_by_all = 0
    if len(units) > 1:
        held_by_all = reading.count(questions.answers(words, "", demands_all=True))
    demands_all = held_by_all >= ENOUGH_HOLD_ALL
    ground = narrowed(questions.answers(words, typed, demands_all=demands_all), [reading.readable])
    chosen = {c.field: c for c in request.conditions if c.is_choice and BY_NAME[c.field].is_facet}
    rest = [c for c in request.conditions if chosen.get(c.field) is not c]
    ground = narrowed(ground, [questions.condition(condition) for condition in rest])
    choices = {name: questions.condition(condition) for name, condition in chosen.items()}
    sort = WITHOUT_WORDS if request.sort == RELEVANCE and not words else request.sort
    query = narrowed(ground, list(choices.values()))
    page = page_of(reading.searcher, questions, query, request, sort)
    held_by_all = held_by_all or (page.count if is_one_word(words) else 0)
    holders = {} if demands_all or is_one_word(words) else _holders(reading, units, page)
    sure = [clause.node.text for clause in units if isinstance(clause.node, Words)]
    held = {word for text in sure if held_by_all or (holders.get(text)) for word in words_in(text)}
    return Found(ground, choices, chosen, page, frozenset(held), holders)


def _holders(reading: Reading, units: Sequence[Clause], page: Page) -> dict[str, frozenset[Spot]]:
    """For each typed word, the hits of the page that hold it."""
    places = [place for _, _, place in page.placed]
    if not places:
        return {}
    questions = reading.questions
    keys = [str(reading.searcher.doc(place).get_first("key")) for place in places]
    shown = questions.any_term("key", keys)
    holders = {}
    for clause in units:
        if isinstance(clause.node, Words):
            held = narrowed(questions.holds(clause.node), [shown])
            hits = reading.searcher.search(held, len(keys), count=False).hits
            holders[clause.node.text] = frozenset(spot(place) for _, place in hits)
    return holders


def _unheld(reading: Reading, words: Expression, held: Collection[str]) -> dict[str, str]:
    """The typed words that no readable document holds, and each as the index would spell it."""
    unheld = {}
    for typed in dict.fromkeys(open_words(words)):
        word = "" if typed in held else " ".join(reading.questions.plain_words(typed))
        if word and not reading.holds_any(reading.questions.word_is_held(word)):
            unheld[typed] = word
    return unheld


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
        if isinstance(clause.node, Words) and clause.demand is Demand.ANY and unheld:
            plain = " ".join(reading.questions.plain_words(clause.node.text))
            beginning = Words(plain, is_prefix=True)
            is_begun = plain in unheld and len(plain) >= SHORTEST_BEGINNING
            if is_begun and reading.count(reading.questions.holds(beginning)):
                clause = Clause(beginning)
        completed.append(clause)
    return tuple(completed)


def _hits(
    reading: Reading, found: Found, words: Expression, request: SearchRequest
) -> Iterator[Hit]:
    places = [place for _, _, place in found.page.placed]
    entries = list(map(reading.searcher.doc, places))
    is_marked = request.has_highlights and bool(words)
    marks = marks_of(reading.searcher, reading.questions, words, entries) if is_marked else []
    for at, (score, _, place) in enumerate(found.page.placed):
        kind, _, identity = str(entries[at].get_first("key")).partition(":")
        highlights, reasons = marks[at] if is_marked else ({}, ())
        rank = score if isinstance(score, float) else 0.0
        at_place = spot(place)
        lacks = [text for text, held in found.holders.items() if is_marked and at_place not in held]
        yield Hit(kind, identity, rank, highlights, reasons, tuple(lacks))


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
    questions = reading.questions
    *before, last = questions.plain_words(typed) or [""]
    if not last:
        return SuggestAnswer()
    titled = questions.titles([*before, last])
    ranked = narrowed(any_of([titled, *questions.names(typed)]), [reading.readable])
    begun = preferring(ranked, questions.beginnings(typed))
    request = SearchRequest(readers=None, limit=limit)
    page = page_of(reading.searcher, questions, begun, request, RELEVANCE)
    completions = reading.searcher.terms_with_prefix("vocabulary", last, reading.readable, limit)
    start = " ".join(typed.split()[:-1])
    words = [
        Suggestion(f"{start} {word}".strip(), count) for word, count in completions if word != last
    ]
    return SuggestAnswer(tuple(_thing(reading, place) for _, _, place in page.placed), tuple(words))


def _thing(reading: Reading, place: DocAddress) -> Suggestion:
    entry = reading.searcher.doc(place)
    kind, _, identity = str(entry.get_first("key")).partition(":")
    return Suggestion(shown_of(entry)["name"], kind=kind, id=identity)
