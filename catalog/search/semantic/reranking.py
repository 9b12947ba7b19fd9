"""Ranking by meaning beside words: what of a document is embedded, and how both ranks become one.

Pure: an `Embedder` is given. Vectors have length one, so their product is the cosine.
"""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Protocol

from catalog.search.document import SearchDocument

# Only so many of the best by words are ranked anew; set, counts and all further pages stay.
WINDOW = 50
# The share of meaning in the rank, of words the rest (benchmarks/results.md).
SHARE = 0.5
LONGEST_TEXT = 4000
# Names the recipe of the text; another one makes every vector anew.
RECIPE = "name, summary, tags"


class MeaningUnavailable(Exception):
    """The model cannot be loaded, or fails; words alone must do."""


class Embedder(Hashable, Protocol):
    """A model of meaning. Another `name` means other vectors."""

    name: str
    dimensions: int

    def vectors(self, texts: Sequence[str]) -> list[list[float]]:
        """One vector of length one for each text. Raises MeaningUnavailable."""


def text_of(document: SearchDocument) -> str:
    """What of a document is embedded: what it is called, what it is for, and its tags."""
    return f"{document.name}. {document.summary} {', '.join(document.tags)}"[:LONGEST_TEXT]


def digest_of(text: str) -> str:
    """Equal for equal texts: their vector need not be made again."""
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Candidate:
    """One of the best by words: its rank by them, its cosine, and whether it is so called."""

    score: float
    nearness: float | None
    is_called: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """Where a candidate stood by words, and whether nearness of meaning brought it further up."""

    before: int
    is_lifted: bool


def ranked_anew(candidates: Sequence[Candidate]) -> list[Place]:
    """The order of the best by words once meaning counts, given in the order of words.

    (1 - SHARE) x score / best score + SHARE x cosine; ties as by words. What bears the whole
    typed text as its name stays first. One without a vector counts as near as the others on
    average. Lifted is what rose and is nearer than that.
    """
    known = [one.nearness for one in candidates if one.nearness is not None]
    if not known:
        return [Place(at, is_lifted=False) for at in range(len(candidates))]
    usual = fmean(known)
    near = [usual if one.nearness is None else one.nearness for one in candidates]
    best = max(one.score for one in candidates) or 1.0

    def key(at: int) -> tuple[bool, float, int]:
        one = candidates[at]
        if one.is_called:
            return False, -one.score, at
        return True, -((1 - SHARE) * one.score / best + SHARE * near[at]), at

    order = sorted(range(len(candidates)), key=key)
    return [
        Place(before, is_lifted=now < before and near[before] > usual)
        for now, before in enumerate(order)
    ]
