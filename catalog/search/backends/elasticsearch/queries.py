"""The leaves of a query in Elasticsearch."""

from collections.abc import Sequence

from catalog.search.fields import MATCH_FIELDS, TEXT_WEIGHTS, Field
from catalog.search.filters import Filter
from catalog.search.flow.query_builder import QueryBuilder
from catalog.search.query_ast import is_significant
from catalog.types import JSONObject

_MAX_NUMBER = 2**60
# Lucene's automata have at most 1,000 states; an escaped sign of a pattern takes two.
MAX_PREFIX_BYTES = 450


class ElasticsearchQueries(QueryBuilder[JSONObject]):
    """Builds queries as the server reads them."""

    def everything(self) -> JSONObject:
        return clause("match_all")

    def any_of(self, queries: Sequence[JSONObject], minimum: int = 1) -> JSONObject:
        if len(queries) < minimum:
            return clause("match_none")
        if len(queries) == 1:
            return queries[0]
        return clause("bool", should=list(queries), minimum_should_match=minimum)

    def all_of(self, queries: Sequence[JSONObject]) -> JSONObject:
        if len(queries) == 1:
            return queries[0]
        return clause("bool", must=list(queries)) if queries else clause("match_none")

    def best_of(self, queries: Sequence[JSONObject]) -> JSONObject:
        return clause("dis_max", queries=list(queries))

    def filtered(self, query: JSONObject, filters: Sequence[JSONObject]) -> JSONObject:
        return clause("bool", must=[query], filter=list(filters)) if filters else query

    def boosting(self, query: JSONObject, boosts: Sequence[JSONObject]) -> JSONObject:
        return clause("bool", must=[query], should=list(boosts)) if boosts else query

    def without(self, query: JSONObject, excluded: Sequence[JSONObject]) -> JSONObject:
        return clause("bool", must=[query], must_not=list(excluded)) if excluded else query

    def constant(self, query: JSONObject, score: float) -> JSONObject:
        return clause("constant_score", filter=query, boost=score)

    def terms(self, attribute: str, values: Sequence[str]) -> JSONObject:
        return clause("terms", **{attribute: list(values)})

    def key_range(self, attribute: str, low: str, high: str, limits: Filter) -> JSONObject:
        return _range(attribute, low, high, limits)

    def number_range(self, field: Field, limits: Filter) -> JSONObject:
        low, high = (
            None if number is None else min(max(number, -_MAX_NUMBER), _MAX_NUMBER)
            for number in (limits.min, limits.max)
        )
        return _range(field.attribute, low, high, limits)

    def value_prefix(self, attribute: str, prefix: str) -> JSONObject:
        if is_too_long(prefix):
            return clause("match_none")
        return clause("prefix", **{attribute: prefix})

    def name_prefixes(self, text: str) -> JSONObject:
        return _match("title", text)

    def prefix(self, text: str) -> JSONObject:
        return clause("match_bool_prefix", words={"query": text, "operator": "and"})

    def phrase(self, text: str) -> JSONObject:
        return clause("match_phrase", words=text)

    def boosted_phrase(self, text: str, weight: float) -> JSONObject:
        return clause("match_phrase", words={"query": text, "boost": weight})

    def contains_text(self, text: str) -> JSONObject:
        if not is_significant(text):
            return _match("words", text)
        names = list(MATCH_FIELDS)
        return clause("multi_match", query=text, fields=names, type="cross_fields", operator="and")

    def contains_any(self, text: str) -> JSONObject:
        return self.any_of(self.score_texts([text]))

    def contains_in(self, text: str, names: Sequence[str]) -> JSONObject:
        return self.any_of([_match(name, text) for name in names])

    def score_texts(self, texts: Sequence[str]) -> list[JSONObject]:
        """All words at once are quicker than each."""
        text = " ".join(filter(is_significant, texts))
        weights = TEXT_WEIGHTS.items() if text else ()
        return [
            *(
                clause("match", **{name: {"query": text, "boost": weight}})
                for name, weight in weights
            ),
            *(_match("words", text) for text in texts if not is_significant(text)),
        ]


def is_too_long(prefix: str) -> bool:
    """Return True if a prefix is longer than Lucene can look up, and than any name."""
    return len(prefix.encode(errors="replace")) > MAX_PREFIX_BYTES


def clause(name: str, **parameters: object) -> JSONObject:
    """Return a query. The client's objects for one cost a page of a product 1 ms more."""
    return {name: parameters}


def _match(name: str, text: str) -> JSONObject:
    return clause("match", **{name: {"query": text, "operator": "and"}})


def _range(name: str, low: object, high: object, limits: Filter) -> JSONObject:
    bounds = {
        "gte" if limits.includes_min else "gt": low,
        "lte" if limits.includes_max else "lt": high,
    }
    return clause(
        "range", **{name: {sign: bound for sign, bound in bounds.items() if bound is not None}}
    )
