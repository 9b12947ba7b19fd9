"""How a text is split into words, and a word reduced to its stem: in the embedded engine, and in
the highlights of every engine.
"""

from collections.abc import Iterator
from functools import lru_cache

import tantivy
from tantivy import Filter, TextAnalyzer, Tokenizer

from catalog.search.fields import MAX_TERM_LENGTH, STOP_WORDS

TEXT, WORDS = "assay_text", "assay_words"

# The texts of hits use the same words over and over.
_CACHE_SIZE = 1 << 15


def analyzer(name: str) -> TextAnalyzer:
    """Return the analyzer of ranked text (stop words, stems), or that of unchanged words."""
    builder = tantivy.TextAnalyzerBuilder(Tokenizer.simple())
    for step in (Filter.remove_long(MAX_TERM_LENGTH), Filter.lowercase(), Filter.ascii_fold()):
        builder = builder.filter(step)
    if name == TEXT:
        builder = builder.filter(Filter.custom_stopword(list(STOP_WORDS)))
        builder = builder.filter(Filter.stemmer("english"))
    return builder.build()


class Stemmer:
    """Splits texts into words, and reduces words to stems."""

    def __init__(self) -> None:
        self._analyzer, self._words = analyzer(TEXT), analyzer(WORDS)
        self.stem = lru_cache(_CACHE_SIZE)(self._stem)

    def words(self, text: str) -> list[str]:
        """Return the words of a text, lower case and without accents."""
        return self._words.analyze(text)

    def _stem(self, word: str) -> str:
        return "".join(self._analyzer.analyze(word))

    def stemmed(self, text: str) -> Iterator[tuple[str, int, int]]:
        """Yield the stems of a text's words, each with where the word begins and ends."""
        for token in self._analyzer.pre_tokenize(text).tokens:
            yield token.text, token.char_offset_from, token.char_offset_to


STEMMER = Stemmer()
