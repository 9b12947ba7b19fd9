"""The users' expressions and conditions as tantivy queries."""

from collections.abc import Iterable, Sequence

from tantivy import FieldType, Index, Occur, Query, Schema

from catalog.search import fields
from catalog.search.backends.embedded.schema import TEXT, WORDS, analyzer
from catalog.search.conditions import Condition
from catalog.search.expression import (
    Clause,
    Demand,
    Either,
    Expression,
    Matches,
    Node,
    Phrase,
    Together,
    Words,
    demanded_in,
    is_compound_code,
    positive_texts,
    units_of,
)
from catalog.search.fields import BY_NAME, FieldKind
from catalog.search.ordering import keyed_number
from catalog.search.spelling import bare

_FAR = 2**60
_FEW = 32
SHORTEST_BEGINNING = 3


class Questions:
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

    def readable(self, readers: tuple[str, ...] | None) -> Query:
        """What holders of the tokens may read; a document without readers is found by nobody."""
        if readers is None:
            return silent(self.prefixed("kinds", ""))
        return silent(self.any_term("readers", readers))

    def readable_by_many(self, readers: tuple[str, ...] | None) -> Query:
        """What may be read by those of the tokens that name no domain, team or product."""
        if readers is None:
            return self.readable(None)
        return silent(self.any_term("readers", [token for token in readers if ":" not in token]))

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

    def condition(self, condition: Condition) -> Query:
        """What meets a condition."""
        field = BY_NAME[condition.field]
        if field.kind is FieldKind.TERMS:
            met = self.any_term(field.attribute, condition.values)
        elif field.kind is FieldKind.KEYED:
            met = self._keyed(condition)
        else:
            met = self._range(condition, field.attribute, field.kind)
        return silent(unlike(met) if condition.is_negated else met)

    def _range(self, condition: Condition, attribute: str, kind: FieldKind) -> Query:
        low, high = condition.low, condition.high
        if kind is FieldKind.MOMENT:
            low, high = _whole(low), _whole(high)
        return Query.range_query(
            self._schema,
            attribute,
            FieldType.Integer if kind is FieldKind.MOMENT else FieldType.Float,
            lower_bound=low,
            upper_bound=high,
            include_lower=condition.includes_low or low is None,
            include_upper=condition.includes_high or high is None,
        )

    def _keyed(self, condition: Condition) -> Query:
        low = keyed_number(condition.key, -1e9 if condition.low is None else condition.low)
        high = keyed_number(condition.key, 1e9 if condition.high is None else condition.high)
        start, end = "{["[condition.includes_low], "}]"[condition.includes_high]
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
            self.term(field, stem) for stem in self._text.analyze(word) for field in fields.HOLDING
        ]
        return any_of(forms)

    def word_in(self, word: str, names: Sequence[str]) -> Query:
        """Documents that have a word, in any form of it, in one of some ranked fields."""
        stems = self._text.analyze(word)
        return any_of([self.term(name, stem) for stem in stems for name in names])

    def marked_terms(self, words: Expression, field: str) -> Query:
        """The terms of an expression, for finding them in texts that are shown."""
        stems = dict.fromkeys(s for text in positive_texts(words) for s in self._text.analyze(text))
        return any_of([self.term(field, stem) for stem in stems])

    def holds(self, node: Node) -> Query:
        """Documents that hold a node; says nothing about rank."""
        match node:
            case Words(text, True):
                return self._begins(text)
            case Words(text):
                return all_of([self._holds_one(stem) for stem in self._stems(text)])
            case Phrase(text):
                return self._phrase(text)
            case Matches(condition):
                return self.condition(condition)
            case Either(options):
                return any_of([self.holds(clause.node) for clause in options])
            case Together(clauses):
                return self._together(clauses)

    def _together(self, clauses: Sequence[Clause]) -> Query:
        wanted = [self.holds(c.node) for c in clauses if c.demand is not Demand.NOT]
        unwanted = [self.holds(c.node) for c in clauses if c.demand is Demand.NOT]
        return without(all_of(wanted), unwanted)

    def ranks(self, node: Node) -> Query:
        """How much a document is about a node: the weighted sum over the ranked fields."""
        match node:
            case Words(text, False):
                return any_of(
                    [query for stem in self._stems(text) for query in self._weighted(stem)]
                )
            case Phrase(_, weight):
                return Query.boost_query(self.holds(node), weight)
            case Either(options):
                return Query.disjunction_max_query([self.ranks(clause.node) for clause in options])
            case Together(clauses):
                wanted = [c.node for c in clauses if c.demand is not Demand.NOT]
                return narrowed(any_of(list(map(self.ranks, wanted))), [self.holds(node)])
            case _:
                return self.holds(node)

    def _stems(self, text: str) -> list[tuple[str, str]]:
        """(field, term) pairs; the words themselves where all are stop words."""
        stems = self._text.analyze(text)
        return [("text", stem) for stem in stems] or [("words", w) for w in self.plain_words(text)]

    def _holds_one(self, stem: tuple[str, str]) -> Query:
        field, term = stem
        places = fields.HOLDING if field == "text" else ("words",)
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
        name = bare(typed)
        return (
            [Query.const_score_query(self.term("exact", name), fields.EXACT_BOOST)] if name else []
        )

    def answers(self, words: Expression, typed: str, *, demands_all: bool) -> Query:
        """The set of the words, ranked. Without words, everything."""
        units = units_of(words)
        demanded, conditions = demanded_in(words)
        unwanted = [self.holds(c.node) for c in words if c.demand is Demand.NOT]
        required = [self.ranks(node) for node in demanded]
        if demands_all:
            required += [silent(self.holds(clause.node)) for clause in units]
        if required:
            found = preferring(all_of(required), [self._ranked(units)] if units else [])
        else:
            found = self._ranked(units) if units else Query.all_query()
        found = narrowed(found, [self.holds(node) for node in conditions])
        nudges = self._nudges(units, typed)
        return any_of([*self.names(typed), without(preferring(found, nudges), unwanted)])

    def _ranked(self, units: Sequence[Clause]) -> Query:
        """Any unit; a code of several terms (`sentinel-2`) is there only where all of them are."""
        nodes = [clause.node for clause in units]
        ranked = any_of([self.ranks(node) for node in nodes])
        if not any(map(is_compound_code, nodes)):
            return ranked
        there = [self.holds(node) if is_compound_code(node) else self.ranks(node) for node in nodes]
        return narrowed(ranked, [any_of(there)])

    def _nudges(self, units: Sequence[Clause], typed: str) -> list[Query]:
        nudges = []
        if len(units) > 1:
            all_held = all_of([self.holds(clause.node) for clause in units])
            nudges.append(Query.const_score_query(all_held, fields.ALL_WORDS_NUDGE))
        return nudges + self.beginnings(typed)

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
        name = bare(typed)
        if len(name) < SHORTEST_BEGINNING:
            return []
        return [Query.const_score_query(self.prefixed("exact", name), fields.PREFIX_BOOST)]


