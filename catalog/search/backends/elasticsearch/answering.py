"""Answering one request from Elasticsearch."""

import re
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from elasticsearch import Elasticsearch
from elasticsearch.dsl import A, Q, Search
from elasticsearch.dsl.query import Query
from elasticsearch.dsl.response import Response

from catalog.search.backends.elasticsearch import marking, questions
from catalog.search.backends.elasticsearch.paging import Page, count_of, paged, turned
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
)
from catalog.search.port import (
    Correction,
    Facet,
    FacetValue,
    SearchAnswer,
    SearchRequest,
    SearchUnavailable,
    SuggestAnswer,
    Suggestion,
)
from catalog.search.spelling import MOST_CORRECTED, best_correction, distance, edits_allowed, fold

ENGINE = "elasticsearch"
_MOST_CANDIDATES = 200
# A typed word is looked up however many documents hold it: those may all be hidden.
_ANY_FREQUENCY = 2_000_000_000
_SPECIAL = re.compile(r"([^\w\s]|_)")


@dataclass(frozen=True, slots=True)
class Asking:
    """Where to ask, what the caller may read, and until which monotonic moment."""

    client: Elasticsearch
    search: Search[Any]
    readable: Query
    deadline: float

    def run(self, search: Search[Any]) -> Response[Any]:
        """Ask one thing within what is left of the deadline; half an answer is none."""
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise SearchUnavailable(ENGINE, "it did not answer within the deadline")
        bounded = search.using(self.client.options(request_timeout=left))
        bounded = bounded.params(allow_partial_search_results=False)
        return bounded.extra(timeout=f"{int(left * 1000) + 1}ms").execute()

    def counts(self, queries: Mapping[str, Query]) -> dict[str, int]:
        """How many readable documents meet each query, in one request."""
        if not queries:
            return {}
        search = self.search.query("bool", filter=[self.readable])[:0]
        for name, query in queries.items():
            search.aggs.bucket(name, "filter", filter=query)
        found = self.run(search).aggregations
        return {name: int(found[name].doc_count) for name in queries}


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
        hits=tuple(marking.hit_of(hit, found.holders) for hit in found.page.hits),
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
    held_by_all = held_by_all or (page.count if is_one_word(words) else 0)
    holders = {} if demands_all or is_one_word(words) else _holders(asking, page, words)
    sure = [text for text in _named(words) if held_by_all or holders.get(text)]
    held = frozenset(word for text in sure for word in words_in(text))
    return Found(response, page, held, holders)


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
    search = asking.search.query(_weighted(found, filters)).source(["key"])
    choices = {name: questions.condition_of(condition) for name, condition in chosen.items()}
    if choices:
        # post_filter narrows the hits but not the counts, so unchosen values stay on offer.
        search = search.post_filter("bool", filter=list(choices.values()))
    if request.has_facets:
        _ask_counts(search, choices)
    if request.has_highlights and words:
        search = marking.asked(search, words)
    # The client's objects for hits and buckets cost more than the rest of the answer.
    plain: Mapping[str, Any] = asking.run(
        paged(search, request, _sort_of(request, words))
    ).to_dict()
    return plain


def _chosen(request: SearchRequest) -> dict[str, Condition]:
    """The choices made in facets; one for each facet."""
    return {c.field: c for c in request.conditions if c.is_choice and BY_NAME[c.field].is_facet}


def _weighted(found: Query, filters: Sequence[Query]) -> Query:
    narrowed = Q("bool", must=[found], filter=list(filters))
    return questions.weighted(narrowed)


def _holders(asking: Asking, page: Page, words: Expression) -> dict[str, frozenset[str]]:
    """For each typed word, the ids of the hits of a page that hold it.

    Asked of these few alone: as a part of the search it would be tried on every document.
    """
    named, ids = dict(questions.named(words)), [hit["_id"] for hit in page.hits]
    if not named or not ids:
        return {}
    marks = [Q("bool", filter=[held], _name=text) for text, held in named.items()]
    search = asking.search.query("bool", filter=[Q("ids", values=ids)], should=marks)
    found = asking.run(search.source(False)[: len(ids)]).to_dict()["hits"]["hits"]
    holding = {hit["_id"]: hit.get("matched_queries", ()) for hit in found}
    return {
        text: frozenset(key for key, texts in holding.items() if text in texts) for text in named
    }


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
    asked = asking.search.query("match_none")[:0]
    for word, edits in wanted.items():
        asked = asked.suggest(
            word,
            word,
            term={
                "field": "words", "analyzer": "assay_words", "size": _MOST_CANDIDATES,
                "shard_size": _MOST_CANDIDATES, "max_edits": edits, "prefix_length": 0,
                "min_word_length": 1, "suggest_mode": "always", "accuracy": 0.1,
                "max_term_freq": _ANY_FREQUENCY,
                "string_distance": "damerau_levenshtein", "sort": "score",
            },
        )  # fmt: skip
    found = asking.run(asked).to_dict()["suggest"]
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


def _ask_counts(search: Search[Any], choices: Mapping[str, Query]) -> None:
    """Count the values of each facet within what was chosen in the others.

    A filter stands only where it narrows: the server would run the search once for each.
    """
    for field in FACETS:
        values = A("terms", field=field.attribute, size=FACET_SIZE, order=_COMMON_FIRST)
        others = [query for name, query in choices.items() if name != field.name]
        if others:
            narrowed = A("filter", bool={"filter": others})
            narrowed.bucket(_WITHIN, values)
            search.aggs.bucket(field.name, narrowed)
        else:
            search.aggs.bucket(field.name, values)


_WITHIN = "values"
_COMMON_FIRST = [{"_count": "desc"}, {"_key": "asc"}]


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


def _named(words: Expression) -> list[str]:
    return [clause.node.text for clause in units_of(words) if isinstance(clause.node, Words)]


def suggestions(asking: Asking, typed: str, limit: int) -> SuggestAnswer:
    """Complete the last word: to things so named, and to words that readable documents hold."""
    last = (fold(typed).split() or [""])[-1]
    if not any(map(str.isalnum, last)):
        return SuggestAnswer()
    found, better = questions.titles(typed)
    search = asking.search.query(
        "bool", must=[found], should=better, filter=[asking.readable]
    ).sort("_score", "tie")[:limit]
    things = tuple(_thing(hit) for hit in asking.run(search))
    word = re.findall(r"[^\W_]+", last)[-1]
    completions = values_of(asking, "vocabulary", word, limit)
    start = " ".join(typed.split()[:-1])
    words = [
        Suggestion(f"{start} {value.value}".strip(), value.count)
        for value in completions
        if value.value != word
    ]
    return SuggestAnswer(things, tuple(words))


def _thing(hit: Any) -> Suggestion:
    kind, _, identity = hit.key.partition(":")
    return Suggestion(hit.shown.name, kind=kind, id=identity)


def values_of(asking: Asking, attribute: str, prefix: str, limit: int) -> tuple[FacetValue, ...]:
    """Values that begin so within what is readable, most frequent first."""
    begun = Q("prefix", **{attribute: prefix}) if prefix else Q("match_all")
    search = asking.search.query("bool", filter=[asking.readable, begun])[:0]
    include = {"include": _SPECIAL.sub(r"\\\1", prefix) + ".*"} if prefix else {}
    search.aggs.bucket(
        "values", "terms", field=attribute, size=limit, order=_COMMON_FIRST, **include
    )
    buckets = asking.run(search).aggregations["values"].buckets
    return tuple(FacetValue(str(bucket.key), int(bucket.doc_count)) for bucket in buckets)
