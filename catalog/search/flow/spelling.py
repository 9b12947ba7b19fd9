"""Terms that no readable document contains: corrected, or searched as prefixes."""

from collections.abc import Collection, Mapping, Sequence
from itertools import islice

from catalog.search.fields import MIN_PREFIX_LENGTH
from catalog.search.flow.session import SearchSession
from catalog.search.query_ast import (
    Clause,
    Expression,
    Occur,
    Or,
    Phrase,
    Term,
    correctable_terms,
)
from catalog.search.scripts import fold
from catalog.search.spelling import MAX_CORRECTIONS, best_correction, edits_allowed
from catalog.search.stemming import STEMMER


def unmatched_terms(
    session: SearchSession, query: Expression, matched: Collection[str]
) -> dict[str, str]:
    """Return the terms that no readable document contains, each as the index would spell it."""
    words = {
        term: " ".join(STEMMER.words(fold(term)))
        for term in correctable_terms(query)
        if term not in matched
    }
    words = {term: word for term, word in words.items() if word}
    nodes = {term: Or((Clause(Phrase(word)), Clause(Term(word)))) for term, word in words.items()}
    existing = session.existing(nodes) if nodes else ()
    return {term: word for term, word in words.items() if term not in existing}


def correct_terms(session: SearchSession, unmatched: Mapping[str, str]) -> dict[str, str]:
    """Return for each term that is not found the nearest word that some readable document has."""
    correctable = ((term, word) for term, word in unmatched.items() if edits_allowed(word))
    words = dict(islice(correctable, MAX_CORRECTIONS))
    if not words:
        return {}
    candidates = session.similar_terms({word: edits_allowed(word) for word in words.values()})
    best = {term: best_correction(word, candidates[word]) for term, word in words.items()}
    return {term: correction for term, correction in best.items() if correction}


def complete_terms(
    session: SearchSession, query: Expression, unmatched: Sequence[str]
) -> Expression:
    """Return the query with unmatched terms that begin other words replaced by their prefix."""
    prefixes = {
        word: Term(word, is_prefix=True) for word in unmatched if len(word) >= MIN_PREFIX_LENGTH
    }
    existing = session.existing(prefixes) if prefixes else ()
    clauses = []
    for clause in query if existing else ():
        match clause:
            case Clause(Term(text, _), Occur.SHOULD):
                word = " ".join(STEMMER.words(fold(text)))
                clauses.append(Clause(prefixes[word]) if word in existing else clause)
            case _:
                clauses.append(clause)
    return tuple(clauses) if existing else query
