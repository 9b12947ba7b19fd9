"""Answering one request from Elasticsearch."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from elasticsearch.dsl import Q
from elasticsearch.dsl.query import Query

from catalog.search.backends.elasticsearch import queries
from catalog.search.backends.elasticsearch.autocomplete import COMMON_FIRST
from catalog.search.backends.elasticsearch.client import RequestContext
from catalog.search.backends.elasticsearch.paging import BOOSTED, Page, paged, turned
from catalog.search.backends.elasticsearch.spelling import (
    completed,
    corrections_of,
    unheld_words,
)
from catalog.search.backends.stems import STEMMER
from catalog.search.fields import (
    BY_NAME,
    DEFAULT_SORT,
    FACET_SIZE,
    FACETS,
    MEANING,
    MIN_DOCUMENTS_WITH_ALL_TERMS,
    RELEVANCE,
)
from catalog.search.filters import Filter
from catalog.search.highlighting import Highlighter, Highlights, highlight_all
from catalog.search.port import (
    Correction,
    Facet,
    FacetValue,
    Hit,
    Reason,
    SearchAnswer,
    SearchRequest,
)
from catalog.search.query_ast import (
    Expression,
    Occur,
    Term,
    all_terms,
    highlight_terms,
    is_single_term,
    replace_in_text,
    replace_terms,
    scoring_clauses,
)


def answer(asking: RequestContext, request: SearchRequest) -> SearchAnswer:
    """Rank, count and mark; correct the words that turn out to be held by nobody.

    Where one page answers it is one request to the server. The page of any word is the dearest, so
    it is asked for only when it is known how the words are spelled.
    """
    words, typed = request.query, request.text
    corrections: dict[str, str] = {}
    found = _found(asking, request, words, typed)
    if unheld := unheld_words(asking, words, found.held if found else ()):
        corrections = corrections_of(asking, unheld) if request.is_corrected else {}
        left = [word for word in unheld if word not in corrections]
        words = completed(asking, replace_terms(words, corrections), left)
        if words != request.query:
            typed = replace_in_text(typed, corrections)
            found = _found(asking, request, words, typed)
    found = found or _found_by_any(asking, request, words, typed)
    return SearchAnswer(
        count=found.page.count,
        hits=tuple(_hits(found, words, request)),
        facets=tuple(_facets(found.response, request)) if request.has_facets else (),
        corrections=tuple(Correction(*pair) for pair in corrections.items()),
        interpreted_query=words,
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


def _found(
    asking: RequestContext, request: SearchRequest, words: Expression, typed: str
) -> Found | None:
    """All words where enough readable documents hold them all, or the only one; else nothing."""
    is_whole = len(scoring_clauses(words)) > 1
    is_plain = _is_plain(words) and not request.filters
    if is_whole and not is_plain and not _is_held(asking, words):
        return None
    response, page = _asked(asking, request, words, typed, demands_all=is_whole)
    # Where there is nothing but words, so many hold them all as the page of them counts.
    if is_whole and is_plain and page.count < MIN_DOCUMENTS_WITH_ALL_TERMS:
        return None
    is_sure = is_whole or (is_single_term(words) and page.count > 0)
    held = {word for text, _ in queries.named(words) if is_sure for word in all_terms(text)}
    holders = {} if is_whole or is_single_term(words) else _holders(asking, page, words)
    return Found(response, page, frozenset(held), holders)


def _is_held(asking: RequestContext, words: Expression) -> bool:
    return asking.counts({"all": queries.all_held(words)})["all"] >= MIN_DOCUMENTS_WITH_ALL_TERMS


def _found_by_any(
    asking: RequestContext, request: SearchRequest, words: Expression, typed: str
) -> Found:
    response, page = _asked(asking, request, words, typed, demands_all=False)
    return Found(response, page, frozenset(), _holders(asking, page, words))


def _is_plain(words: Expression) -> bool:
    return all(isinstance(c.node, Term) and c.demand is Occur.ANY for c in words)


def _sort_of(request: SearchRequest, words: Expression) -> str:
    return DEFAULT_SORT if request.sort == RELEVANCE and not words else request.sort


def _asked(
    asking: RequestContext,
    request: SearchRequest,
    words: Expression,
    typed: str,
    *,
    demands_all: bool,
) -> tuple[Mapping[str, Any], Page]:
    """Ask for the page with its counts and texts."""
    found = queries.set_of(words, typed, demands_all=demands_all)
    chosen = _chosen(request)
    rest = [c for c in request.filters if chosen.get(c.field) is not c]
    filters = [asking.readable, *map(queries.condition_of, rest)]
    choices = {name: queries.condition_of(condition) for name, condition in chosen.items()}
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
    reranker = asking.semantic.reranker(request, words, typed) if asking.semantic else None
    response = reranker.search(asking, body, request) if reranker else asking.ask(body)
    return response, reranker.build_page(response, request) if reranker else turned(
        response, request
    )


def _chosen(request: SearchRequest) -> dict[str, Filter]:
    """The choices made in facets; one for each facet."""
    return {c.field: c for c in request.filters if c.is_choice and BY_NAME[c.field].is_facet}


def _weighted(found: Query, filters: Sequence[Query]) -> Query:
    narrowed = Q("bool", must=[found], filter=list(filters))
    return queries.weighted(narrowed)


def _holders(asking: RequestContext, page: Page, words: Expression) -> dict[str, frozenset[str]]:
    """For each typed word, the ids of the hits of a page that hold it.

    Asked of these few alone: as a part of the search it would be tried on every document.
    """
    named, ids = dict(queries.named(words)), [hit["_id"] for hit in page.hits]
    if not named or not ids:
        return {}
    marks = [Q("bool", filter=[held], _name=text) for text, held in named.items()]
    among = Q("bool", filter=[Q("ids", values=ids)], should=marks).to_dict()
    found = asking.ask({"query": among, "size": len(ids), "_source": False})["hits"]["hits"]
    holding = {hit["_id"]: hit.get("matched_queries", ()) for hit in found}
    return {
        text: frozenset(key for key, texts in holding.items() if text in texts) for text in named
    }


def _hits(found: Found, words: Expression, request: SearchRequest) -> Iterator[Hit]:
    hits = found.page.hits
    marks: Sequence[Highlights] = [({}, ())] * len(hits)
    if request.has_highlights and words:
        # The server took as long to mark the texts as for all the rest of the answer.
        shown = [hit["_source"].get("shown", {}) for hit in hits]
        marks = highlight_all(Highlighter(STEMMER, highlight_terms(words)), shown)
    for hit, (highlights, reasons) in zip(hits, marks, strict=True):
        reasons += (Reason(MEANING, (), 0),) if hit.get(BOOSTED) else ()
        object_type, _, identity = hit["_source"]["key"].partition(":")
        lacks = tuple(text for text, held in found.holders.items() if hit["_id"] not in held)
        yield Hit(object_type, identity, hit.get("_score") or 0.0, highlights, reasons, lacks)


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
