"""What completes a text while it is typed, how many objects of each type there are, and what is
similar to one.
"""

from collections.abc import Sequence
from dataclasses import replace

from catalog.search.document import split_key
from catalog.search.fields import MIN_DOCUMENTS_WITH_ALL_TERMS
from catalog.search.filters import Filter
from catalog.search.flow.session import Match, SearchSession
from catalog.search.flow.spelling import correct_terms
from catalog.search.port import (
    Feature,
    SearchRequest,
    SimilarDocument,
    SuggestAnswer,
    Suggestion,
)
from catalog.search.query_ast import (
    Clause,
    FilterNode,
    Node,
    Occur,
    Or,
    TermIn,
    scoring_clauses,
)
from catalog.search.similarity import MIN_SHARED, TAG, WORD, feature_weights
from catalog.search.spelling import distance, edits_allowed, normalize_name

# A mistyped beginning is looked for among words that begin with this number of its letters.
CORRECTED_PREFIX = 2
MAX_CANDIDATES = 500


def suggest(session: SearchSession, text: str, limit: int) -> SuggestAnswer:
    """Complete the last word: to objects by their names, and to words of readable documents.

    Where no name begins so, typos in the words are corrected first.
    """
    words = normalize_name(text).split()
    if not words:
        return SuggestAnswer()
    answer = _complete(session, text, words[-1], limit)
    if answer.objects:
        return answer
    corrected = [_corrected(session, word) for word in words]
    if corrected == words:
        return answer
    answer = _complete(session, " ".join(corrected), corrected[-1], limit)
    # Asked again after the names: a word of what was hidden meanwhile is not offered.
    counts = [
        dict(session.complete("vocabulary", word, limit)).get(word, 0)
        for word in dict.fromkeys(corrected)
        if word not in words
    ]
    if not all(counts):
        return answer
    correction = Suggestion(" ".join(corrected), min(counts))
    return replace(answer, words=(correction, *answer.words)[:limit])


def _complete(session: SearchSession, text: str, last: str, limit: int) -> SuggestAnswer:
    start = " ".join(text.split()[:-1])
    # The names first: words of what is hidden in between are in neither, and those of what the
    # index still has are known by its name.
    objects = complete_names(session, text, limit)
    completions = session.complete("vocabulary", last, limit)
    return SuggestAnswer(
        objects=objects,
        words=tuple(
            Suggestion(f"{start} {word}".strip(), count)
            for word, count in completions
            if word != last
        ),
    )


def _corrected(session: SearchSession, word: str) -> str:
    """Return the word that a mistyped one, or the mistyped beginning of one, was meant to be."""
    edits = edits_allowed(word)
    if not edits or session.complete("vocabulary", word, 1):
        return word
    if correction := correct_terms(session, {word: word}).get(word):
        return correction
    begun = session.complete("vocabulary", word[:CORRECTED_PREFIX], MAX_CANDIDATES)
    lengths = range(len(word) - edits, len(word) + edits + 1)
    ranked = (
        (min(distance(word, other[:length], edits) for length in lengths), -count, other)
        for other, count in begun
    )
    return min((rank for rank in ranked if rank[0] <= edits), default=(0, 0, word))[-1]


def complete_names(session: SearchSession, text: str, limit: int) -> tuple[Suggestion, ...]:
    hits = session.find_names(text, limit) if normalize_name(text) else ()
    return tuple(Suggestion(hit.texts["name"], 1, *split_key(hit.key)) for hit in hits)


def count_by_type(
    session: SearchSession, request: SearchRequest, types: Sequence[str]
) -> dict[str, int]:
    """Return how many documents of each type a request finds, as its query is spelled."""
    query, text, filters = request.query, request.text, request.filters
    matches = {}
    for name in types:
        matches["any", name] = Match(query, text, False, filters, name)
        if len(scoring_clauses(query)) > 1:
            matches["all", name] = Match(query, text, True, filters, name)
            matches["all, unfiltered", name] = Match(query, requires_all=True, type=name)
    counts = session.count(matches)
    enough = {
        name
        for name in types
        if counts.get(("all, unfiltered", name), 0) >= MIN_DOCUMENTS_WITH_ALL_TERMS
    }
    return {name: counts["all" if name in enough else "any", name] for name in types}


def similar(
    session: SearchSession, key: str, features: Sequence[Feature], limit: int
) -> tuple[SimilarDocument, ...]:
    """Weigh the features within what is readable, and rank by the sum of those shared."""
    if not features:
        return ()
    nodes: dict[Feature, Node] = {
        feature: TermIn(feature.text, ("name_text", "lead_text"))
        if feature.type == WORD
        else FilterNode(Filter(feature.type, (feature.text,)))
        for feature in features
    }
    matches: dict[Feature | None, Match] = {
        feature: Match((Clause(node, Occur.MUST),)) for feature, node in nodes.items()
    }
    counts = session.count({**matches, None: Match()})
    weights = feature_weights({f: counts[f] for f in features}, total=counts[None])
    if not weights:
        return ()
    tags = [Clause(nodes[feature]) for feature in weights if feature.type == TAG]
    others = [Clause(nodes[feature]) for feature in weights if feature.type != TAG]
    enough = Or((*tags, Clause(Or(tuple(others), MIN_SHARED))))
    retired = Filter("is", ("retired",), is_negated=True)
    match = Match((Clause(enough, Occur.MUST),), filters=(retired,))
    ranked = {feature: (nodes[feature], float(weight)) for feature, weight in weights.items()}
    # The document itself shares all of its features, so it comes first.
    documents = session.most_similar(ranked, match, limit + 1)
    return tuple(
        SimilarDocument(*split_key(other), tuple(f for f in weights if f in shared))
        for other, shared in documents
        if other != key
    )[:limit]
