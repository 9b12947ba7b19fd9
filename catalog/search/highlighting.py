"""What a hit shows: its texts with the words marked, and the reasons why it was found; pure.

The same for every engine, so that what is marked does not depend on which one answers.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from typing import Any, Protocol

from catalog.search.fields import HIGHLIGHTED, SNIPPET_LENGTH
from catalog.search.port import Reason

MOST_TEXTS = 5
# Texts too long to be shown whole or named as a reason; their snippet is one.
_LONG = ("summary", "answers", "notes")
# A stem is how its word begins, but for these endings, which the stemmer may have put in place of
# others: `ability` is abl, `sky` and `skies` are sky, `dying` is die, `hoping` is hope.
_CHANGED = re.compile(r"(?:(?<=b)le?|ie|[eiy])$")
_REST = re.compile(r"[0-9A-Za-z\x80-\U0010ffff]*")
_FOREIGN = re.compile(r"[^\x00-\x7f]")

Highlights = tuple[dict[str, str], tuple[Reason, ...]]
# From where to where a word stands, and its stem.
Span = tuple[int, int, str]


class Analyzer(Protocol):
    """How texts are taken apart into words, and words brought into one form (stems)."""

    def stem(self, word: str) -> str:
        """The form of a single word in small letters; empty for a stop word."""

    def stemmed(self, text: str) -> Iterator[tuple[str, int, int]]:
        """The forms of a text's words, each with where the word begins and ends."""


class Highlighter:
    """Finds words, in any form of them, in texts that are shown.

    To take all the texts of a page apart would cost more than the search itself. So only words are
    looked at that begin like a stem looked for, and words with letters beyond ASCII.
    """

    def __init__(self, analysis: Analyzer, wanted: Iterable[str]) -> None:
        self._analysis = analysis
        self._stems = {stem for text in wanted for stem, _, _ in analysis.stemmed(text)}
        self._beginnings = set(map(beginning_of, self._stems))

    def spans(self, texts: Sequence[str]) -> Iterator[list[Span]]:
        """For each text where the words stand in it, first to last."""
        left = iter(self._spans("\n".join(texts)))
        span, start = next(left, None), 0
        for text in texts:
            end, held = start + len(text), []
            while span is not None and span[0] < end:
                held.append((span[0] - start, span[1] - start, span[2]))
                span = next(left, None)
            yield held
            start = end + 1

    def _spans(self, text: str) -> list[Span]:
        lowered = text.lower()
        if len(lowered) != len(text):
            return list(self._stemmed(text, 0, len(text)))
        found = {span for begin in self._beginnings for span in self._begun(text, lowered, begin)}
        if not text.isascii():
            found.update(self._foreign(text))
        return sorted(found)

    def _begun(self, text: str, lowered: str, beginning: str) -> Iterator[Span]:
        """The words of ASCII alone that begin so and have a stem looked for."""
        at = lowered.find(beginning)
        while at >= 0:
            end = at + 1
            if not at or not _is_inner(text[at - 1]):
                end = _end_of(text, at)
                stem = self._analysis.stem(lowered[at:end]) if text[at:end].isascii() else ""
                if stem in self._stems:
                    yield at, end, stem
            at = lowered.find(beginning, end)

    def _foreign(self, text: str) -> Iterator[Span]:
        """The words with letters beyond ASCII that have a stem looked for."""
        done = 0
        for match in _FOREIGN.finditer(text):
            if (at := match.start()) >= done:
                while at > done and _is_inner(text[at - 1]):
                    at -= 1
                done = _end_of(text, at)
                yield from self._stemmed(text, at, done)

    def _stemmed(self, text: str, start: int, end: int) -> Iterator[Span]:
        for stem, begin, stop in self._analysis.stemmed(text[start:end]):
            if stem in self._stems:
                yield start + begin, start + stop, stem


def beginning_of(stem: str) -> str:
    """How every word begins that has this stem."""
    return _CHANGED.sub("", stem) or stem[:1]


def _is_inner(sign: str) -> bool:
    """Whether a sign may be part of a word."""
    return not sign.isascii() or sign.isalnum()


def _end_of(text: str, start: int) -> int:
    match = _REST.match(text, start)
    return match.end() if match else start


def highlight_all(marker: Highlighter, shown: Iterable[Mapping[str, Any]]) -> list[Highlights]:
    """For the texts of each hit its highlights, HTML escaped but for `<mark>`, and the reasons.

    The texts of all hits are looked through in one go: a call for each would cost more.
    """
    listed = list(map(_listed, shown))
    spans = marker.spans([text for each in listed for texts in each.values() for text in texts])
    return [_marks(each, spans) for each in listed]


def _listed(shown: Mapping[str, Any]) -> dict[str, Sequence[str]]:
    """The texts that are there, by name, in the order of showing."""
    there = {name: text for name in HIGHLIGHTED if (text := shown.get(name))}
    return {name: [text] if isinstance(text, str) else text for name, text in there.items()}


def _marks(shown: Mapping[str, Sequence[str]], spans: Iterator[list[Span]]) -> Highlights:
    highlights: dict[str, str] = {}
    reasons = []
    for name, texts in shown.items():
        # The texts come first, so that no span is taken that belongs to the next name.
        if found := [(text, held) for text, held in zip(texts, spans, strict=False) if held]:
            first = found[:MOST_TEXTS]
            marked = _cut if name in _LONG else _marked
            highlights[name] = "\n".join(marked(text, held) for text, held in first)
            texts_held = () if name in _LONG else tuple(text for text, _ in first)
            reasons.append(Reason(name, texts_held, len(found)))
    return highlights, tuple(reasons)


def _marked(text: str, spans: Sequence[Span]) -> str:
    done, parts = 0, []
    for start, end, _ in spans:
        parts += [escape(text[done:start]), "<mark>", escape(text[start:end]), "</mark>"]
        done = end
    return "".join([*parts, escape(text[done:])])


def _cut(text: str, spans: Sequence[Span]) -> str:
    """The part of a long text that holds the most of the words, marked."""
    if len(text) <= SNIPPET_LENGTH:
        return _marked(text, spans)
    windows = [_window(spans, first) for first in range(len(spans))]
    most = max(windows, key=lambda window: len({stem for _, _, stem in window}))
    begin, stop = _around(text, most[0][0], most[-1][1])
    held = [(at - begin, end - begin, stem) for at, end, stem in spans if begin <= at < end <= stop]
    return _marked(text[begin:stop], held)


def _window(spans: Sequence[Span], first: int) -> Sequence[Span]:
    """The spans from the first on that one snippet can hold."""
    furthest, last = spans[first][0] + SNIPPET_LENGTH, first + 1
    while last < len(spans) and spans[last][1] <= furthest:
        last += 1
    return spans[first:last]


def _around(text: str, start: int, end: int) -> tuple[int, int]:
    """Where a snippet begins and ends that holds a part of a text; at words, where it can."""
    room = max(0, SNIPPET_LENGTH - (end - start))
    begin = max(0, min(start - room // 2, len(text) - SNIPPET_LENGTH))
    if begin:
        begin = text.find(" ", begin - 1, start) + 1 or start
    stop = max(end, begin + SNIPPET_LENGTH)
    return begin, len(text) if stop >= len(text) else max(end, text.rfind(" ", end, stop))
