"""Small embedding models for the tests: their vectors follow from the text in an obvious way."""

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from catalog.search.semantic.reranking import MeaningUnavailable

TOPICS = (
    {"sea", "ocean", "water", "tide", "marine"},
    {"cloud", "rain", "weather", "storm"},
    {"money", "price", "ledger", "payroll"},
)


@dataclass(eq=False)
class Topics:
    """Texts of one topic are near each other, whatever their words; notes what it is asked."""

    name: str = "topics"
    dimensions: int = len(TOPICS) + 1
    requests: list[str] = field(default_factory=list)
    fails: bool = False
    seconds: float = 0.0

    def vectors(self, texts: Sequence[str]) -> list[list[float]]:
        if self.fails:
            raise MeaningUnavailable("it is broken on purpose")
        time.sleep(self.seconds)
        self.requests += texts
        return [_vector(text) for text in texts]


def _vector(text: str) -> list[float]:
    words = re.findall(r"\w+", text.casefold())
    counts = [float(sum(word in topic for word in words)) for topic in TOPICS]
    raw = [*counts, 0.1]
    length = sum(number * number for number in raw) ** 0.5
    return [number / length for number in raw]


@dataclass(eq=False)
class ConstantEmbedder:
    """Everything means the same, so the order of words must stay as it is."""

    name: str = "alike"
    dimensions: int = 2

    def vectors(self, texts: Sequence[str]) -> list[list[float]]:
        return [[0.6, 0.8] for _ in texts]
