"""The users' expressions and conditions as Elasticsearch queries."""

from collections.abc import Iterable, Sequence
from typing import Any

from elasticsearch.dsl import Q
from elasticsearch.dsl.query import Query

from catalog.search import fields
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
    is_significant,
    required_nodes,
    scoring_clauses,
)
from catalog.search.sort_keys import keyed_number
from catalog.search.spelling import normalize_name
from catalog.search.tokens import scoped_tokens

SHORTEST_BEGINNING = 3
_FAR = 2**60


def readable(readers: tuple[str, ...] | None, types: Sequence[str]) -> Query:
    """What holders of the tokens may read of some types."""
    if readers is None:
        return Q("terms", types=list(types))
    return Q("terms", readers=list(scoped_tokens(readers, types)))


def condition_of(condition: Filter) -> Query:
    """What meets a condition."""
    field = BY_NAME[condition.field]
    if field.type is FieldType.TERMS:
        met = Q("terms", **{field.attribute: list(condition.values)})
    elif field.type is FieldType.KEYED:
        bounds = _bounds(condition, _keyed(condition, -1e9), _keyed(condition, 1e9))
        met = Q("range", measures=bounds)
    else:
        limits = [_finite(number) for number in (condition.min, condition.max)]
        met = Q("range", **{field.attribute: _bounds(condition, *limits)})
    return unlike(met) if condition.is_negated else met


def _keyed(condition: Filter, end: float) -> str:
    number = condition.min if end < 0 else condition.max
    return keyed_number(condition.key, end if number is None else number)


def _finite(number: float | None) -> float | None:
    return None if number is None else min(max(number, -_FAR), _FAR)


def _bounds(condition: Filter, low: Any, high: Any) -> dict[str, Any]:
    bounds = {
        "gte" if condition.includes_min else "gt": low,
        "lte" if condition.includes_max else "lt": high,
    }
    return {sign: bound for sign, bound in bounds.items() if bound is not None}


def word_is_held(word: str) -> Query:
    """Documents that have a word, as it stands or in another form."""
    return any_of([Q("match", words=word), _match_somewhere(word)])


def _match_somewhere(text: str) -> Query:
    """Every term of a text in one holding field or another."""
    return Q(
        "multi_match",
        query=text,
        fields=list(fields.MATCH_FIELDS),
        type="cross_fields",
        operator="and",
    )


def holds(node: Node) -> Query:
    """Documents that hold a node; says nothing about rank."""
    match node:
        case Term(text, True):
            return Q("match_bool_prefix", words={"query": text, "operator": "and"})
        case Term(text):
            return _match_somewhere(text) if is_significant(text) else _as_it_stands(text)
        case Phrase(text):
            return Q("match_phrase", words=text)
        case FilterNode(condition):
            return condition_of(condition)
        case Or(options):
            return any_of([holds(clause.node) for clause in options])
        case And(clauses):
            wanted = [holds(c.node) for c in clauses if c.demand is not Occur.NOT]
            unwanted = [holds(c.node) for c in clauses if c.demand is Occur.NOT]
            return Q("bool", filter=wanted, must_not=unwanted)


def _as_it_stands(text: str) -> Query:
    return Q("match", words={"query": text, "operator": "and"})


def ranks(node: Node) -> Query:
    """How much a document is about a node: the weighted sum over the ranked fields."""
    match node:
        case Term(text, False) if is_significant(text):
            return any_of(_weighted(text))
        case Phrase(text, weight):
            return Q("match_phrase", words={"query": text, "boost": weight})
        case Or(options):
            return Q("dis_max", queries=[ranks(clause.node) for clause in options])
        case And(clauses):
            wanted = [ranks(c.node) for c in clauses if c.demand is not Occur.NOT]
            return Q("bool", must=[any_of(wanted)], filter=[holds(node)])
        case Term():
            return holds(node)
        case _:
            return Q("bool", filter=[holds(node)])


def _weighted(text: str) -> list[Query]:
    weights = fields.TEXT_WEIGHTS.items()
    return [Q("match", **{name: {"query": text, "boost": weight}}) for name, weight in weights]


