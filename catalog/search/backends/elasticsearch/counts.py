"""How many documents of each type a request finds, from Elasticsearch in one request."""

from collections.abc import Mapping

from elasticsearch.dsl import Q
from elasticsearch.dsl.query import Query

from catalog.search.backends.elasticsearch import queries
from catalog.search.backends.elasticsearch.client import RequestContext
from catalog.search.fields import MIN_DOCUMENTS_WITH_ALL_TERMS
from catalog.search.port import SearchRequest
from catalog.search.query_ast import scoring_clauses


def counts_of(
    asking: RequestContext, request: SearchRequest, of_type: Mapping[str, Query]
) -> dict[str, int]:
    """Count the set of the words, as they are spelled, within the filters; `of_type` parts it."""
    words, filters = request.query, list(map(queries.condition_of, request.filters))
    asked = {"holding": queries.all_held(words)}
    for name, demands_all in (("all", True), ("any", False)):
        found = queries.set_of(words, request.text, demands_all=demands_all)
        asked[name] = Q("bool", filter=[found, *filters])
    parts = {name: {"filter": query.to_dict()} for name, query in asked.items()}
    types = {
        object_type: {"filter": query.to_dict(), "aggs": parts}
        for object_type, query in of_type.items()
    }
    body = {"size": 0, "query": asking.readable.to_dict(), "aggs": types}
    counted = asking.ask(body)["aggregations"]
    is_whole = len(scoring_clauses(words)) > 1
    return {
        object_type: int(counts["all" if is_whole and _is_enough(counts) else "any"]["doc_count"])
        for object_type, counts in counted.items()
    }


def _is_enough(counts: Mapping[str, Mapping[str, int]]) -> bool:
    return counts["holding"]["doc_count"] >= MIN_DOCUMENTS_WITH_ALL_TERMS
