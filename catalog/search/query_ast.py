"""A parsed query as a tree of clauses, and walks through it; pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from catalog.search.fields import STOP_WORDS
from catalog.search.filters import Filter
from catalog.search.scripts import WORD


class Occur(StrEnum):
    """Whether a clause adds to the rank, is required, or is excluded."""

    SHOULD = "should"
    MUST = "must"
    MUST_NOT = "must_not"


@dataclass(frozen=True, slots=True)
class Term:
    """One typed word (it may hold several, `sentinel-2`), or its prefix."""

    text: str
    is_prefix: bool = False


@dataclass(frozen=True, slots=True)
class TermIn:
    """One word, in any form, in one of these text fields."""

    text: str
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words next to each other, exactly as written; its score is multiplied by the weight."""

    text: str
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class FilterNode:
    """A filter inside parentheses or next to an OR."""

    filter: Filter


@dataclass(frozen=True, slots=True)
class Or:
    """At least `minimum` of the options; the best of them gives the score."""

    options: tuple["Clause", ...]
    minimum: int = 1


@dataclass(frozen=True, slots=True)
class And:
    clauses: "Expression"


@dataclass(frozen=True, slots=True)
class Clause:
    """A node and whether it is required."""

    node: "Node"
    occur: Occur = Occur.SHOULD


Node = Term | TermIn | Phrase | FilterNode | Or | And
Expression = tuple[Clause, ...]


def replace_terms(query: Expression, replacements: Mapping[str, str]) -> Expression:
    """Return the query with some words replaced wherever they are plain terms."""
    return tuple(Clause(_replace(clause.node, replacements), clause.occur) for clause in query)


def _replace(node: Node, replacements: Mapping[str, str]) -> Node:
    match node:
        case Term(text, False):
            return Term(replace_in_text(text, replacements))
        case Or(options, minimum):
            return Or(replace_terms(options, replacements), minimum)
        case And(clauses):
            return And(replace_terms(clauses, replacements))
    return node


def replace_in_text(text: str, replacements: Mapping[str, str]) -> str:
    return WORD.sub(lambda match: replacements.get(match[0].casefold(), match[0]), text)


def correctable_terms(query: Expression) -> Iterator[str]:
    """Yield the words that may be corrected: not required, excluded, in a phrase or a prefix."""
    for clause in query:
        match clause:
            case Clause(Term(text, False), Occur.SHOULD):
                yield from all_terms(text)
            case Clause(Or(clauses) | And(clauses), Occur.SHOULD):
                yield from correctable_terms(clauses)


def all_terms(text: str) -> list[str]:
    """Return the single words of a text, case-folded."""
    return [word.casefold() for word in WORD.findall(text)]


def is_significant(text: str) -> bool:
    """Return True if a text has a word that is no stop word."""
    return any(word not in STOP_WORDS for word in all_terms(text))


def is_filter(node: Node) -> bool:
    """Return True for filters alone: they do not decide whether all terms are required."""
    match node:
        case FilterNode():
            return True
        case Or(clauses) | And(clauses):
            return all(is_filter(clause.node) for clause in clauses)
    return False


def filters_in(query: Expression) -> Iterator[Filter]:
    for clause in query:
        match clause.node:
            case FilterNode(limits):
                yield limits
            case Or(clauses) | And(clauses):
                yield from filters_in(clauses)


def required_nodes(query: Expression) -> tuple[list[Node], list[Node]]:
    """Return what the query requires: texts, and filters apart from them."""
    nodes = [clause.node for clause in query if clause.occur is Occur.MUST]
    return [n for n in nodes if not is_filter(n)], [n for n in nodes if is_filter(n)]


def is_single_term(query: Expression) -> bool:
    """Return True for one plain word and nothing else: every hit contains it."""
    match query:
        case (Clause(Term(text, False), Occur.SHOULD),):
            return len(all_terms(text)) == 1
    return False


def is_plain(query: Expression) -> bool:
    """Return True if the query is nothing but terms that are neither required nor excluded."""
    return all(isinstance(c.node, Term) and c.occur is Occur.SHOULD for c in query)


def is_identifier(node: Node) -> bool:
    """Return True for several words with a number among them (`sentinel-2`)."""
    if not isinstance(node, Term):
        return False
    words = WORD.findall(node.text)
    return len(words) > 1 and not all(map(str.isalpha, words))


def scoring_clauses(query: Expression) -> list[Clause]:
    """Return the clauses that rank; stop words only where there is nothing else."""
    ranking = [clause for clause in query if clause.occur is Occur.SHOULD]
    significant = [
        c for c in ranking if not isinstance(c.node, Term) or is_significant(c.node.text)
    ]
    return significant or ranking


def scoring_terms(query: Expression) -> dict[str, Node]:
    """Return the typed terms among the scoring clauses, by their text."""
    nodes = [clause.node for clause in scoring_clauses(query)]
    return {node.text: node for node in nodes if isinstance(node, Term)}


def highlight_terms(query: Expression) -> Iterator[str]:
    """Yield the texts that are searched for, so that they can be highlighted."""
    for clause in query:
        match clause:
            case Clause(_, Occur.MUST_NOT):
                continue
            case Clause(Term(text) | Phrase(text)):
                yield text
            case Clause(Or(clauses) | And(clauses)):
                yield from highlight_terms(clauses)