def names(typed: str) -> list[Query]:
    """The whole text as a name, slug, alias or address: those documents come first."""
    name = normalize_name(typed)
    return [constant(Q("term", exact=name), fields.EXACT_BOOST)] if name else []


def titles(typed: str) -> tuple[Query, list[Query]]:
    """Things whose names have a word that begins with each typed one, and what ranks them.

    Each whole word counts the same: with the statistics of the index in the rank, what is hidden
    could decide which things are among the few that are suggested.
    """
    begun = constant(Q("match", title={"query": typed, "operator": "and"}), 0)
    whole = [constant(Q("match", name_text=word), 1) for word in normalize_name(typed).split()]
    return any_of([begun, *names(typed)]), [*whole, *beginnings(typed)]


def beginnings(typed: str) -> list[Query]:
    """The whole text as the beginning of a name."""
    name = normalize_name(typed)
    if len(name) < SHORTEST_BEGINNING:
        return []
    return [constant(Q("prefix", exact=name), fields.PREFIX_BOOST)]


def set_of(words: Expression, typed: str, *, demands_all: bool) -> Query:
    """The set of the words, ranked. Without words, everything."""
    units = scoring_clauses(words)
    demanded, conditions = required_nodes(words)
    ranked = _side_by_side([clause.node for clause in units])
    narrowing = [holds(node) for node in conditions]
    if demands_all:
        narrowing += [holds(clause.node) for clause in units]
    elif not demanded and any(is_identifier(clause.node) for clause in units):
        # A code of several terms (`sentinel-2`) is there only where all of them are.
        narrowing.append(any_of([_there(clause.node) for clause in units]))
    found = Q(
        "bool",
        must=[ranks(node) for node in demanded] or [any_of(ranked) if units else Q("match_all")],
        should=[*(ranked if demanded else []), *_nudges(units, typed)],
        filter=narrowing,
        must_not=[holds(c.node) for c in words if c.demand is Occur.NOT],
    )
    return any_of([*names(typed), found])


def _there(node: Node) -> Query:
    return holds(node) if is_identifier(node) else ranks(node)


def _side_by_side(nodes: Sequence[Node]) -> list[Query]:
    """The parts whose sum is the rank of all nodes; all words at once are quicker than each."""
    plain = [n for n in nodes if isinstance(n, Term) and not n.is_prefix and is_significant(n.text)]
    rest = [ranks(node) for node in nodes if node not in plain]
    return [*(_weighted(" ".join(node.text for node in plain)) if plain else []), *rest]


def all_held(words: Expression) -> Query:
    """Documents that hold all words, and what is demanded."""
    demanded, conditions = required_nodes(words)
    wanted = [*demanded, *conditions, *(clause.node for clause in scoring_clauses(words))]
    unwanted = [holds(c.node) for c in words if c.demand is Occur.NOT]
    return Q("bool", filter=[holds(node) for node in wanted], must_not=unwanted)


def _nudges(units: Sequence[Clause], typed: str) -> list[Query]:
    nudges = beginnings(typed)
    if len(units) > 1:
        held = Q("bool", filter=[holds(clause.node) for clause in units])
        nudges.append(constant(held, fields.ALL_TERMS_BOOST))
    return nudges


def named(words: Expression) -> Iterable[tuple[str, Query]]:
    """The typed words, each with what holds it."""
    for clause in scoring_clauses(words):
        if isinstance(clause.node, Term):
            yield clause.node.text, holds(clause.node)


def constant(query: Query, boost: float) -> Query:
    """A query that ranks all its documents alike."""
    return Q("constant_score", filter=query, boost=boost)


def weighted(query: Query) -> Query:
    """A query whose ranks are multiplied by how far each document is trusted."""
    weight = {"field": "weight", "missing": 1}
    return Q("function_score", query=query, field_value_factor=weight, boost_mode="multiply")


def any_of(queries: Sequence[Query]) -> Query:
    """At least one; nothing for none."""
    if len(queries) == 1:
        return queries[0]
    return Q("bool", should=list(queries), minimum_should_match=1) if queries else Q("match_none")


def unlike(query: Query) -> Query:
    """Everything else."""
    return Q("bool", must_not=[query])
