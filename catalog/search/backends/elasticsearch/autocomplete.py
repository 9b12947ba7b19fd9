"""What can follow what is being typed, from Elasticsearch."""

import re
from typing import Any

from elasticsearch.dsl import Q

from catalog.search.backends.elasticsearch import queries
from catalog.search.backends.elasticsearch.client import RequestContext
from catalog.search.port import FacetValue, SuggestAnswer, Suggestion
from catalog.search.spelling import normalize

COMMON_FIRST = [{"_count": "desc"}, {"_key": "asc"}]
_SPECIAL = re.compile(r"([^\w\s]|_)")


def suggestions(asking: RequestContext, typed: str, limit: int) -> SuggestAnswer:
    """Complete the last word: to things so named, and to words that readable documents hold."""
    last = (normalize(typed).split() or [""])[-1]
    if not any(map(str.isalnum, last)):
        return SuggestAnswer()
    word = re.findall(r"[^\W_]+", last)[-1]
    completions = values_of(asking, "vocabulary", word, limit)
    start = " ".join(typed.split()[:-1])
    words = [
        Suggestion(f"{start} {value.value}".strip(), value.count)
        for value in completions
        if value.value != word
    ]
    return SuggestAnswer(things(asking, typed, limit), tuple(words))


def things(asking: RequestContext, typed: str, limit: int) -> tuple[Suggestion, ...]:
    """Things whose names have words that begin with those typed, the whole name first."""
    if not any(map(str.isalnum, typed)):
        return ()
    found, better = queries.titles(typed)
    search = asking.search.query(
        "bool", must=[found], should=better, filter=[asking.readable]
    ).sort("_score", "tie")[:limit]
    return tuple(_thing(hit) for hit in asking.run(search))


def _thing(hit: Any) -> Suggestion:
    object_type, _, identity = hit.key.partition(":")
    return Suggestion(hit.shown.name, type=object_type, id=identity)


def values_of(
    asking: RequestContext, attribute: str, prefix: str, limit: int
) -> tuple[FacetValue, ...]:
    """Values that begin so within what is readable, most frequent first."""
    begun = Q("prefix", **{attribute: prefix}) if prefix else Q("match_all")
    search = asking.search.query("bool", filter=[asking.readable, begun])[:0]
    include = {"include": _SPECIAL.sub(r"\\\1", prefix) + ".*"} if prefix else {}
    search.aggs.bucket(
        "values", "terms", field=attribute, size=limit, order=COMMON_FIRST, **include
    )
    buckets = asking.run(search).aggregations["values"].buckets
    return tuple(FacetValue(str(bucket.key), int(bucket.doc_count)) for bucket in buckets)
