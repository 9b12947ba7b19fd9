"""How a query tree is translated into an engine's own queries: the same way for all engines."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Generic, TypeVar

from catalog.identifiers import without_host
from catalog.search import fields
from catalog.search.analysis import spellings_of
from catalog.search.document import RETIRED, scoped_tokens
from catalog.search.fields import BY_NAME, MIN_PREFIX_LENGTH, Field, FieldType
from catalog.search.filters import Filter
from catalog.search.flow.session import Match
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
    TermIn,
    is_identifier,
    required_nodes,
    scoring_clauses,
)
from catalog.search.scripts import has_unspaced, is_single_sign, query_form
from catalog.search.sort_keys import keyed_number
from catalog.search.spelling import normalize_name

Q = TypeVar("Q")


class QueryBuilder(ABC, Generic[Q]):
    """Builds queries of one engine; the abstract methods are what differs."""

    @abstractmethod
    def everything(self) -> Q: ...

    @abstractmethod
    def any_of(self, queries: Sequence[Q], minimum: int = 1) -> Q:
        """At least `n` of the queries, scored by their sum; nothing for too few."""

    @abstractmethod
    def all_of(self, queries: Sequence[Q]) -> Q: ...

    @abstractmethod
    def best_of(self, queries: Sequence[Q]) -> Q: ...

    @abstractmethod
    def filtered(self, query: Q, filters: Sequence[Q]) -> Q: ...

    @abstractmethod
    def boosting(self, query: Q, boosts: Sequence[Q]) -> Q:
        """The documents of a query, those first that match more of the boosts."""

    @abstractmethod
    def without(self, query: Q, excluded: Sequence[Q]) -> Q: ...

    @abstractmethod
    def constant(self, query: Q, score: float) -> Q: ...

    @abstractmethod
    def terms(self, attribute: str, values: Sequence[str]) -> Q:
        """Documents with one of the values of a field."""

    @abstractmethod
    def key_range(self, attribute: str, low: str, high: str, limits: Filter) -> Q:
        """Documents with a value in a range, whose ends a filter includes or not."""

    @abstractmethod
    def number_range(self, field: Field, limits: Filter) -> Q: ...

    @abstractmethod
    def value_prefix(self, attribute: str, prefix: str) -> Q: ...

    @abstractmethod
    def name_prefixes(self, text: str) -> Q:
        """Documents whose names have a word with each prefix that is typed."""

    @abstractmethod
    def prefix(self, text: str) -> Q:
        """Documents with all words of a text, of the last one the prefix."""

    @abstractmethod
    def phrase(self, text: str) -> Q: ...

    @abstractmethod
    def contains_text(self, text: str) -> Q:
        """Documents with every word of a text in any form, in the fields that are matched."""

    @abstractmethod
    def contains_any(self, text: str) -> Q:
        """The documents that `score_texts` scores for a text."""

    @abstractmethod
    def contains_in(self, text: str, names: Sequence[str]) -> Q: ...

    @abstractmethod
    def score_texts(self, texts: Sequence[str]) -> list[Q]:
        """The parts whose sum is the rank: words in any form, weighted over the ranked fields."""

    def useful(self, boosts: Sequence[Q]) -> Sequence[Q]:
        """The boosts worth trying."""
        return boosts

    def silent(self, query: Q) -> Q:
        return self.constant(query, 0)

    def readable(self, readers: tuple[str, ...] | None, types: Sequence[str]) -> Q:
        """What holders of the tokens may read of some types; without tokens nothing."""
        if readers is None:
            query = self.terms("types", types)
            retired = [] if RETIRED in types else [self.terms("states", (RETIRED,))]
            return self.silent(self.without(query, retired) if retired else query)
        return self.silent(self.terms("readers", scoped_tokens(readers, types)))

    def filter(self, limits: Filter) -> Q:
        field = BY_NAME[limits.field]
        if field.type is FieldType.TERMS:
            others = self.filters(limits.alternatives)
            query = self.any_of([self.terms(field.attribute, limits.values), *others])
        elif field.type is FieldType.KEYED:
            low = keyed_number(limits.key, -1e9 if limits.min is None else limits.min)
            high = keyed_number(limits.key, 1e9 if limits.max is None else limits.max)
            query = self.key_range("measures", low, high, limits)
        else:
            query = self.number_range(field, limits)
        excluded = self.without(self.everything(), [query]) if limits.is_negated else query
        return self.silent(excluded)

    def filters(self, filters: Sequence[Filter]) -> list[Q]:
        return [self.filter(one) for one in filters]

    def contains(self, node: Node) -> Q:
        match node:
            case Term(text, is_prefix):
                return self._contains_word(text, is_prefix=is_prefix)
            case TermIn(text, names):
                return self.contains_in(query_form(text), names)
            case Phrase(text):
                return self._contains_phrase(text)
            case FilterNode(limits):
                return self.filter(limits)
            case Or(options, minimum):
                return self.any_of([self.contains(option.node) for option in options], minimum)
            case And(clauses):
                required = [c for c in clauses if c.occur is not Occur.MUST_NOT]
                return self._excluding(
                    self.all_of([self.contains(c.node) for c in required]), clauses
                )

    def _contains_word(self, text: str, *, is_prefix: bool = False) -> Q:
        """Documents with a typed word: one without spaces is a phrase of pairs of characters."""
        form = query_form(text)
        if is_prefix or is_single_sign(text):
            return self.prefix(form)
        return self.phrase(form) if has_unspaced(text) else self.contains_text(form)

    def _contains_phrase(self, text: str) -> Q:
        form = query_form(text)
        return self.prefix(form) if is_single_sign(text) else self.phrase(form)

    def scores(self, nodes: Sequence[Node]) -> list[Q]:
        """The parts whose sum is the rank: next to each other they are quicker than nested."""
        terms = [node.text for node in nodes if isinstance(node, Term) and not node.is_prefix]
        texts = [query_form(text) for text in terms if not has_unspaced(text)]
        parts = self.score_texts(texts) if texts else []
        for node in nodes:
            match node:
                case Term(text, False) if not has_unspaced(text):
                    continue
                case Term(text, False) if not is_single_sign(text):
                    pairs = self.any_of(self.score_texts([query_form(text)]))
                    parts.append(self.filtered(pairs, [self._contains_word(text)]))
                case Phrase(text, weight) if weight != 1 and not is_single_sign(text):
                    parts.append(self.boosted_phrase(query_form(text), weight))
                case Or(options):
                    parts.append(self.best_of([self.score(option.node) for option in options]))
                case And(clauses):
                    scored = [c.node for c in clauses if c.occur is not Occur.MUST_NOT]
                    documents = self.any_of(self.scores(scored))
                    parts.append(self.filtered(documents, [self.contains(node)]))
                case _:
                    parts.append(self.contains(node))
        return parts

    @abstractmethod
    def boosted_phrase(self, text: str, weight: float) -> Q: ...

    def score(self, node: Node) -> Q:
        return self.any_of(self.scores([node]))

    def scored(self, match: Match) -> Q:
        query, clauses = match.query, scoring_clauses(match.query)
        boosts = self.name_prefix(match.text)
        required = [self.score(node) for node in required_nodes(query)[0]]
        if len(clauses) > 1:
            contains_all = self.all_of([self.contains(clause.node) for clause in clauses])
            bonus = self.constant(contains_all, fields.ALL_TERMS_BOOST)
            (required if match.requires_all else boosts).append(bonus)
        scores = self.scores([clause.node for clause in clauses])
        if required:
            documents = self.boosting(self.all_of(required), [*scores, *self.useful(boosts)])
        else:
            documents = self.any_of(scores) if clauses else self.everything()
            if any(is_identifier(clause.node) for clause in clauses):
                documents = self.filtered(documents, [self._any_clause(clauses)])
            documents = self.boosting(documents, self.useful(boosts))
        options = [*self.useful(self.names(match.text)), self._within(documents, query)]
        return self.filtered(self.any_of(options), self.filters(match.filters))

    def matched(self, match: Match) -> Q:
        query, clauses = match.query, scoring_clauses(match.query)
        required = [self._admits(node) for node in required_nodes(query)[0]]
        if match.requires_all:
            required += [self.contains(clause.node) for clause in clauses]
        elif clauses and not required:
            required = [self._any_clause(clauses)]
        filters = self.filters(match.filters)
        if not required and not match.query and filters:
            return self.silent(self.all_of(filters))
        documents = self._within(self.all_of(required) if required else self.everything(), query)
        options = self.any_of([*self.useful(self.names(match.text)), documents])
        return self.silent(self.filtered(options, filters))

    def _admits(self, node: Node) -> Q:
        """The documents that `score` scores."""
        match node:
            case Term(text, False) if not has_unspaced(text):
                return self.contains_any(query_form(text))
            case Or(options, minimum):
                return self.any_of([self._admits(option.node) for option in options], minimum)
        return self.contains(node)

    def _any_clause(self, clauses: Sequence[Clause]) -> Q:
        """Documents of any clause; `sentinel-2` is only where all of its words are."""
        nodes = [clause.node for clause in clauses]
        return self.any_of(
            [self.contains(node) if is_identifier(node) else self._admits(node) for node in nodes]
        )

    def _within(self, documents: Q, query: Expression) -> Q:
        """The documents that pass the filters in a query, without those it excludes."""
        filters = [self.contains(node) for node in required_nodes(query)[1]]
        return self._excluding(self.filtered(documents, filters), query)

    def _excluding(self, documents: Q, clauses: Sequence[Clause]) -> Q:
        excluded = [clause.node for clause in clauses if clause.occur is Occur.MUST_NOT]
        return self.without(documents, [self.contains(node) for node in excluded])

    def names(self, text: str) -> list[Q]:
        """The whole text as a name, slug, alias or address: those documents come first.

        Of names that differ in punctuation or case alone, the one that is spelled as typed.
        """
        name = normalize_name(without_host(text))
        if not name:
            return []
        exact = self.constant(self.terms("exact", [name]), fields.EXACT_BOOST)
        spelled = [
            self.constant(self.terms("spelled", [spelling]), fields.SPELLING_BOOST)
            for spelling in spellings_of(text.strip())
        ]
        return [self.boosting(exact, self.useful(spelled))]

    def name_prefix(self, text: str) -> list[Q]:
        """The whole text as the prefix of a name."""
        name = normalize_name(text)
        if len(name) < MIN_PREFIX_LENGTH:
            return []
        return [self.constant(self.value_prefix("exact", name), fields.PREFIX_BOOST)]

    def completed_names(self, text: str) -> Q:
        """Documents whose names have a word with each typed prefix; whole words rank.

        Each counts the same: with the statistics of the index in the rank, hidden documents could
        decide which are among the few that are suggested.
        """
        words = normalize_name(text).split()
        full_words = [
            self.constant(self.contains_in(query_form(word), ["name_text"]), 1) for word in words
        ]
        prefixes = self.silent(self.name_prefixes(query_form(text)))
        documents = self.any_of([prefixes, *self.names(text)])
        return self.boosting(documents, [*full_words, *self.name_prefix(text)])
