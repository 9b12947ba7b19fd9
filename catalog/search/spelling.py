"""How far two spellings are apart, which words may be corrected, and which correction is best."""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

SHORTEST_CORRECTED = 4
SHORTEST_WITH_TWO_EDITS = 8
# So many words of one query at most; each is compared with hundreds of others.
MOST_CORRECTED = 8
_SIGNS = re.compile(r"[\W_]+")
# Tags, columns and names of domains come again with nearly every document.
_KEPT = 1 << 15


@lru_cache(_KEPT)
def normalize(text: str) -> str:
    """The form in which values are compared: case, width and spaces do not matter."""
    plain = text if text.isascii() else unicodedata.normalize("NFKC", text)
    return " ".join(plain.casefold().split())


def edits_allowed(word: str) -> int:
    """None under four letters or with digits, one up to seven letters, two from eight."""
    if len(word) < SHORTEST_CORRECTED or not word.isalpha():
        return 0
    return 2 if len(word) >= SHORTEST_WITH_TWO_EDITS else 1


def distance(left: str, right: str, limit: int) -> int:
    """Edits between two words, a transposition counting as one; `limit` + 1 where it is more.

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


def best_correction(word: str, held: Iterable[tuple[str, int]]) -> str | None:
    """The nearest of the (word, readable documents) pairs; the more frequent of equals."""
    limit = edits_allowed(word)
    ranked = (
        (distance(word, other, limit), other[:1] != word[:1], -count, other)
        for other, count in held
        if count > 0 and other.isalpha()
    )
    best = min((rank for rank in ranked if 0 < rank[0] <= limit), default=None)
    return best[-1] if best else None


def closest(word: str, options: Iterable[str]) -> str | None:
    """The option that was probably meant, where one is at most two edits away."""
    limit = 1 if len(word) < SHORTEST_CORRECTED else 2
    ranked = sorted((distance(word, option, limit), option) for option in options)
    return ranked[0][1] if ranked and ranked[0][0] <= limit else None


@lru_cache(_KEPT)
def normalize_name(text: str) -> str:
    """A name without its punctuation: how names, slugs and addresses are compared as wholes."""
    return _SIGNS.sub(" ", normalize(text)).strip()
