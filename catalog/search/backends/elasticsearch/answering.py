"""Answering one request from Elasticsearch."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from elasticsearch.dsl import Q
from elasticsearch.dsl.query import Query

from catalog.search.backends.elasticsearch import questions
from catalog.search.backends.elasticsearch.asking import Asking
from catalog.search.backends.elasticsearch.completing import COMMON_FIRST
from catalog.search.backends.elasticsearch.paging import Page, count_of, paged, turned
from catalog.search.backends.embedded.stems import STEMS
from catalog.search.conditions import Condition
from catalog.search.expression import (
    Clause,
    Demand,
    Expression,
    Words,
    is_one_word,
    open_words,
    positive_texts,
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
)
from catalog.search.marking import Marker, Marks, marks_of
from catalog.search.port import (
    Correction,
    Facet,
    FacetValue,
    Hit,
    SearchAnswer,
    SearchRequest,
)
from catalog.search.spelling import MOST_CORRECTED, best_correction, distance, edits_allowed, fold

_MOST_CANDIDATES = 200
# A typed word is looked up however many documents hold it: those may all be hidden.
_ANY_FREQUENCY = 2_000_000_000


def answer(asking: Asking, request: SearchRequest) -> SearchAnswer:
    """Rank, count and mark; correct the words that turn out to be held by nobody.

    A word that a hit holds needs no other look, so most answers are one request to the server.
    """
    corrections: dict[str, str] = {}
    words, found = request.words, _found(asking, request, request.words, request.typed)
    if unheld := _unheld(asking, request.words, found.held):
        corrections = _corrections(asking, unheld) if request.is_corrected else {}
        left = [word for word in unheld if word not in corrections]
        words = _completed(asking, respelled(request.words, corrections), left)
        if words != request.words:
            typed = respelled_text(request.typed, corrections)
            found = _found(asking, request, words, typed)
    return SearchAnswer(
        count=found.page.count,
        hits=tuple(_hits(found, words, request)),
        facets=tuple(_facets(found.response, request)) if request.has_facets else (),
        corrections=tuple(Correction(*pair) for pair in corrections.items()),
        **found.page.cursors(),
    )


@dataclass(frozen=True, slots=True)
class Found:
    """What one reading of the words brought.

    `held` are words that readable documents are known to hold; `holders` says for a typed word
    which hits hold it, where not all do.
    """

    response: Mapping[str, Any]
    page: Page
    held: frozenset[str]
    holders: Mapping[str, frozenset[str]]


def _found(asking: Asking, request: SearchRequest, words: Expression, typed: str) -> Found:
    """All words where enough readable documents hold them all, else any word."""
    response: Mapping[str, Any] = {}
    held_by_all = 0
    if len(units_of(words)) > 1:
        if request.conditions or not _is_plain(words):
            held_by_all = asking.counts({"all": questions.all_held(words)})["all"]
        else:
            # Nothing but words: that many there are is what the page of them counts anyhow.
            response = _asked(asking, request, words, typed, demands_all=True)
            held_by_all = count_of(response)
    demands_all = held_by_all >= ENOUGH_HOLD_ALL
    if not (demands_all and response):
        response = _asked(asking, request, words, typed, demands_all=demands_all)
    page = turned(response, request)
    typed_words = dict(questions.named(words))
    is_held = held_by_all > 0 or (is_one_word(words) and page.count > 0)
    sure = {word for text in typed_words if is_held for word in words_in(text)}
    # In the same request: most of the other words are held by a hit, as any text has stop words.
    others = {f"word {w}": questions.word_is_held(w) for w in open_words(words) if w not in sure}
    lacking = {} if demands_all or is_one_word(words) else typed_words
    holders = _holders(asking, page, {**lacking, **others})
    sure |= {word for text in lacking if holders.get(text) for word in words_in(text)}
    sure |= {name.removeprefix("word ") for name in others if holders.get(name)}
    shown = {text: holders[text] for text in lacking if text in holders}
    return Found(response, page, frozenset(sure), shown)


def _is_plain(words: Expression) -> bool:
    return all(isinstance(c.node, Words) and c.demand is Demand.ANY for c in words)


def _sort_of(request: SearchRequest, words: Expression) -> str:
    return WITHOUT_WORDS if request.sort == RELEVANCE and not words else request.sort


def _asked(
    asking: Asking, request: SearchRequest, words: Expression, typed: str, *, demands_all: bool
) -> Mapping[str, Any]:
    """Ask for the page with its counts and marks."""
    found = questions.set_of(words, typed, demands_all=demands_all)
    chosen = _chosen(request)
    rest = [c for c in request.conditions if chosen.get(c.field) is not c]
    filters = [asking.readable, *map(questions.condition_of, rest)]
    choices = {name: questions.condition_of(condition) for name, condition in chosen.items()}
    # The client's objects for searches, hits and buckets cost more than the rest of the answer.
    body: dict[str, Any] = {
        "query": _weighted(found, filters).to_dict(),
        "_source": ["key", "shown"] if request.has_highlights and words else ["key"],
        **paged(request, _sort_of(request, words)),
    }
    if choices:
        # A post_filter narrows the hits but not the counts, so unchosen values stay on offer.
        body["post_filter"] = Q("bool", filter=list(choices.values())).to_dict()
    if request.has_facets:
        body["aggs"] = _counted(choices)
    return asking.ask(body)


def _chosen(request: SearchRequest) -> dict[str, Condition]:
    """The choices made in facets; one for each facet."""
    return {c.field: c for c in request.conditions if c.is_choice and BY_NAME[c.field].is_facet}


def _weighted(found: Query, filters: Sequence[Query]) -> Query:
    narrowed = Q("bool", must=[found], filter=list(filters))
    return questions.weighted(narrowed)


def _holders(asking: Asking, page: Page, queries: Mapping[str, Query]) -> dict[str, frozenset[str]]:
    """For each query, by its name, the ids of the hits of a page that meet it.

    Asked of these few alone: as a part of the search it would be tried on every document.
    """
    ids = [hit["_id"] for hit in page.hits]
    if not queries or not ids:
        return {}
    marks = [Q("bool", filter=[query], _name=name) for name, query in queries.items()]
    among = Q("bool", filter=[Q("ids", values=ids)], should=marks).to_dict()
    found = asking.ask({"query": among, "size": len(ids), "_source": False})["hits"]["hits"]
    meeting = {hit["_id"]: hit.get("matched_queries", ()) for hit in found}
    return {
        name: frozenset(key for key, names in meeting.items() if name in names) for name in queries
    }


def _hits(found: Found, words: Expression, request: SearchRequest) -> Iterator[Hit]:
    hits = found.page.hits
    marks: Sequence[Marks] = [({}, ())] * len(hits)
    if request.has_highlights and words:
        # The server took as long to mark the texts as for all the rest of the answer.
        shown = [hit["_source"].get("shown", {}) for hit in hits]
        marks = marks_of(Marker(STEMS, positive_texts(words)), shown)
    for hit, (highlights, reasons) in zip(hits, marks, strict=True):
        kind, _, identity = hit["_source"]["key"].partition(":")
        lacks = tuple(text for text, held in found.holders.items() if hit["_id"] not in held)
        yield Hit(kind, identity, hit.get("_score") or 0.0, highlights, reasons, lacks)


def _unheld(asking: Asking, words: Expression, held: Collection[str]) -> list[str]:
    """The typed words that no readable document holds."""
    typed = [word for word in dict.fromkeys(open_words(words)) if word not in held]
    counts = asking.counts({f"word {word}": questions.word_is_held(word) for word in typed})
    return [word for word in typed if not counts[f"word {word}"]]


def _corrections(asking: Asking, unheld: Sequence[str]) -> dict[str, str]:
    """For each word that is not held, the nearest one that some readable document holds."""
    wanted = {word: edits for word in unheld if (edits := edits_allowed(word))}
    wanted = dict(islice(wanted.items(), MOST_CORRECTED))
    if not wanted:
        return {}
    near = _near_words(asking, wanted)
    others = {other for words in near.values() for other in words}
    held = asking.counts({other: Q("term", words=other) for other in others})
    corrections = {}
    for word, candidates in near.items():
        best = best_correction(word, [(other, held[other]) for other in candidates])
        if best:
            corrections[word] = best
    return corrections


def _near_words(asking: Asking, wanted: Mapping[str, int]) -> dict[str, list[str]]:
    """Indexed words within the allowed edits, whoever may read them."""
    asked = {
        word: {
            "text": word,
            "term": {
                "field": "words", "analyzer": "assay_words", "size": _MOST_CANDIDATES,
                "shard_size": _MOST_CANDIDATES, "max_edits": edits, "prefix_length": 0,
                "min_word_length": 1, "suggest_mode": "always", "accuracy": 0.1,
                "max_term_freq": _ANY_FREQUENCY,
                "string_distance": "damerau_levenshtein", "sort": "score",
            },
        }
        for word, edits in wanted.items()
    }  # fmt: skip
    found = asking.ask({"size": 0, "suggest": asked})["suggest"]
    return {
        word: [
            option["text"]
            for entry in found[word]
            for option in entry["options"]
            if distance(word, option["text"], edits) <= edits
        ]
        for word, edits in wanted.items()
    }


def _completed(asking: Asking, words: Expression, unheld: Sequence[str]) -> Expression:
    """Words that nobody holds and that begin others are searched as beginnings."""
    begun = {
        word: questions.holds(Words(word, is_prefix=True))
        for word in unheld
        if len(word) >= questions.SHORTEST_BEGINNING
    }
    counts = asking.counts(begun)
    completed = []
    for clause in words:
        if isinstance(clause.node, Words) and clause.demand is Demand.ANY:
            word = fold(clause.node.text)
            clause = Clause(Words(word, is_prefix=True)) if counts.get(word) else clause
        completed.append(clause)
    return tuple(completed)


def _counted(choices: Mapping[str, Query]) -> dict[str, Any]:
    """Counts of the values of each facet within what was chosen in the others.

    A filter stands only where it narrows: the server would run the search once for each.
    """
    asked: dict[str, Any] = {}
    for field in FACETS:
        values = {"terms": {"field": field.attribute, "size": FACET_SIZE, "order": COMMON_FIRST}}
        others = [query.to_dict() for name, query in choices.items() if name != field.name]
        within = {"filter": {"bool": {"filter": others}}, "aggs": {_WITHIN: values}}
        asked[field.name] = within if others else values
    return asked


_WITHIN = "values"


def _facets(response: Mapping[str, Any], request: SearchRequest) -> Iterator[Facet]:
    chosen = _chosen(request)
    for field in FACETS:
        ticked = chosen[field.name].values if field.name in chosen else ()
        counted = response["aggregations"][field.name]
        buckets = counted.get(_WITHIN, counted)["buckets"]
        counts = {str(bucket["key"]): int(bucket["doc_count"]) for bucket in buckets}
        counts |= {value: counts.get(value, 0) for value in ticked}
        values = [FacetValue(value, count, value in ticked) for value, count in counts.items()]
        yield Facet(field.name, tuple(values))
