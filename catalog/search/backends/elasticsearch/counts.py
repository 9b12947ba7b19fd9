"""How many documents of each kind a request finds, from Elasticsearch in one request."""

from collections.abc import Mapping

from elasticsearch.dsl import Q
from elasticsearch.dsl.query import Query

from catalog.search.backends.elasticsearch import queries
from catalog.search.backends.elasticsearch.client import RequestContext
from catalog.search.fields import ENOUGH_HOLD_ALL
from catalog.search.port import SearchRequest
from catalog.search.query_ast import units_of


def counts_of(
    asking: RequestContext, request: SearchRequest, of_kind: Mapping[str, Query]
) -> dict[str, int]:
    """Count the set of the words, as they are spelled, within the filters; `of_kind` parts it."""
    words, filters = request.words, list(map(queries.condition_of, request.conditions))
    asked = {"holding": queries.all_held(words)}
    for name, demands_all in (("all", True), ("any", False)):
        found = queries.set_of(words, request.typed, demands_all=demands_all)
        asked[name] = Q("bool", filter=[found, *filters])
    parts = {name: {"filter": query.to_dict()} for name, query in asked.items()}
    kinds = {kind: {"filter": query.to_dict(), "aggs": parts} for kind, query in of_kind.items()}
    body = {"size": 0, "query": asking.readable.to_dict(), "aggs": kinds}
    counted = asking.ask(body)["aggregations"]
    is_whole = len(units_of(words)) > 1
    return {
        kind: int(counts["all" if is_whole and _is_enough(counts) else "any"]["doc_count"])
        for kind, counts in counted.items()
    }


def _is_enough(counts: Mapping[str, Mapping[str, int]]) -> bool:
    return counts["holding"]["doc_count"] >= ENOUGH_HOLD_ALL
