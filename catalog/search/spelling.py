"""How far two spellings are apart, which words may be corrected, and which correction is best."""

from collections.abc import Iterable
from functools import lru_cache

from catalog.identifiers import normalize
from catalog.search.scripts import WORD, has_unspaced

MIN_CORRECTED_LENGTH = 4
MIN_LENGTH_FOR_TWO_EDITS = 8
# Words of one query that are corrected; each is compared with hundreds of others.
MAX_CORRECTIONS = 8
# Tags, columns and names of domains come again with nearly every document.
_CACHE_SIZE = 1 << 15


def edits_allowed(word: str) -> int:
    """Return 0 under four letters or with digits, 1 up to seven letters, 2 from eight.

    Of a script without spaces only pairs of characters are indexed, which correct nothing.
    """
    if len(word) < MIN_CORRECTED_LENGTH or not word.isalpha() or has_unspaced(word):
        return 0
    return 2 if len(word) >= MIN_LENGTH_FOR_TWO_EDITS else 1


def distance(left: str, right: str, limit: int) -> int:
    """Return the edits between two words, a transposition counting as one; at most `limit` + 1.

    Optimal string alignment, row by row, given up as soon as a whole row exceeds the limit.
    """
    if abs(len(left) - len(right)) > limit:
        return limit + 1
    before: list[int] = []
    above = list(range(len(right) + 1))
    for row, letter in enumerate(left, start=1):
        current = [row]
        for column, other in enumerate(right, start=1):
            cost = min(above[column] + 1, current[-1] + 1, above[column - 1] + (letter != other))
            if row > 1 and column > 1 and left[row - 2] == other and letter == right[column - 2]:
                cost = min(cost, before[column - 2] + 1)
            current.append(cost)
        if min(current) > limit:
            return limit + 1
        before, above = above, current
    return min(above[-1], limit + 1)


def best_correction(word: str, candidates: Iterable[tuple[str, int]]) -> str | None:
    """Return the nearest of (word, readable documents) pairs; of equals the more frequent."""
    limit = edits_allowed(word)
    ranked = (
        (distance(word, other, limit), other[:1] != word[:1], -count, other)
        for other, count in candidates
        if count > 0 and other.isalpha()
    )
    best = min((rank for rank in ranked if 0 < rank[0] <= limit), default=None)
    return best[-1] if best else None


@lru_cache(_CACHE_SIZE)
def normalize_name(text: str) -> str:
    """Return a name without punctuation, as names, slugs and addresses are compared."""
    return " ".join(WORD.findall(normalize(text)))
