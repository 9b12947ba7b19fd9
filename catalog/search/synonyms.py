"""The glossary's other spellings of a typed word or words, searched with it; pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from catalog.search.fields import SPELLING_WEIGHT
from catalog.search.query_ast import And, Clause, Expression, Occur, Or, Phrase, Term
from catalog.search.spelling import normalize_name

MAX_EXPANSIONS = 4

# For each term, all the ways to write it.
Spellings = tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Expansion:
    """What was typed, and the other spellings that were searched too."""

    typed: str
    others: tuple[str, ...]


def expand_synonyms(
    query: Expression, spellings: Spellings
) -> tuple[Expression, tuple[Expansion, ...]]:
    """Return the query with the other spellings of its terms, and which terms those were."""
    words = [_expandable_word(clause) for clause in query]
    typed = f" {' '.join(words)} "
    clauses = list(query)
    expansions: list[Expansion] = []
    by_first_word = _by_first_word(spellings)
    candidates = {index for word in typed.split() for index in by_first_word.get(word, ())}
    for index in sorted(candidates):
        names = {normalize_name(spelling): spelling for spelling in spellings[index]}
        match = next((name for name in names if name and f" {name} " in typed), None)
        others = tuple(spelling for name, spelling in names.items() if name != match)
        if match and others and len(expansions) < MAX_EXPANSIONS:
            clauses = _add_spellings(clauses, match, others)
            expansions.append(Expansion(match, others))
    return tuple(clauses), tuple(expansions)


def other_spellings(text: str, spellings: Spellings) -> tuple[str, ...]:
    """Return the other ways to write a whole text, such as the words of an acronym."""
    typed = normalize_name(text)
    first_word = typed.partition(" ")[0]
    return tuple(
        spelling
        for index in _by_first_word(spellings).get(first_word, ())
        if typed in map(normalize_name, spellings[index])
        for spelling in spellings[index]
        if normalize_name(spelling) != typed
    )[:MAX_EXPANSIONS]


@lru_cache(maxsize=2)
def _by_first_word(spellings: Spellings) -> Mapping[str, Sequence[int]]:
    """Return the indexes of the terms by the first word of each way to write them."""
    indexes: dict[str, list[int]] = {}
    for index, names in enumerate(spellings):
        for word in {word for name in names for word in normalize_name(name).split()[:1]}:
            indexes.setdefault(word, []).append(index)
    return indexes


def _expandable_word(clause: Clause) -> str:
    """Return the word of a clause that another spelling may replace; empty for other clauses."""
    match clause:
        case Clause(Term(text, False), Occur.SHOULD):
            return normalize_name(text)
    return ""


def _add_spellings(clauses: list[Clause], typed: str, others: Sequence[str]) -> list[Clause]:
    """Let one word be either spelling; of several words each still counts for itself.

    A phrase ranks by the sum of its words, so its weight is divided among them.
    """
    sizes = {other: max(1, len(normalize_name(other).split())) for other in others}
    options = tuple(Clause(Phrase(other, SPELLING_WEIGHT / n)) for other, n in sizes.items())
    for index, clause in enumerate(clauses):
        if _expandable_word(clause) == typed:
            return [*clauses[:index], Clause(Or((clause, *options))), *clauses[index + 1 :]]
    words = Clause(And(tuple(Clause(Term(word)) for word in typed.split())))
    return [*clauses, Clause(Or((words, *options)))]
