"""How the rank by words and the nearness in meaning become one order; pure.

Vectors have length one, so their product is the cosine.
"""

import hashlib
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Protocol

from catalog.search.document import SearchDocument

# Only this many of the best by words are reranked; the set, counts and all further pages stay.
WINDOW = 50
# The weight of the cosine, the rest is that of words (benchmarks/results.md).
SEMANTIC_WEIGHT = 0.5
MAX_TEXT_LENGTH = 4000
# Names the recipe of the embedded text; with another one every vector is computed again.
RECIPE = "name, summary, tags"


class MeaningUnavailable(Exception):
    """The model cannot be loaded, or fails; the order by words remains."""


class Embedder(Hashable, Protocol):
    """A model of sentences. Another `name` means other vectors."""

    name: str
    dimensions: int

    def vectors(self, texts: Sequence[str]) -> list[list[float]]:
        """Return one vector of length one for each text. Raises MeaningUnavailable."""


def embedded_text(document: SearchDocument) -> str:
    return f"{document.name}. {document.summary} {', '.join(document.tags)}"[:MAX_TEXT_LENGTH]


def text_digest(text: str) -> str:
    """Return a digest by which the vector of an equal text is found again."""
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A hit by words: its score, its cosine if it has a vector, and if its name was typed."""

    score: float
    cosine: float | None
    is_exact_name: bool = False


@dataclass(frozen=True, slots=True)
class RankChange:
    """The rank of a candidate by words, and whether its meaning has moved it up."""

    old_rank: int
    is_boosted: bool


def rerank(candidates: Sequence[Candidate]) -> list[RankChange]:
    """Return the new order of candidates that are given in the order by words.

    (1 - SEMANTIC_WEIGHT) * score / best score + SEMANTIC_WEIGHT * cosine; ties as by words. A hit
    whose name is the whole typed text stays first. One without a vector counts as near as the
    others on average. Boosted is what moved up and is nearer than that average.
    """
    cosines = [c.cosine for c in candidates if c.cosine is not None]
    if not cosines:
        return [RankChange(rank, is_boosted=False) for rank in range(len(candidates))]
    average = fmean(cosines)
    nearness = [average if c.cosine is None else c.cosine for c in candidates]
    best = max(c.score for c in candidates) or 1.0

    def key(rank: int) -> tuple[bool, float, int]:
        candidate = candidates[rank]
        if candidate.is_exact_name:
            return False, -candidate.score, rank
        words = (1 - SEMANTIC_WEIGHT) * candidate.score / best
        return True, -(words + SEMANTIC_WEIGHT * nearness[rank]), rank

    order = sorted(range(len(candidates)), key=key)
    return [
        RankChange(old_rank, is_boosted=rank < old_rank and nearness[old_rank] > average)
        for rank, old_rank in enumerate(order)
    ]
