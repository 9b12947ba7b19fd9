"""What a hit shows: its texts with the terms marked, and the reasons why it was found; pure.

The same for every engine, so that what is marked does not depend on which one answers.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, NamedTuple

from catalog.search.fields import HIGHLIGHTED, SNIPPET_LENGTH
from catalog.search.port import Reason
from catalog.types import JSONObject

if TYPE_CHECKING:
    from catalog.search.stemming import Stemmer

MAX_TEXTS = 5
# Texts too long to be shown whole or named as a reason; their snippet is one.
_LONG = ("summary", "answers", "notes")
# A stem is how its word begins, but for these endings, which the stemmer may have put in place of
# others: `ability` is abl, `sky` and `skies` are sky, `dying` is die, `hoping` is hope.
_CHANGED = re.compile(r"(?:(?<=b)le?|ie|[eiy])$")
_REST = re.compile(r"[0-9A-Za-z\x80-\U0010ffff]*")
_NON_ASCII = re.compile(r"[^\x00-\x7f]")

Highlights = tuple[dict[str, str], tuple[Reason, ...]]


class Span(NamedTuple):
    """From where to where a word is in a text, and its stem."""

    start: int
    end: int
    stem: str


class Highlighter:
    """Finds terms, in any form of them, in texts that are shown.

    To analyze all the texts of a page would cost more than the search itself. So only words are
    looked at that begin like a stem looked for, and words with letters beyond ASCII.
    """

    def __init__(self, analyzer: Stemmer, terms: Iterable[str]) -> None:
        self._analyzer = analyzer
        self._stems = {stem for text in terms for stem, _, _ in analyzer.stemmed(text)}
        self._prefixes = set(map(stem_prefix, self._stems))

    def spans(self, texts: Sequence[str]) -> Iterator[list[Span]]:
        """Yield for each text where the terms are in it, first to last."""
        rest = iter(self._spans("\n".join(texts)))
        span, offset = next(rest, None), 0
        for text in texts:
            end, spans = offset + len(text), []
            while span is not None and span.start < end:
                spans.append(Span(span.start - offset, span.end - offset, span.stem))
                span = next(rest, None)
            yield spans
            offset = end + 1

    def _spans(self, text: str) -> list[Span]:
        lowered = text.lower()
        if len(lowered) != len(text):
            return list(self._analyzed(text, 0, len(text)))
        spans = {span for prefix in self._prefixes for span in self._begun(text, lowered, prefix)}
        if not text.isascii():
            spans.update(self._non_ascii(text))
        return sorted(spans)

    def _begun(self, text: str, lowered: str, prefix: str) -> Iterator[Span]:
        """Yield the ASCII words with the prefix and a stem looked for."""
        start = lowered.find(prefix)
        while start >= 0:
            end = start + 1
            if not start or not _is_inner(text[start - 1]):
                end = _word_end(text, start)
                word = lowered[start:end]
                stem = self._analyzer.stem(word) if text[start:end].isascii() else ""
                if stem in self._stems:
                    yield Span(start, end, stem)
            start = lowered.find(prefix, end)

    def _non_ascii(self, text: str) -> Iterator[Span]:
        """Yield the words with letters beyond ASCII and a stem looked for."""
        end = 0
        for match in _NON_ASCII.finditer(text):
            if (start := match.start()) >= end:
                while start > end and _is_inner(text[start - 1]):
                    start -= 1
                end = _word_end(text, start)
                yield from self._analyzed(text, start, end)

    def _analyzed(self, text: str, start: int, end: int) -> Iterator[Span]:
        for stem, begin, stop in self._analyzer.stemmed(text[start:end]):
            if stem in self._stems:
                yield Span(start + begin, start + stop, stem)


def stem_prefix(stem: str) -> str:
    """Return how every word begins that has this stem."""
    return _CHANGED.sub("", stem) or stem[:1]


def _is_inner(sign: str) -> bool:
    return not sign.isascii() or sign.isalnum()


def _word_end(text: str, start: int) -> int:
    match = _REST.match(text, start)
    return match.end() if match else start


def highlight_all(highlighter: Highlighter, hits: Iterable[JSONObject]) -> list[Highlights]:
    """Return for each hit's texts the highlights, HTML escaped but for `<mark>`, and the reasons.

    The texts of all hits are looked through in one go: a call for each would cost more.
    """
    texts_of_hits = [
        {
            name: [text] if isinstance(text, str) else text
            for name in HIGHLIGHTED
            if (text := hit.get(name))
        }
        for hit in hits
    ]
    texts = [text for hit in texts_of_hits for texts in hit.values() for text in texts]
    spans = highlighter.spans(texts)
    return [_highlight(hit, spans) for hit in texts_of_hits]


def _highlight(fields: Mapping[str, Sequence[str]], spans: Iterator[list[Span]]) -> Highlights:
    highlights: dict[str, str] = {}
    reasons = []
    for name, texts in fields.items():
        # The texts come first, so that no span is taken that belongs to the next name.
        matched = [(text, inside) for text, inside in zip(texts, spans, strict=False) if inside]
        if not matched:
            continue
        mark = _snippet if name in _LONG else _mark
        first = matched[:MAX_TEXTS]
        highlights[name] = "\n".join(mark(text, inside) for text, inside in first)
        matched_texts = () if name in _LONG else tuple(text for text, _ in first)
        reasons.append(Reason(name, matched_texts, len(matched)))
    return highlights, tuple(reasons)


def _mark(text: str, spans: Sequence[Span]) -> str:
    done, parts = 0, []
    for start, end, _ in spans:
        parts += [escape(text[done:start]), "<mark>", escape(text[start:end]), "</mark>"]
        done = end
    return "".join([*parts, escape(text[done:])])


def _snippet(text: str, spans: Sequence[Span]) -> str:
    """Return the part of a long text that holds the most of the terms, marked."""
    if len(text) <= SNIPPET_LENGTH:
        return _mark(text, spans)
    windows = [_window(spans, first) for first in range(len(spans))]
    best = max(windows, key=lambda window: len({span.stem for span in window}))
    begin, stop = _context_window(text, best[0].start, best[-1].end)
    inside = [
        Span(span.start - begin, span.end - begin, span.stem)
        for span in spans
        if begin <= span.start < span.end <= stop
    ]
    return _mark(text[begin:stop], inside)


def _window(spans: Sequence[Span], first: int) -> Sequence[Span]:
    """Return the spans from the first on that fit into one snippet."""
    furthest, last = spans[first].start + SNIPPET_LENGTH, first + 1
    while last < len(spans) and spans[last].end <= furthest:
        last += 1
    return spans[first:last]


def _context_window(text: str, start: int, end: int) -> tuple[int, int]:
    """Return where a snippet begins and ends around a part of a text; at words, where it can."""
    room = max(0, SNIPPET_LENGTH - (end - start))
    begin = max(0, min(start - room // 2, len(text) - SNIPPET_LENGTH))
    if begin:
        begin = text.find(" ", begin - 1, start) + 1 or start
    stop = max(end, begin + SNIPPET_LENGTH)
    return begin, len(text) if stop >= len(text) else max(end, text.rfind(" ", end, stop))
