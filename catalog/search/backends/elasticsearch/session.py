"""One caller's view of the index, answered by the server within one timeout."""

from __future__ import annotations

import re
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import TYPE_CHECKING

from elasticsearch import Elasticsearch

from catalog.search.backends.elasticsearch.client import ENGINE
from catalog.search.backends.elasticsearch.paging import BOOSTED, page_of, paging
from catalog.search.backends.elasticsearch.queries import ElasticsearchQueries, clause, is_too_long
from catalog.search.fields import FACET_SIZE, FACETS
from catalog.search.flow.session import (
    FacetCounts,
    IndexHit,
    K,
    Match,
    Page,
    PageRequest,
)
from catalog.search.port import ReaderTokens, SearchUnavailable
from catalog.search.query_ast import Node
from catalog.search.spelling import distance
from catalog.types import JSONObject

if TYPE_CHECKING:
    from catalog.search.semantic import SemanticRanking

BUILDER = ElasticsearchQueries()
_MOST_FREQUENT = [{"_count": "desc"}, {"_key": "asc"}]
_SPECIAL = re.compile(r"([^\w\s]|_)")
_MAX_CANDIDATES = 200
# A typed word is looked up however many documents contain it: those may all be hidden.
_ANY_FREQUENCY = 2_000_000_000
_VALUES = "values"


@dataclass(frozen=True, slots=True)
class ElasticsearchSession:
    """Where to search, what the caller may read, and until which monotonic moment."""

    client: Elasticsearch
    index: str
    readers: ReaderTokens
    readable: JSONObject
    deadline: float
    semantic: SemanticRanking | None = None

    def page(self, page: PageRequest) -> Page:
        match, request = page.match, page.request
        query = BUILDER.filtered(BUILDER.scored(match), [self.readable])
        # The client's objects for searches, hits and buckets cost more than the rest of the answer.
        body: JSONObject = {
            "query": _weighted(query),
            "_source": ["key", "shown"] if page.has_texts else ["key"],
            **paging(request, page.sort),
        }
        if page.terms:
            must, named = [body["query"]], _named(page.terms.values())
            body["query"] = clause("bool", must=must, filter=[named])
        selected = {n: BUILDER.filter(one) for n, one in page.facet_filters.items()}
        if selected:
            # A post_filter narrows the hits but not the counts, so other values stay on offer.
            body["post_filter"] = {"bool": {"filter": list(selected.values())}}
        if request.has_facets:
            body["aggs"] = _facets_within(selected)
        reranker = self.semantic.reranker(request, match) if self.semantic else None
        response = reranker.search(self, body, request) if reranker else self.search(body)
        page_hits = reranker.page_of(response, request) if reranker else page_of(response, request)
        return Page(
            count=int(response["hits"]["total"]["value"]),
            hits=[_hit(hit, page.terms) for hit in page_hits.hits],
            position=page_hits.position,
            facet_counts=partial(_facet_counts, response),
            by_meaning=reranker is not None,
        )

    def count(self, matches: Mapping[K, Match]) -> Mapping[K, int]:
        return self._count({name: self._readable(match) for name, match in matches.items()})

    def _readable(self, match: Match) -> JSONObject:
        types = [BUILDER.readable(self.readers, [match.type])] if match.type else []
        return BUILDER.filtered(BUILDER.matched(match), types)

    def _count(self, queries: Mapping[K, JSONObject]) -> dict[K, int]:
        filters = {f"{n}": {"filter": one} for n, one in enumerate(queries.values())}
        body = {"size": 0, "query": self.readable, "aggs": filters}
        counts = self.search(body)["aggregations"]
        return {name: int(counts[f"{n}"]["doc_count"]) for n, name in enumerate(queries)}

    def existing(self, nodes: Mapping[str, Node]) -> Collection[str]:
        """The server stops at the first document, so this is quicker than to count."""
        tenths = self._tenths_left()
        header = {"index": self.index, "allow_partial_search_results": False}
        lines: list[JSONObject] = []
        for node in nodes.values():
            query = {"bool": {"filter": [self.readable, BUILDER.contains(node)]}}
            one = {"query": query, "size": 0, "terminate_after": 1, "track_total_hits": True}
            lines += [header, {**one, "timeout": f"{tenths * 100}ms"}]
        answers = _with_timeout(self.client, tenths).msearch(searches=lines).body["responses"]
        if error := next((answer["error"] for answer in answers if "error" in answer), None):
            raise SearchUnavailable(ENGINE, f"the server does not answer as it should: {error}")
        totals = [answer["hits"]["total"]["value"] for answer in answers]
        return [name for name, total in zip(nodes, totals, strict=True) if total]

    def similar_terms(self, edits: Mapping[str, int]) -> Mapping[str, Sequence[tuple[str, int]]]:
        suggest = {
            word: {
                "text": word,
                "term": {
                    "field": "words", "analyzer": "assay_words", "size": _MAX_CANDIDATES,
                    "shard_size": _MAX_CANDIDATES, "max_edits": most, "prefix_length": 0,
                    "min_word_length": 1, "suggest_mode": "always", "accuracy": 0.1,
                    "max_term_freq": _ANY_FREQUENCY,
                    "string_distance": "damerau_levenshtein", "sort": "score",
                },
            }
            for word, most in edits.items()
        }  # fmt: skip
        # The suggester knows nothing of readers: what it offers is counted as the caller.
        entries = self.search({"size": 0, "suggest": suggest})["suggest"]
        similar = {
            word: [
                option["text"]
                for entry in entries[word]
                for option in entry["options"]
                if distance(word, option["text"], most) <= most
            ]
            for word, most in edits.items()
        }
        words = sorted({other for others in similar.values() for other in others})
        counts = self._count({word: clause("term", words=word) for word in words}) if words else {}
        return {word: [(o, counts[o]) for o in others] for word, others in similar.items()}

    def complete(self, attribute: str, prefix: str, limit: int) -> Sequence[tuple[str, int]]:
        if is_too_long(prefix):
            return []
        values: JSONObject = {"field": attribute, "size": limit, "order": _MOST_FREQUENT}
        filters = [self.readable]
        if prefix:
            filters.append(BUILDER.value_prefix(attribute, prefix))
            values["include"] = _SPECIAL.sub(r"\\\1", prefix) + ".*"
        query = clause("bool", filter=filters)
        body = {"size": 0, "query": query, "aggs": {_VALUES: {"terms": values}}}
        buckets = self.search(body)["aggregations"][_VALUES]["buckets"]
        return [(str(bucket["key"]), int(bucket["doc_count"])) for bucket in buckets]

    def find_names(self, text: str, limit: int) -> Sequence[IndexHit]:
        query = BUILDER.filtered(BUILDER.completed_names(text), [self.readable])
        return [_hit(hit) for hit in self._best(query, limit, ["key", "shown.name"])]

    def most_similar(
        self, nodes: Mapping[K, tuple[Node, float]], match: Match, limit: int
    ) -> Sequence[tuple[str, Collection[K]]]:
        names = list(nodes)
        weighted = [
            clause("constant_score", filter=BUILDER.contains(node), boost=weight, _name=f"{n}")
            for n, (node, weight) in enumerate(nodes.values())
        ]
        filters = [BUILDER.matched(match), self.readable]
        query = BUILDER.filtered(BUILDER.any_of(weighted), filters)
        hits = self._best(_weighted(query), limit, ["key"])
        return [
            (hit["_source"]["key"], [names[int(n)] for n in hit.get("matched_queries", ())])
            for hit in hits
        ]

    def _best(self, query: JSONObject, limit: int, source: list[str]) -> list[JSONObject]:
        sort = [{"_score": "desc"}, {"tie": "asc"}]
        body = {"query": query, "size": limit, "_source": source, "sort": sort}
        hits: list[JSONObject] = self.search(body)["hits"]["hits"]
        return hits

    def search(self, body: JSONObject, *, include_named_queries_score: bool = False) -> JSONObject:
        """Send one request within what is left of the time; a partial answer is none."""
        tenths = self._tenths_left()
        client = _with_timeout(self.client, tenths)
        response = client.search(
            index=self.index,
            allow_partial_search_results=False,
            body={**body, "timeout": f"{tenths * 100}ms"},
            include_named_queries_score=include_named_queries_score or None,
        )
        answer: JSONObject = response.body
        return answer

    def _tenths_left(self) -> int:
        tenths = int((self.deadline - time.monotonic()) * 10)
        if tenths <= 0:
            raise SearchUnavailable(ENGINE, "it did not answer within the deadline")
        return tenths


