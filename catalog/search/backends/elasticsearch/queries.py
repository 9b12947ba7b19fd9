"""The leaves of a query in Elasticsearch."""

from collections.abc import Sequence

from elasticsearch.dsl import Q
from elasticsearch.dsl.query import Query

from catalog.search.fields import MATCH_FIELDS, TEXT_WEIGHTS, Field
from catalog.search.filters import Filter
from catalog.search.flow.query_builder import QueryBuilder
from catalog.search.query_ast import is_significant

_MAX_NUMBER = 2**60


class ElasticsearchQueries(QueryBuilder[Query]):
    """Builds queries with the client's own objects."""

    def everything(self) -> Query:
        return Q("match_all")

    def any_of(self, queries: Sequence[Query], minimum: int = 1) -> Query:
        if len(queries) < minimum:
            return Q("match_none")
        if len(queries) == 1:
            return queries[0]
        return Q("bool", should=list(queries), minimum_should_match=minimum)

    def all_of(self, queries: Sequence[Query]) -> Query:
        if len(queries) == 1:
            return queries[0]
        return Q("bool", must=list(queries)) if queries else Q("match_none")

    def best_of(self, queries: Sequence[Query]) -> Query:
        return Q("dis_max", queries=list(queries))

    def filtered(self, query: Query, filters: Sequence[Query]) -> Query:
        return Q("bool", must=[query], filter=list(filters)) if filters else query

    def boosting(self, query: Query, boosts: Sequence[Query]) -> Query:
        return Q("bool", must=[query], should=list(boosts)) if boosts else query

    def without(self, query: Query, excluded: Sequence[Query]) -> Query:
        return Q("bool", must=[query], must_not=list(excluded)) if excluded else query

    def constant(self, query: Query, score: float) -> Query:
        return Q("constant_score", filter=query, boost=score)

    def terms(self, attribute: str, values: Sequence[str]) -> Query:
        return Q("terms", **{attribute: list(values)})

    def key_range(self, attribute: str, low: str, high: str, limits: Filter) -> Query:
        return _range(attribute, low, high, limits)

    def number_range(self, field: Field, limits: Filter) -> Query:
        low, high = (
            None if number is None else min(max(number, -_MAX_NUMBER), _MAX_NUMBER)
            for number in (limits.min, limits.max)
        )
        return _range(field.attribute, low, high, limits)

    def value_prefix(self, attribute: str, prefix: str) -> Query:
        return Q("prefix", **{attribute: prefix})

    def name_prefixes(self, text: str) -> Query:
        return _match("title", text)

    def prefix(self, text: str) -> Query:
        return Q("match_bool_prefix", words={"query": text, "operator": "and"})

    def phrase(self, text: str) -> Query:
        return Q("match_phrase", words=text)

    def boosted_phrase(self, text: str, weight: float) -> Query:
        return Q("match_phrase", words={"query": text, "boost": weight})

    def contains_text(self, text: str) -> Query:
        if not is_significant(text):
            return _match("words", text)
        names = list(MATCH_FIELDS)
        return Q("multi_match", query=text, fields=names, type="cross_fields", operator="and")

    def contains_any(self, text: str) -> Query:
        return self.any_of(self.score_texts([text]))

    def contains_in(self, text: str, names: Sequence[str]) -> Query:
        return self.any_of([Q("match", **{name: text}) for name in names])

    def score_texts(self, texts: Sequence[str]) -> list[Query]:
        """All words at once are quicker than each."""
        text = " ".join(filter(is_significant, texts))
        weights = TEXT_WEIGHTS.items() if text else ()
        return [
            *(Q("match", **{name: {"query": text, "boost": weight}}) for name, weight in weights),
            *(_match("words", text) for text in texts if not is_significant(text)),
        ]


def _match(name: str, text: str) -> Query:
    return Q("match", **{name: {"query": text, "operator": "and"}})


def _range(name: str, low: object, high: object, limits: Filter) -> Query:
    bounds = {
        "gte" if limits.includes_min else "gt": low,
        "lte" if limits.includes_max else "lt": high,
    }
    return Q(
        "range", **{name: {sign: bound for sign, bound in bounds.items() if bound is not None}}
    )
