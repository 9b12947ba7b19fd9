"""The users' expressions and conditions as tantivy queries."""

from collections.abc import Callable, Iterable, Sequence

from tantivy import FieldType as NumberType
from tantivy import Index, Query, Schema

from catalog.search import fields
from catalog.search.backends.embedded.boolean import (
    all_of,
    any_of,
    narrowed,
    preferring,
    silent,
    unlike,
    without,
)
from catalog.search.backends.stems import TEXT, WORDS, analyzer
from catalog.search.fields import BY_NAME, FieldType
from catalog.search.filters import Filter
from catalog.search.query_ast import (
    And,
    Clause,
    Expression,
    FilterNode,
    Node,
    Occur,
    Or,
    Phrase,
    Term,
    is_identifier,
    required_nodes,
    scoring_clauses,
)
from catalog.search.sort_keys import keyed_number
from catalog.search.spelling import normalize_name
from catalog.search.tokens import scoped_tokens

_FAR = 2**60
_FEW = 32
# A document with a word in any ranked field has it in one of these: the others repeat them whole,
# but a long first sentence may be cut within a word.
_ADMITTING = (*fields.MATCH_FIELDS, "lead_text")
SHORTEST_BEGINNING = 3


class QueryBuilder:
    """Builds the queries of one open index."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._schema: Schema = index.schema
        self._text, self._words = analyzer(TEXT), analyzer(WORDS)

    @property
    def schema(self) -> Schema:
        """The fields of the index."""
        return self._schema

    # --- who and which

    def readable(self, readers: tuple[str, ...] | None, types: Sequence[str]) -> Query:
        """What holders of the tokens may read of some types; without readers, nobody finds it."""
        if readers is None:
            return silent(self.any_term("types", types))
        return silent(self.any_term("readers", scoped_tokens(readers, types)))

    def readable_by_many(self, readers: tuple[str, ...] | None, types: Sequence[str]) -> Query:
        """What may be read by those of the tokens that name no domain, team or product."""
        if readers is None:
            return self.readable(None, types)
        return self.readable(tuple(token for token in readers if ":" not in token), types)

    def any_term(self, field: str, values: Sequence[str]) -> Query:
        """Documents with one of the terms; a few terms are quicker one by one than as a set."""
        if len(values) <= _FEW:
            return any_of([self.term(field, value) for value in values])
        return Query.term_set_query(self._schema, field, list(values))

    def prefixed(self, field: str, beginning: str) -> Query:
        """Documents with a term that begins so."""
        return Query.fuzzy_term_query(self._schema, field, beginning, 0, True, prefix=True)

    def term(self, field: str, value: str) -> Query:
        """Documents with a term."""
        return Query.term_query(self._schema, field, value)

    def condition(self, condition: Filter) -> Query:
        """What meets a condition."""
        field = BY_NAME[condition.field]
        if field.type is FieldType.TERMS:
            met = self.any_term(field.attribute, condition.values)
        elif field.type is FieldType.KEYED:
            met = self._keyed(condition)
        else:
            met = self._range(condition, field.attribute, field.type)
        return silent(unlike(met) if condition.is_negated else met)

    def _range(self, condition: Filter, attribute: str, object_type: FieldType) -> Query:
        low, high = condition.min, condition.max
        if object_type is FieldType.MOMENT:
            low, high = _whole(low), _whole(high)
        return Query.range_query(
            self._schema,
            attribute,
            NumberType.Integer if object_type is FieldType.MOMENT else NumberType.Float,
            lower_bound=low,
            upper_bound=high,
            include_lower=condition.includes_min or low is None,
            include_upper=condition.includes_max or high is None,
        )

    def _keyed(self, condition: Filter) -> Query:
        low = keyed_number(condition.key, -1e9 if condition.min is None else condition.min)
        high = keyed_number(condition.key, 1e9 if condition.max is None else condition.max)
        start, end = "{["[condition.includes_min], "}]"[condition.includes_max]
        return self.between("measures", low, high, start + end)

    def between(self, field: str, low: str, high: str, ends: str = "[]") -> Query:
        """Documents with a term in a range, `[` `]` with and `{` `}` without an end.

        The terms hold nothing but letters and digits.
        """
        return self._index.parse_query(f"{field}:{ends[0]}{low} TO {high}{ends[1]}")

    # --- words

    def plain_words(self, text: str) -> list[str]:
        """The words of a text as they stand, lower case."""
        return self._words.analyze(text)

    def word_is_held(self, word: str) -> Query:
        """Documents that have a word, as it stands or in another form."""
        forms = [self.term("words", word)]
        forms += [
            self.term(field, stem)
            for stem in self._text.analyze(word)
            for field in fields.MATCH_FIELDS
        ]
        return any_of(forms)

    def word_in(self, word: str, names: Sequence[str]) -> Query:
        """Documents that have a word, in any form of it, in one of some ranked fields."""
        stems = self._text.analyze(word)
        return any_of([self.term(name, stem) for stem in stems for name in names])

    def holds(self, node: Node) -> Query:
        """Documents that hold a node; says nothing about rank."""
        match node:
            case Term(text, True):
                return self._begins(text)
            case Term(text):
                return all_of(
                    [self._has_one(stem, fields.MATCH_FIELDS) for stem in self._stems(text)]
                )
            case Phrase(text):
                return self._phrase(text)
            case FilterNode(condition):
                return self.condition(condition)
            case Or(options):
                return any_of([self.holds(clause.node) for clause in options])
            case And(clauses):
                return self._together(clauses)

    def _together(self, clauses: Sequence[Clause]) -> Query:
        wanted = [self.holds(c.node) for c in clauses if c.demand is not Occur.NOT]
        unwanted = [self.holds(c.node) for c in clauses if c.demand is Occur.NOT]
        return without(all_of(wanted), unwanted)

    def ranks(self, node: Node) -> Query:
        """How much a document is about a node: the weighted sum over the ranked fields."""
        return any_of(self._ranking(node))

    def _ranking(self, node: Node) -> list[Query]:
        """The parts whose sum is the rank: side by side they are quicker than nested."""
        match node:
            case Term(text, False):
                return [query for stem in self._stems(text) for query in self._weighted(stem)]
            case Phrase(_, weight):
                return [Query.boost_query(self.holds(node), weight)]
            case Or(options):
                return [Query.disjunction_max_query([self.ranks(c.node) for c in options])]
            case And(clauses):
                wanted = [c.node for c in clauses if c.demand is not Occur.NOT]
                ranked = any_of([part for each in wanted for part in self._ranking(each)])
                return [narrowed(ranked, [self.holds(node)])]
            case _:
                return [self.holds(node)]

    def _admits(self, node: Node) -> Query:
        """The documents that `ranks` ranks."""
        match node:
            case Term(text, False):
                stems = self._stems(text)
                return any_of([self._has_one(stem, _ADMITTING) for stem in stems])
            case Or(options):
                return any_of([self._admits(clause.node) for clause in options])
            case _:
                return self.holds(node)

    def _stems(self, text: str) -> list[tuple[str, str]]:
        """(field, term) pairs; the words themselves where all are stop words."""
        stems = self._text.analyze(text)
        return [("text", stem) for stem in stems] or [("words", w) for w in self.plain_words(text)]

    def _has_one(self, stem: tuple[str, str], names: Sequence[str]) -> Query:
        field, term = stem
        places = names if field == "text" else ("words",)
        return any_of([self.term(place, term) for place in places])

    def _weighted(self, stem: tuple[str, str]) -> Iterable[Query]:
        field, term = stem
        if field != "text":
            return [self.term(field, term)]
        return [
            Query.boost_query(self.term(place, term), weight)
            for place, weight in fields.TEXT_WEIGHTS.items()
        ]

    def _phrase(self, text: str) -> Query:
        words = self.plain_words(text)
        if len(words) > 1:
            return Query.phrase_query(self._schema, "words", list(words))
        return self.term("words", words[0]) if words else Query.empty_query()

    def _begins(self, text: str) -> Query:
        *before, last = self.plain_words(text) or [""]
        parts = [self.term("words", word) for word in before]
        return all_of([*parts, self.prefixed("words", last)]) if last else Query.empty_query()

    # --- the whole

    def names(self, typed: str) -> list[Query]:
        """The whole text as a name, slug, alias or address: those documents come first."""
        name = normalize_name(typed)
        return (
            [Query.const_score_query(self.term("exact", name), fields.EXACT_BOOST)] if name else []
        )

    def asked(
        self, words: Expression, typed: str, *, demands_all: bool, is_met: Callable[[Query], bool]
    ) -> tuple[Query, Query]:
        """The set of the words, unranked and ranked. Without words, everything.

        What would lift documents but is met by none is left out: it would be tried on all of them.
        """
        units, demanded = scoring_clauses(words), required_nodes(words)[0]
        named = list(filter(is_met, self.names(typed)))
        together = [self._together_nudge(units)] if len(units) > 1 else []
        required = [self.ranks(node) for node in demanded]
        nudges = self.beginnings(typed)
        if demands_all:
            required += together
        else:
            nudges += together
        ranking, lifting = self._ranked(units), list(filter(is_met, nudges))
        if required:
            found = preferring(all_of(required), [*ranking, *lifting])
        else:
            found = preferring(any_of(ranking) if units else Query.all_query(), lifting)
        ground = self.holding(words, demands_all=demands_all)
        return any_of([*map(silent, named), ground]), any_of([*named, self._within(found, words)])

    def holding(self, words: Expression, *, demands_all: bool) -> Query:
        """The set of the words, unranked, but for what is named like the whole text."""
        units, demanded = scoring_clauses(words), required_nodes(words)[0]
        required = [self._admits(node) for node in demanded]
        if demands_all:
            required += [self.holds(clause.node) for clause in units]
        elif units and not required:
            required = [any_of([self._there(clause.node) for clause in units])]
        return silent(self._within(all_of(required) if required else Query.all_query(), words))

    def _within(self, found: Query, words: Expression) -> Query:
        """What the words' conditions let through, without what the words shut out."""
        met = [self.holds(node) for node in required_nodes(words)[1]]
        return without(
            narrowed(found, met), [self.holds(c.node) for c in words if c.demand is Occur.NOT]
        )

    def _there(self, node: Node) -> Query:
        """Where a unit is: a code of several terms (`sentinel-2`) where all of them are."""
        return self.holds(node) if is_identifier(node) else self._admits(node)

    def _ranked(self, units: Sequence[Clause]) -> list[Query]:
        """The parts whose sum is the rank of any unit, where one is."""
        parts = [part for clause in units for part in self._ranking(clause.node)]
        if not any(is_identifier(clause.node) for clause in units):
            return parts
        return [narrowed(any_of(parts), [any_of([self._there(c.node) for c in units])])]

    def _together_nudge(self, units: Sequence[Clause]) -> Query:
        held = all_of([self.holds(clause.node) for clause in units])
        return Query.const_score_query(held, fields.ALL_TERMS_BOOST)

    def titles(self, words: Sequence[str]) -> Query:
        """Things whose names have a word that begins with each of these; whole words rank.

        Each counts the same: with the statistics of the index in the rank, what is hidden could
        decide which things are among the few that are suggested.
        """
        begun = all_of([self.prefixed("title", word) for word in words])
        whole = [self.word_in(word, ["name_text"]) for word in words]
        return preferring(silent(begun), [Query.const_score_query(held, 1) for held in whole])

    def beginnings(self, typed: str) -> list[Query]:
        """The whole text as the beginning of a name."""
        name = normalize_name(typed)
        if len(name) < SHORTEST_BEGINNING:
            return []
        return [Query.const_score_query(self.prefixed("exact", name), fields.PREFIX_BOOST)]


def _whole(number: float | None) -> int | None:
    return None if number is None else int(min(max(number, -_FAR), _FAR))
