"""Pages whose first hits are ranked by meaning too, in the one request of the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from elasticsearch.dsl import Q
from elasticsearch.dsl.query import Query

from catalog.search.backends.elasticsearch import queries
from catalog.search.backends.elasticsearch.client import RequestContext
from catalog.search.backends.elasticsearch.mapping import MEANING
from catalog.search.backends.elasticsearch.paging import Page, count_of, paged, turned
from catalog.search.fields import RELEVANCE
from catalog.search.port import SearchRequest
from catalog.search.query_ast import Expression, Occur, highlight_terms
from catalog.search.semantic.query_vectors import QueryVectors
from catalog.search.semantic.reranking import WINDOW, Candidate, ranked_anew

_NEAR, _CALLED = "near", "called"
# A rank in the server may not be negative, a cosine may.
_LIFT = 1.0
# What a hit says of itself where meaning brought it further up.
LIFTED = "is_lifted"


@dataclass(frozen=True, slots=True)
class Reranker:
    """How a page is read whose walk began with a ranking by meaning.

    All of the window is needed to order any of it, so a page that begins there is read from the
    first hit on (`is_whole`). Every further page is the one by words, for the set and its rest
    are the same.
    """

    vector: Sequence[float] | None
    typed: str
    is_whole: bool

    def ask(
        self, asking: RequestContext, body: Mapping[str, Any], request: SearchRequest
    ) -> dict[str, Any]:
        """Ask for the page; nearness is computed for the hits that are read and no others."""
        if not self.is_whole:
            return asking.ask(body)
        cursor, end = request.cursor, request.offset + request.limit
        size = max(WINDOW, end) if cursor is None else WINDOW + request.limit
        whole = replace(request, cursor=None, offset=0, limit=size)
        # A place to search after belongs to the page alone.
        body = {key: part for key, part in body.items() if key != "search_after"}
        body |= paged(whole, RELEVANCE)
        if self.vector is None:
            return asking.ask(body)
        body["query"] = {"bool": {"must": [body["query"]], "filter": [self._marks().to_dict()]}}
        return asking.ask(body, include_named_queries_score=True)

    def turned(self, response: Mapping[str, Any], request: SearchRequest) -> Page:
        """The page in its order, with its place in the whole."""
        if not self.is_whole:
            return replace(turned(response, request), by_meaning=True)
        hits = self._ordered(response["hits"]["hits"])
        begin, end = _span(hits, request)
        return Page(count_of(response), tuple(hits[begin:end]), begin, by_meaning=True)

    def _marks(self) -> Query:
        """Let each hit say how near it is and whether it is so called.

        The clause demands nothing, and a filter needs no rank of it: so it is tried on the hits
        alone, when they are fetched.
        """
        nearness = Q(
            "script_score",
            query=Q("exists", field=MEANING),
            script={
                "source": f"dotProduct(params.vector, '{MEANING}') + {_LIFT}",
                "params": {"vector": list(self.vector or ())},
            },
            _name=_NEAR,
        )
        names = queries.names(self.typed)
        called = [Q("bool", filter=[name], _name=_CALLED) for name in names]
        return Q("bool", filter=[Q("match_all")], should=[nearness, *called])

    def _ordered(self, hits: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        """The window in its new order, the rest after it."""
        window = hits[:WINDOW]
        places = ranked_anew([_candidate(hit) for hit in window])
        first = [{**window[place.before], LIFTED: place.is_lifted} for place in places]
        return [*first, *hits[WINDOW:]]


def by_meaning(
    vectors: QueryVectors, request: SearchRequest, words: Expression, typed: str
) -> Reranker | None:
    """How meaning ranks a request; None where words alone do.

    A walk that began by words goes on by words, or a hit would be met twice.
    """
    if request.sort != RELEVANCE or not any(highlight_terms(words)):
        return None
    if request.cursor and not request.cursor.by_meaning:
        return None
    if not _begins_within(request):
        return Reranker(None, typed, is_whole=False)
    vector = vectors.of(_meant(words, typed))
    return Reranker(vector, typed, is_whole=True) if vector or request.cursor else None


def _meant(words: Expression, typed: str) -> str:
    """The text whose meaning counts: what is shut out is not meant."""
    if any(clause.demand is Occur.NOT for clause in words):
        return " ".join(highlight_terms(words))
    return typed


def _begins_within(request: SearchRequest) -> bool:
    cursor = request.cursor
    if cursor is None:
        return request.offset < WINDOW
    if cursor.backwards:
        return cursor.position - request.limit < WINDOW
    return cursor.position <= WINDOW


def _span(hits: Sequence[Mapping[str, Any]], request: SearchRequest) -> tuple[int, int]:
    """From where to where the page goes: beside the hit of its cursor, which may have moved."""
    cursor = request.cursor
    if cursor is None:
        return request.offset, request.offset + request.limit
    if cursor.value is None:
        return max(0, len(hits) - request.limit), len(hits)
    ties = [int(hit["sort"][1]) for hit in hits]
    at = ties.index(cursor.tie) if cursor.tie in ties else None
    if cursor.backwards:
        end = cursor.position if at is None else at
        return max(0, end - request.limit), end
    begin = min(cursor.position if at is None else at + 1, WINDOW)
    return begin, begin + request.limit


def _candidate(hit: Mapping[str, Any]) -> Candidate:
    said = hit.get("matched_queries", {})
    near = said[_NEAR] - _LIFT if _NEAR in said else None
    return Candidate(hit["_score"], near, is_called=_CALLED in said)
