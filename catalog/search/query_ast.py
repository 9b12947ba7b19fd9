"""What a typed query says, as a tree of clauses, and walks through it; pure."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from catalog.search.fields import STOP_WORDS
from catalog.search.filters import Filter

_WORD = re.compile(r"[^\W_]+")


class Occur(StrEnum):
    """Whether a clause ranks, must hold, or must not."""

    ANY = "any"
    MUST = "must"
    NOT = "not"


@dataclass(frozen=True, slots=True)
class Term:
    """One typed word (it may hold several terms, `sentinel-2`), or its beginning."""

    text: str
    is_prefix: bool = False


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words side by side, exactly as written; ranks by its weight."""

    text: str
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class FilterNode:
    """A condition inside parentheses or beside an OR."""

    condition: Filter


@dataclass(frozen=True, slots=True)
class Or:
    """One of the options holds; the best of them ranks."""

    options: tuple["Clause", ...]


@dataclass(frozen=True, slots=True)
class And:
    """All of the clauses hold."""

    clauses: "Expression"


@dataclass(frozen=True, slots=True)
class Clause:
    """A node and whether it is demanded."""

    node: "Node"
    demand: Occur = Occur.ANY


Node = Term | Phrase | FilterNode | Or | And
Expression = tuple[Clause, ...]


def replace_terms(words: Expression, searched: Mapping[str, str]) -> Expression:
    """The expression with some words replaced, wherever they are plain words."""
    return tuple(Clause(_respelled(clause.node, searched), clause.demand) for clause in words)


def _respelled(node: Node, searched: Mapping[str, str]) -> Node:
    match node:
        case Term(text, False):
            return Term(replace_in_text(text, searched))
        case Or(options):
            return Or(replace_terms(options, searched))
        case And(clauses):
            return And(replace_terms(clauses, searched))
    return node


def replace_in_text(text: str, searched: Mapping[str, str]) -> str:
    """A text with some of its words replaced."""
    return _WORD.sub(lambda match: searched.get(match[0].casefold(), match[0]), text)


def correctable_terms(words: Expression) -> Iterator[str]:
    """The words that may be corrected: not demanded, not shut out, no phrase, no beginning."""
    for clause in words:
        match clause:
            case Clause(Term(text, False), Occur.ANY):
                yield from all_terms(text)
            case Clause(Or(clauses) | And(clauses), Occur.ANY):
                yield from correctable_terms(clauses)


def all_terms(text: str) -> list[str]:
    """The single words of a text, in small letters."""
    return [word.casefold() for word in _WORD.findall(text)]


def is_significant(text: str) -> bool:
    """Whether a word says more than any text does; stop words count only where all are such."""
    return any(word.casefold() not in STOP_WORDS for word in _WORD.findall(text))


def is_filter(node: Node) -> bool:
    """Conditions alone: they narrow, and leave the words to decide on the set."""
    match node:
        case FilterNode():
            return True
        case Or(clauses) | And(clauses):
            return all(is_filter(clause.node) for clause in clauses)
    return False


def required_nodes(words: Expression) -> tuple[list[Node], list[Node]]:
    """What the words demand: texts, and conditions apart from them."""
    nodes = [clause.node for clause in words if clause.demand is Occur.MUST]
    return [n for n in nodes if not is_filter(n)], [n for n in nodes if is_filter(n)]


def is_single_term(words: Expression) -> bool:
    """One plain word and nothing else: whatever is found for it holds it."""
    match words:
        case (Clause(Term(text, False), Occur.ANY),):
            return len(all_terms(text)) == 1
    return False


def is_identifier(node: Node) -> bool:
    """Several terms with a number among them (`sentinel-2`): one of them alone says nothing."""
    if not isinstance(node, Term):
        return False
    terms = _WORD.findall(node.text)
    return len(terms) > 1 and not all(map(str.isalpha, terms))


def scoring_clauses(words: Expression) -> list[Clause]:
    """The clauses that rank: stop words count only where there is nothing else."""
    ranking = [clause for clause in words if clause.demand is Occur.ANY]
    telling = [c for c in ranking if not isinstance(c.node, Term) or is_significant(c.node.text)]
    return telling or ranking


def highlight_terms(words: Expression) -> Iterator[str]:
    """All that is looked for, so that it can be marked."""
    for clause in words:
        match clause:
            case Clause(_, Occur.NOT):
                continue
            case Clause(Term(text) | Phrase(text)):
                yield text
            case Clause(Or(clauses) | And(clauses)):
                yield from highlight_terms(clauses)
