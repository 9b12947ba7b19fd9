"""Words that no readable document holds, and what was probably meant by them."""

from collections.abc import Collection, Mapping, Sequence
from itertools import islice

from elasticsearch.dsl import Q

from catalog.search.backends.elasticsearch import queries
from catalog.search.backends.elasticsearch.client import RequestContext
from catalog.search.query_ast import Clause, Expression, Occur, Term, correctable_terms
from catalog.search.spelling import (
    MOST_CORRECTED,
    best_correction,
    distance,
    edits_allowed,
    normalize,
)

_MOST_CANDIDATES = 200
# A typed word is looked up however many documents hold it: those may all be hidden.
_ANY_FREQUENCY = 2_000_000_000


def unheld_words(asking: RequestContext, words: Expression, held: Collection[str]) -> list[str]:
    """The typed words that no readable document holds; some are known to be held."""
    typed = [word for word in dict.fromkeys(correctable_terms(words)) if word not in held]
    met = asking.met({word: queries.word_is_held(word) for word in typed})
    return [word for word in typed if word not in met]


def corrections_of(asking: RequestContext, unheld: Sequence[str]) -> dict[str, str]:
    """For each word that is not held, the nearest one that some readable document holds."""
    wanted = {word: edits for word in unheld if (edits := edits_allowed(word))}
    wanted = dict(islice(wanted.items(), MOST_CORRECTED))
    if not wanted:
        return {}
    near = _near_words(asking, wanted)
    others = {other for words in near.values() for other in words}
    held = asking.counts({other: Q("term", words=other) for other in others})
    corrections = {}
    for word, candidates in near.items():
        best = best_correction(word, [(other, held[other]) for other in candidates])
        if best:
            corrections[word] = best
    return corrections


def _near_words(asking: RequestContext, wanted: Mapping[str, int]) -> dict[str, list[str]]:
    """Indexed words within the allowed edits, whoever may read them."""
    asked = {
        word: {
            "text": word,
            "term": {
                "field": "words", "analyzer": "assay_words", "size": _MOST_CANDIDATES,
                "shard_size": _MOST_CANDIDATES, "max_edits": edits, "prefix_length": 0,
                "min_word_length": 1, "suggest_mode": "always", "accuracy": 0.1,
                "max_term_freq": _ANY_FREQUENCY,
                "string_distance": "damerau_levenshtein", "sort": "score",
            },
        }
        for word, edits in wanted.items()
    }  # fmt: skip
    found = asking.ask({"size": 0, "suggest": asked})["suggest"]
    return {
        word: [
            option["text"]
            for entry in found[word]
            for option in entry["options"]
            if distance(word, option["text"], edits) <= edits
        ]
        for word, edits in wanted.items()
    }


def completed(asking: RequestContext, words: Expression, unheld: Sequence[str]) -> Expression:
    """Words that nobody holds and that begin others are searched as beginnings."""
    begun = {
        word: queries.holds(Term(word, is_prefix=True))
        for word in unheld
        if len(word) >= queries.SHORTEST_BEGINNING
    }
    met = asking.met(begun)
    clauses = []
    for clause in words:
        if isinstance(clause.node, Term) and clause.demand is Occur.ANY:
            word = normalize(clause.node.text)
            clause = Clause(Term(word, is_prefix=True)) if word in met else clause
        clauses.append(clause)
    return tuple(clauses)
