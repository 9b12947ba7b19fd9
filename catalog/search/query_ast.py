"""What a typed query says, as a tree of clauses, and walks through it; pure."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from catalog.search.fields import STOP_WORDS
from catalog.search.filters import Filter

_WORD = re.compile(r"[^\W_]+")


class Demand(StrEnum):
    """Whether a clause ranks, must hold, or must not."""

    ANY = "any"
    MUST = "must"
    NOT = "not"


@dataclass(frozen=True, slots=True)
class Words:
    """One typed word (it may hold several terms, `sentinel-2`), or its beginning."""

    text: str
    is_prefix: bool = False


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words side by side, exactly as written; ranks by its weight."""

    text: str
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Matches:
    """A condition inside parentheses or beside an OR."""

    condition: Filter


@dataclass(frozen=True, slots=True)
class Either:
    """One of the options holds; the best of them ranks."""

    options: tuple["Clause", ...]


@dataclass(frozen=True, slots=True)
class Together:
    """All of the clauses hold."""

    clauses: "Expression"


@dataclass(frozen=True, slots=True)
class Clause:
    """A node and whether it is demanded."""

    node: "Node"
    demand: Demand = Demand.ANY


Node = Words | Phrase | Matches | Either | Together
Expression = tuple[Clause, ...]


def respelled(words: Expression, searched: Mapping[str, str]) -> Expression:
    """The expression with some words replaced, wherever they are plain words."""
    return tuple(Clause(_respelled(clause.node, searched), clause.demand) for clause in words)


def _respelled(node: Node, searched: Mapping[str, str]) -> Node:
    match node:
        case Words(text, False):
            return Words(respelled_text(text, searched))
        case Either(options):
            return Either(respelled(options, searched))
        case Together(clauses):
            return Together(respelled(clauses, searched))
    return node


def respelled_text(text: str, searched: Mapping[str, str]) -> str:
    """A text with some of its words replaced."""
    return _WORD.sub(lambda match: searched.get(match[0].casefold(), match[0]), text)


def open_words(words: Expression) -> Iterator[str]:
    """The words that may be corrected: not demanded, not shut out, no phrase, no beginning."""
    for clause in words:
        match clause:
            case Clause(Words(text, False), Demand.ANY):
                yield from words_in(text)
            case Clause(Either(clauses) | Together(clauses), Demand.ANY):
                yield from open_words(clauses)


def words_in(text: str) -> list[str]:
    """The single words of a text, in small letters."""
    return [word.casefold() for word in _WORD.findall(text)]


def tells(text: str) -> bool:
    """Whether a word says more than any text does; stop words count only where all are such."""
    return any(word.casefold() not in STOP_WORDS for word in _WORD.findall(text))


def is_filter(node: Node) -> bool:
    """Conditions alone: they narrow, and leave the words to decide on the set."""
    match node:
        case Matches():
            return True
        case Either(clauses) | Together(clauses):
            return all(is_filter(clause.node) for clause in clauses)
    return False


def demanded_in(words: Expression) -> tuple[list[Node], list[Node]]:
    """What the words demand: texts, and conditions apart from them."""
    nodes = [clause.node for clause in words if clause.demand is Demand.MUST]
    return [n for n in nodes if not is_filter(n)], [n for n in nodes if is_filter(n)]


def is_one_word(words: Expression) -> bool:
    """One plain word and nothing else: whatever is found for it holds it."""
    match words:
        case (Clause(Words(text, False), Demand.ANY),):
            return len(words_in(text)) == 1
    return False


def is_compound_code(node: Node) -> bool:
    """Several terms with a number among them (`sentinel-2`): one of them alone says nothing."""
    if not isinstance(node, Words):
        return False
    terms = _WORD.findall(node.text)
    return len(terms) > 1 and not all(map(str.isalpha, terms))


def units_of(words: Expression) -> list[Clause]:
    """The clauses that rank: stop words count only where there is nothing else."""
    ranking = [clause for clause in words if clause.demand is Demand.ANY]
    telling = [c for c in ranking if not isinstance(c.node, Words) or tells(c.node.text)]
    return telling or ranking


def positive_texts(words: Expression) -> Iterator[str]:
    """All that is looked for, so that it can be marked."""
    for clause in words:
        match clause:
            case Clause(_, Demand.NOT):
                continue
            case Clause(Words(text) | Phrase(text)):
                yield text
            case Clause(Either(clauses) | Together(clauses)):
                yield from positive_texts(clauses)
