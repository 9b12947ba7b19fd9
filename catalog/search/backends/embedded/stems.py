"""The words of texts and their stems, as this engine finds them."""

from collections.abc import Iterator
from functools import lru_cache

from catalog.search.backends.embedded.schema import TEXT, analyzer

# The texts of hits use the same words over and over.
_KEPT = 1 << 15


class Stems:
    """Takes texts apart for marking."""

    def __init__(self) -> None:
        self._analyzer = analyzer(TEXT)
        self.stem = lru_cache(_KEPT)(self._stem)

    def _stem(self, word: str) -> str:
        return "".join(self._analyzer.analyze(word))

    def stemmed(self, text: str) -> Iterator[tuple[str, int, int]]:
        """The forms of a text's words, each with where the word begins and ends."""
        for token in self._analyzer.pre_tokenize(text).tokens:
            yield token.text, token.char_offset_from, token.char_offset_to


STEMS = Stems()
