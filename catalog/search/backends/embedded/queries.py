"""The leaves of a query in tantivy."""

from collections.abc import Sequence

from tantivy import FieldType as NumberType
from tantivy import Index, Occur, Query, Searcher

from catalog.search.fields import MATCH_FIELDS, TEXT_WEIGHTS, Field, FieldType
from catalog.search.filters import Filter
from catalog.search.flow.query_builder import QueryBuilder
from catalog.search.spelling import normalize_name
from catalog.search.stemming import TEXT, WORDS, analyzer

_MAX_NUMBER = 2**60
_FEW = 32
# Each ranked field repeats what is in one of these, but that a long first sentence may be cut
# within a word.
_ADMITTING = (*MATCH_FIELDS, "lead_text")


class TantivyQueries(QueryBuilder[Query]):
    """Builds queries of one open index, for one moment's view of it."""

    def __init__(self, index: Index, searcher: Searcher) -> None:
        self._index = index
        self._schema = index.schema
        self._searcher = searcher

    def everything(self) -> Query:
        return Query.all_query()

    def any_of(self, queries: Sequence[Query], minimum: int = 1) -> Query:
        if len(queries) < minimum:
            return Query.empty_query()
        if len(queries) == 1:
            return queries[0]
        options = [(Occur.Should, query) for query in queries]
        if minimum == 1:
            return Query.boolean_query(options)
        return Query.boolean_query(options, minimum_number_should_match=minimum)

    def all_of(self, queries: Sequence[Query]) -> Query:
        if len(queries) == 1:
            return queries[0]
        return Query.boolean_query([(Occur.Must, query) for query in queries])

    def best_of(self, queries: Sequence[Query]) -> Query:
        return Query.disjunction_max_query(list(queries))

    def filtered(self, query: Query, filters: Sequence[Query]) -> Query:
        return self.all_of([query, *map(self.silent, filters)])

    def boosting(self, query: Query, boosts: Sequence[Query]) -> Query:
        options = [(Occur.Should, boost) for boost in boosts]
        return Query.boolean_query([(Occur.Must, query), *options]) if boosts else query

    def without(self, query: Query, excluded: Sequence[Query]) -> Query:
        rest = [(Occur.MustNot, other) for other in excluded]
        return Query.boolean_query([(Occur.Must, query), *rest]) if excluded else query

    def constant(self, query: Query, score: float) -> Query:
        return Query.const_score_query(query, score)

    def useful(self, boosts: Sequence[Query]) -> Sequence[Query]:
        """Leave out boosts that nothing matches: each is tried on every document."""
        return [boost for boost in boosts if count_of(self._searcher, boost)]

    def terms(self, attribute: str, values: Sequence[str]) -> Query:
        """A few terms are quicker one by one than as a set."""
        if len(values) <= _FEW:
            return self.any_of([self.term(attribute, value) for value in values])
        return Query.term_set_query(self._schema, attribute, list(values))

    def term(self, attribute: str, value: str) -> Query:
        return Query.term_query(self._schema, attribute, value)

    def key_range(self, attribute: str, low: str, high: str, limits: Filter) -> Query:
        start, end = "{["[limits.includes_min], "}]"[limits.includes_max]
        return self.between(attribute, low, high, start + end)

    def between(self, attribute: str, low: str, high: str, ends: str) -> Query:
        """Documents with a value in a range, `[` `]` including and `{` `}` excluding an end.

        The values hold nothing but letters and digits.
        """
        return self._index.parse_query(f"{attribute}:{ends[0]}{low} TO {high}{ends[1]}")

    def number_range(self, field: Field, limits: Filter) -> Query:
        is_moment = field.type is FieldType.MOMENT
        low, high = limits.min, limits.max
        return Query.range_query(
            self._schema,
            field.attribute,
            NumberType.Integer if is_moment else NumberType.Float,
            lower_bound=_as_integer(low) if is_moment else low,
            upper_bound=_as_integer(high) if is_moment else high,
            include_lower=limits.includes_min or low is None,
            include_upper=limits.includes_max or high is None,
        )

    def value_prefix(self, attribute: str, prefix: str) -> Query:
        return Query.fuzzy_term_query(self._schema, attribute, prefix, 0, True, prefix=True)

    def name_prefixes(self, text: str) -> Query:
        words = _words(normalize_name(text))
        return self.all_of([self.value_prefix("title", word) for word in words])

    def prefix(self, text: str) -> Query:
        *before, last = _words(text) or [""]
        parts = [self.term("words", word) for word in before]
        return self.all_of([*parts, self.value_prefix("words", last)]) if last else self.any_of([])

    def phrase(self, text: str) -> Query:
        words = _words(text)
        if len(words) > 1:
            return Query.phrase_query(self._schema, "words", list(words))
        return self.any_of([self.term("words", word) for word in words])

    def boosted_phrase(self, text: str, weight: float) -> Query:
        return Query.boost_query(self.phrase(text), weight)

    def contains_text(self, text: str) -> Query:
        return self.all_of(self._each_word(text, MATCH_FIELDS))

    def contains_any(self, text: str) -> Query:
        return self.any_of(self._each_word(text, _ADMITTING))

    def contains_in(self, text: str, names: Sequence[str]) -> Query:
        stems = _TEXT.analyze(text)
        if not stems:
            return self.any_of([])
        fields = ([self.term(name, stem) for stem in stems] for name in names)
        return self.any_of([self.all_of(terms) for terms in fields])

    def score_texts(self, texts: Sequence[str]) -> list[Query]:
        parts = []
        for text in texts:
            stems = _TEXT.analyze(text)
            parts += [
                Query.boost_query(self.term(name, stem), weight)
                for stem in stems
                for name, weight in TEXT_WEIGHTS.items()
            ]
            parts += [] if stems else [self.term("words", word) for word in _words(text)]
        return parts

    def _each_word(self, text: str, names: Sequence[str]) -> list[Query]:
        """Return for each stem a query in any of the fields; for stop words, for each word."""
        stems = _TEXT.analyze(text)
        if stems:
            return [self.any_of([self.term(name, stem) for name in names]) for stem in stems]
        return [self.term("words", word) for word in _words(text)]


_TEXT = analyzer(TEXT)
_WORDS = analyzer(WORDS)


def _words(text: str) -> list[str]:
    return _WORDS.analyze(text)


def count_of(searcher: Searcher, query: Query) -> int:
    # The binding's annotations leave the attribute out.
    return int(searcher.search(query, 1).count or 0)  # type: ignore[attr-defined]


def _as_integer(number: float | None) -> int | None:
    return None if number is None else int(min(max(number, -_MAX_NUMBER), _MAX_NUMBER))