def _whole(number: float | None) -> int | None:
    return None if number is None else int(min(max(number, -_FAR), _FAR))


def silent(query: Query) -> Query:
    """A filter: narrows and does not rank."""
    return Query.const_score_query(query, 0)


def any_of(queries: Sequence[Query]) -> Query:
    """At least one; nothing for none."""
    if len(queries) == 1:
        return queries[0]
    return Query.boolean_query([(Occur.Should, query) for query in queries])


def all_of(queries: Sequence[Query]) -> Query:
    """Every one; nothing for none."""
    if len(queries) == 1:
        return queries[0]
    return Query.boolean_query([(Occur.Must, query) for query in queries])


def narrowed(query: Query, filters: Sequence[Query]) -> Query:
    """The query within the filters."""
    return all_of([query, *map(silent, filters)])


def preferring(query: Query, better: Sequence[Query]) -> Query:
    """The query's documents, those first that meet more of the others."""
    wished = [(Occur.Should, other) for other in better]
    return Query.boolean_query([(Occur.Must, query), *wished]) if better else query


def without(query: Query, unwanted: Sequence[Query]) -> Query:
    """The query's documents but for the unwanted."""
    shut_out = [(Occur.MustNot, other) for other in unwanted]
    return Query.boolean_query([(Occur.Must, query), *shut_out]) if unwanted else query


def unlike(query: Query) -> Query:
    """Everything else."""
    return without(Query.all_query(), [query])
