"""What is like one document, in tantivy."""

from collections.abc import Iterator, Sequence

from tantivy import DocAddress, Occur, Query

from catalog.search.backends.embedded.boolean import any_of, narrowed, without
from catalog.search.backends.embedded.paging import page_of
from catalog.search.backends.embedded.queries import QueryBuilder
from catalog.search.backends.embedded.search import Reading, spot
from catalog.search.fields import RELEVANCE
from catalog.search.port import Feature, SearchRequest, SimilarDocument
from catalog.search.similarity import COLUMN, ENOUGH_SHARED, TAG, parted, weights_of

_FIELDS = {TAG: ("tags",), COLUMN: ("columns",)}
_WORD_FIELDS = ("name_text", "lead_text")


def alike(
    reading: Reading, key: str, features: Sequence[Feature], limit: int
) -> tuple[SimilarDocument, ...]:
    """Weigh the features by who may be read, and rank by the sum of what is shared."""
    questions = reading.questions
    held = {feature: _held(questions, feature) for feature in features}
    counts = {feature: reading.count(query) for feature, query in held.items()}
    weights = weights_of(counts, reading.count())
    if not weights:
        return ()
    shared = [Query.const_score_query(held[f], weight) for f, weight in weights.items()]
    tags, rest = parted(weights)
    enough = [held[f] for f in tags]
    if len(rest) >= ENOUGH_SHARED:
        wishes = [(Occur.Should, held[f]) for f in rest]
        enough.append(Query.boolean_query(wishes, minimum_number_should_match=ENOUGH_SHARED))
    unwanted = [questions.term("key", key), questions.term("states", "retired")]
    found = narrowed(any_of(shared), [any_of(enough), reading.readable])
    request = SearchRequest(readers=None, limit=limit)
    page = page_of(reading.searcher, questions, without(found, unwanted), request, RELEVANCE)
    places = [place for _, _, place in page.placed]
    return tuple(_alike(reading, places, {f: held[f] for f in weights}))


def _held(questions: QueryBuilder, feature: Feature) -> Query:
    if feature.type in _FIELDS:
        return any_of([questions.term(field, feature.text) for field in _FIELDS[feature.type]])
    return questions.word_in(feature.text, _WORD_FIELDS)


def _alike(
    reading: Reading, places: Sequence[DocAddress], held: dict[Feature, Query]
) -> Iterator[SimilarDocument]:
    keys = [str(reading.searcher.doc(place).get_first("key")) for place in places]
    shown = reading.questions.any_term("key", keys)
    holders = {
        feature: {
            spot(place)
            for _, place in reading.searcher.search(
                narrowed(query, [shown]), len(keys), count=False
            ).hits
        }
        for feature, query in held.items()
        if keys
    }
    for key, place in zip(keys, places, strict=True):
        object_type, _, identity = key.partition(":")
        yield SimilarDocument(
            object_type, identity, tuple(f for f, spots in holders.items() if spot(place) in spots)
        )
