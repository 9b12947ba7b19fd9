"""What is like one document, in Elasticsearch."""

from collections.abc import Sequence
from typing import Any

from elasticsearch.dsl import Q
from elasticsearch.dsl.query import Query

from catalog.search.backends.elasticsearch.client import RequestContext
from catalog.search.backends.elasticsearch.queries import any_of, weighted
from catalog.search.port import Feature, SimilarDocument
from catalog.search.similarity import COLUMN, ENOUGH_SHARED, TAG, parted, weights_of

_FIELDS = {TAG: "tags", COLUMN: "columns"}
_WORD_FIELDS = ("name_text", "lead_text")
_ALL = "all"


def alike(
    asking: RequestContext, key: str, features: Sequence[Feature], limit: int
) -> tuple[SimilarDocument, ...]:
    """Weigh the features by who may be read, and rank by the sum of what is shared."""
    if not features:
        return ()
    held = {f"{at}": _held(feature) for at, feature in enumerate(features)}
    counted = asking.counts({_ALL: Q("match_all"), **held})
    counts = {feature: counted[f"{at}"] for at, feature in enumerate(features)}
    weights = weights_of(counts, counted[_ALL])
    if not weights:
        return ()
    kept = list(weights)
    shared = [
        Q("constant_score", filter=_held(feature), boost=weights[feature], _name=f"{at}")
        for at, feature in enumerate(kept)
    ]
    found = Q(
        "bool",
        must=[any_of(shared)],
        filter=[_enough(weights), asking.readable],
        must_not=[Q("term", key=key), Q("term", states="retired")],
    )
    search = asking.search.query(weighted(found)).sort("_score", "tie")[:limit]
    return tuple(_alike(hit, kept) for hit in asking.run(search))


def _held(feature: Feature) -> Query:
    if feature.type in _FIELDS:
        return Q("term", **{_FIELDS[feature.type]: feature.text})
    return any_of([Q("match", **{field: feature.text}) for field in _WORD_FIELDS])


def _enough(weights: dict[Feature, int]) -> Query:
    """A tag, or several columns and words."""
    tags, rest = parted(weights)
    several = Q("bool", should=list(map(_held, rest)), minimum_should_match=ENOUGH_SHARED)
    return any_of([*map(_held, tags), *([several] if len(rest) >= ENOUGH_SHARED else [])])


def _alike(hit: Any, features: Sequence[Feature]) -> SimilarDocument:
    object_type, _, identity = hit.key.partition(":")
    names = hit.meta.matched_queries if "matched_queries" in hit.meta else ()
    return SimilarDocument(
        object_type, identity, tuple(features[at] for at in sorted(map(int, names)))
    )
