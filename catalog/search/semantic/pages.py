"""Pages whose first hits are reranked by meaning, in the one request of the page."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from catalog.search.backends.elasticsearch.paging import BOOSTED, HitRange, page_of, paging
from catalog.search.backends.elasticsearch.queries import clause
from catalog.search.fields import RELEVANCE
from catalog.search.flow.session import Match
from catalog.search.port import SearchRequest
from catalog.search.query_ast import Occur, highlight_terms
from catalog.search.semantic.document_vectors import VECTOR
from catalog.search.semantic.query_vectors import QueryVectors
from catalog.search.semantic.reranking import WINDOW, Candidate, rerank
from catalog.search.spelling import normalize_name
from catalog.types import JSONObject

_COSINE, _NAME = "near", "called"
# The server allows no negative score, but a cosine may be negative.
_OFFSET = 1.0


class Client(Protocol):
    """What sends a request to the server."""

    def search(self, body: JSONObject, *, include_named_queries_score: bool = ...) -> JSONObject:
        """Return the answer, within what is left of the time."""


@dataclass(frozen=True, slots=True)
class Reranker:
    """How to read a page of a walk that began with a reranked page.

    Any part of the window needs all of it, so a page that begins there is read from the first hit
    on (`is_in_window`). Every further page is the one by words, for the set and its rest are the
    same. Without a vector (the model failed in the middle of a walk), the order by words remains.
    """

    vector: Sequence[float] | None
    text: str
    is_in_window: bool

    def search(self, client: Client, body: JSONObject, request: SearchRequest) -> JSONObject:
        """Search for the page; only the hits that are read get a cosine."""
        if not self.is_in_window:
            return client.search(body)
        cursor, end = request.cursor, request.offset + request.limit
        size = max(WINDOW, end) if cursor is None else WINDOW + request.limit
        window = replace(request, cursor=None, offset=0, limit=size)
        body = {key: part for key, part in body.items() if key != "search_after"}
        body |= paging(window, RELEVANCE)
        if self.vector is None:
            return client.search(body)
        query = clause("bool", must=[body["query"]], filter=[self._named_queries()])
        return client.search({**body, "query": query}, include_named_queries_score=True)

    def page_of(self, response: JSONObject, request: SearchRequest) -> HitRange:
        """Return the hits of the page in their order, with their position in the whole."""
        if not self.is_in_window:
            return page_of(response, request)
        hits = self._reranked(response["hits"]["hits"])
        start, end = _page_range(hits, request)
        return HitRange(hits[start:end], start)

    def _named_queries(self) -> JSONObject:
        """Return a clause by which each hit reports its cosine and whether its name was typed.

        It requires nothing, and a filter needs no score of it: so the server runs it on the hits
        alone, when they are fetched.
        """
        cosine = clause(
            "script_score",
            query=clause("exists", field=VECTOR),
            script={
                "source": f"dotProduct(params.vector, '{VECTOR}') + {_OFFSET}",
                "params": {"vector": list(self.vector or ())},
            },
            _name=_COSINE,
        )
        name = normalize_name(self.text)
        names = [clause("bool", filter=[clause("term", exact=name)], _name=_NAME)] if name else []
        return clause("bool", filter=[clause("match_all")], should=[cosine, *names])

    def _reranked(self, hits: Sequence[JSONObject]) -> list[JSONObject]:
        window = hits[:WINDOW]
        changes = rerank([_candidate(hit) for hit in window])
        first = [{**window[change.old_rank], BOOSTED: change.is_boosted} for change in changes]
        return [*first, *hits[WINDOW:]]


def choose_reranker(vectors: QueryVectors, request: SearchRequest, match: Match) -> Reranker | None:
    """Return how to rerank a request, or None if words alone rank it.

    A walk that began by words goes on by words, or a hit would appear twice.
    """
    terms = list(highlight_terms(match.query))
    if request.sort != RELEVANCE or not terms:
        return None
    if request.cursor and not request.cursor.by_meaning:
        return None
    if not _starts_in_window(request):
        return Reranker(None, match.text, is_in_window=False)
    # What is excluded is not meant.
    is_excluding = any(clause.occur is Occur.MUST_NOT for clause in match.query)
    vector = vectors.get(" ".join(terms) if is_excluding else match.text)
    return Reranker(vector, match.text, is_in_window=True) if vector or request.cursor else None


def _starts_in_window(request: SearchRequest) -> bool:
    cursor = request.cursor
    if cursor is None:
        return request.offset < WINDOW
    if cursor.backwards:
        return cursor.position - request.limit < WINDOW
    return cursor.position <= WINDOW


def _page_range(hits: Sequence[JSONObject], request: SearchRequest) -> tuple[int, int]:
    """Return start and end of the page: next to the hit of its cursor, which may have moved."""
    cursor = request.cursor
    if cursor is None:
        return request.offset, request.offset + request.limit
    if cursor.value is None:
        return max(0, len(hits) - request.limit), len(hits)
    ties = [int(hit["sort"][1]) for hit in hits]
    index = ties.index(cursor.tie) if cursor.tie in ties else None
    if cursor.backwards:
        end = cursor.position if index is None else index
        return max(0, end - request.limit), end
    start = min(cursor.position if index is None else index + 1, WINDOW)
    return start, start + request.limit


def _candidate(hit: JSONObject) -> Candidate:
    scores = hit.get("matched_queries", {})
    cosine = scores[_COSINE] - _OFFSET if _COSINE in scores else None
    return Candidate(hit["_score"], cosine, is_exact_name=_NAME in scores)
