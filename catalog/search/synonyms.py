"""The glossary's other spellings of a typed word or words, searched with it; pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from catalog.search.fields import SPELLING_WEIGHT
from catalog.search.query_ast import And, Clause, Expression, Occur, Or, Phrase, Term
from catalog.search.spelling import normalize_name

MOST_EXPANDED = 4

# For each term, all the ways to write it.
Spellings = tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Expansion:
    """What was typed, and the other spellings that were searched too."""

    typed: str
    others: tuple[str, ...]


def expand_synonyms(
    words: Expression, spellings: Spellings
) -> tuple[Expression, tuple[Expansion, ...]]:
    """The words with the other spellings of the terms among them, and which terms those were."""
    plain = [_open_word(clause) for clause in words]
    typed = f" {' '.join(plain)} "
    clauses = list(words)
    expansions: list[Expansion] = []
    by_beginning = _by_beginning(spellings)
    begun = {place for word in typed.split() for place in by_beginning.get(word, ())}
    for place in sorted(begun):
        known = {normalize_name(spelling): spelling for spelling in spellings[place]}
        found = next((name for name in known if name and f" {name} " in typed), None)
        others = tuple(spelling for name, spelling in known.items() if name != found)
        if found and others and len(expansions) < MOST_EXPANDED:
            clauses = _joined(clauses, found, others)
            expansions.append(Expansion(found, others))
    return tuple(clauses), tuple(expansions)


@lru_cache(maxsize=2)
def _by_beginning(spellings: Spellings) -> Mapping[str, Sequence[int]]:
    """The places of the terms by the first word of each way to write them."""
    found: dict[str, list[int]] = {}
    for place, spelled in enumerate(spellings):
        for beginning in {word for each in spelled for word in normalize_name(each).split()[:1]}:
            found.setdefault(beginning, []).append(place)
    return found


def _weight(spelling: str) -> float:
    """A phrase ranks by the sum of its words, so that a long one would outdo the word typed."""
    return SPELLING_WEIGHT / max(1, len(normalize_name(spelling).split()))


def _open_word(clause: Clause) -> str:
    """The word of a clause that any other spelling may stand for; empty for all other clauses."""
    match clause:
        case Clause(Term(text, False), Occur.SHOULD):
            return normalize_name(text)
    return ""


def _joined(clauses: list[Clause], found: str, others: Sequence[str]) -> list[Clause]:
    """One word becomes either spelling; of several words each still counts for itself."""
    alternatives = tuple(Clause(Phrase(other, _weight(other))) for other in others)
    for at, clause in enumerate(clauses):
        if _open_word(clause) == found:
            return [*clauses[:at], Clause(Or((clause, *alternatives))), *clauses[at + 1 :]]
    typed = Clause(And(tuple(Clause(Term(word)) for word in found.split())))
    return [*clauses, Clause(Or((typed, *alternatives)))]