@lru_cache(256)
def _with_timeout(client: Elasticsearch, tenths: int) -> Elasticsearch:
    """Return the client with a timeout in tenths of a second: to make one costs a request."""
    return client.options(request_timeout=tenths / 10)


def _weighted(query: JSONObject) -> JSONObject:
    """Multiply the rank of each document by how far it is trusted."""
    weight = {"field": "weight", "missing": 1}
    return clause("function_score", query=query, field_value_factor=weight, boost_mode="multiply")


def _named(nodes: Iterable[Node]) -> JSONObject:
    """Return a clause by which each hit reports the nodes that it matches, by their number.

    It requires nothing, and a filter needs no score of it: so the server runs it on the hits
    alone, when they are fetched.
    """
    named = [
        clause("bool", filter=[BUILDER.contains(node)], _name=f"{n}")
        for n, node in enumerate(nodes)
    ]
    return clause("bool", filter=[clause("match_all")], should=named)


def _hit(hit: JSONObject, terms: Iterable[str] = ()) -> IndexHit:
    value, *tie = hit["sort"]
    source, matched = hit["_source"], hit.get("matched_queries", ())
    return IndexHit(
        key=source["key"],
        score=hit.get("_score") or 0.0,
        place=(value, int(tie[0]) if tie else 0),
        texts=source.get("shown", {}),
        missing_terms=tuple(text for n, text in enumerate(terms) if f"{n}" not in matched),
        is_boosted=hit.get(BOOSTED, False),
    )


def _facets_within(selected: Mapping[str, JSONObject]) -> JSONObject:
    """Count the values of each facet within what is selected in the others.

    A filter is there only where it narrows: the server would run the search once for each.
    """
    facets: JSONObject = {}
    for field in FACETS:
        values = {"field": field.values_attribute, "size": FACET_SIZE, "order": _MOST_FREQUENT}
        others = [query for name, query in selected.items() if name != field.name]
        facet = {"terms": values}
        within = {"filter": {"bool": {"filter": others}}, "aggs": {_VALUES: facet}}
        facets[field.name] = within if others else facet
    return facets


def _facet_counts(response: JSONObject) -> FacetCounts:
    counted = {name: facet.get(_VALUES, facet) for name, facet in response["aggregations"].items()}
    return {
        name: {str(bucket["key"]): int(bucket["doc_count"]) for bucket in values["buckets"]}
        for name, values in counted.items()
    }
