"""What a hit shows: its texts with the terms marked, and the reasons why it was found; pure.

The same for every engine, so that what is marked does not depend on which one answers.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from html import escape
from typing import TYPE_CHECKING, NamedTuple

from catalog.identifiers import is_address
from catalog.search.fields import HIGHLIGHTED, SNIPPET_LENGTH
from catalog.search.port import Reason
from catalog.search.scripts import fold, unspaced_runs, without_runs
from catalog.search.spelling import normalize_name
from catalog.types import JSONObject

if TYPE_CHECKING:
    from catalog.search.stemming import Stemmer

MAX_TEXTS = 5
# Of what is said of a column, next to its name.
NOTE_LENGTH = 80
# Texts too long to be shown whole or named as a reason; their snippet is one.
_LONG = ("summary", "answers", "notes")
# A stem is how its word begins, but for these endings, which the stemmer may have put in place of
# others: `ability` is abl, `sky` and `skies` are sky, `dying` is die, `hoping` is hope.
_CHANGED = re.compile(r"(?:(?<=b)le?|ie|[eiy])$")
_REST = re.compile(r"[0-9A-Za-z\x80-\U0010ffff]*")
_NON_ASCII = re.compile(r"[^\x00-\x7f]")

# A text and where the terms are in it.
Match = tuple[str, Sequence["Span"]]
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

    def __init__(self, analyzer: Stemmer, terms: Iterable[str], query_text: str = "") -> None:
        self._analyzer = analyzer
        texts = list(terms)
        # What was typed, as names are compared: a name may equal all of it, or a term.
        self.names = {normalize_name(text) for text in (query_text, *texts)}
        words = [without_runs(fold(text)) for text in texts]
        self._stems = {stem for text in words for stem, _, _ in analyzer.stemmed(text)}
        runs = {run for text in texts for run in unspaced_runs(text)}
        self._runs = [re.compile(re.escape(run)) for run in sorted(runs, key=len, reverse=True)]
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
            spans = set(self._analyzed(text, 0, len(text)))
        else:
            spans = {
                span for prefix in self._prefixes for span in self._begun(text, lowered, prefix)
            }
            if not text.isascii():
                spans.update(self._non_ascii(text))
        if not self._runs:
            return sorted(spans)
        for run in self._runs:
            spans.update(Span(*match.span(), run.pattern) for match in run.finditer(text))
        return list(_without_overlaps(sorted(spans)))

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
                word = text[start:end]
                if (folded := fold(word)) == word:
                    yield from self._analyzed(text, start, end)
                elif (stem := self._analyzer.stem(folded)) in self._stems:
                    yield Span(start, end, stem)

    def _analyzed(self, text: str, start: int, end: int) -> Iterator[Span]:
        for stem, begin, stop in self._analyzer.stemmed(text[start:end]):
            if stem in self._stems:
                yield Span(start + begin, start + stop, stem)


def _without_overlaps(spans: Iterable[Span]) -> Iterator[Span]:
    """Yield spans in order, of those that overlap the first."""
    end = 0
    for span in spans:
        if span.start >= end:
            yield span
            end = span.end


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
    return [_highlight(hit, spans, highlighter.names) for hit in texts_of_hits]


def _highlight(
    fields: Mapping[str, Sequence[str]], spans: Iterator[list[Span]], names: Set[str]
) -> Highlights:
    highlights: dict[str, str] = {}
    reasons = []
    matches: dict[str, list[Match]] = {}
    for name, texts in fields.items():
        # The texts come first, so that no span is taken that belongs to the next name.
        pairs = zip(texts, spans, strict=False)
        matches[name] = [(text, inside) for text, inside in pairs if inside]
    matches["aliases"] = [*_whole_addresses(matches.get("aliases", ()), names)]
    columns, total = _matched_columns(
        matches.get("columns", ()), matches.pop("column_notes", ()), names
    )
    for name, matched in matches.items():
        if name == "columns" and columns:
            highlights[name] = "\n".join(columns.values())
            reasons.append(Reason(name, tuple(columns), total))
        if name == "columns" or not matched:
            continue
        mark = _snippet if name in _LONG else _mark
        first = matched[:MAX_TEXTS]
        highlights[name] = "\n".join(mark(text, inside) for text, inside in first)
        matched_texts = () if name in _LONG else tuple(text for text, _ in first)
        reasons.append(Reason(name, matched_texts, len(matched)))
    return highlights, tuple(reasons)


def _whole_addresses(matched: Iterable[Match], names: Set[str]) -> Iterator[Match]:
    """Yield the aliases that match; an address only as a whole."""
    for text, spans in matched:
        if not is_address(text):
            yield text, spans
        elif normalize_name(text) in names:
            yield text, [Span(0, len(text), text)]


def _matched_columns(
    names_matched: Iterable[Match], notes_matched: Iterable[Match], names: Set[str]
) -> tuple[dict[str, str], int]:
    """Return the first columns that match as HTML by path, and how many there are.

    Exact names come first, then names that contain a term, then what is said of a column.
    """
    columns = dict(names_matched)
    notes = {line.partition("\t")[0]: (line, spans) for line, spans in notes_matched}

    def rank(path: str) -> int:
        is_exact = {normalize_name(path), normalize_name(path.rpartition(".")[2])} & names
        return 0 if is_exact else 1

    first: dict[str, str] = {}
    for path in sorted(columns, key=rank)[:MAX_TEXTS]:
        first[path] = _mark(path, columns[path])
    others = 0
    for path, (line, spans) in notes.items():
        start = len(path) + 1
        inside = [Span(s.start - start, s.end - start, s.stem) for s in spans if s.start >= start]
        if inside and path not in columns:
            others += 1
            if len(first) < MAX_TEXTS:
                note = _snippet(line[start:], inside, NOTE_LENGTH)
                first[path] = f"{escape(path)} – {note}"
    return first, len(columns) + others


def _mark(text: str, spans: Sequence[Span]) -> str:
    done, parts = 0, []
    for start, end, _ in spans:
        parts += [escape(text[done:start]), "<mark>", escape(text[start:end]), "</mark>"]
        done = end
    return "".join([*parts, escape(text[done:])])


def _snippet(text: str, spans: Sequence[Span], length: int = SNIPPET_LENGTH) -> str:
    """Return the part of a long text that holds the most of the terms, marked."""
    if len(text) <= length:
        return _mark(text, spans)
    windows = [_window(spans, first, length) for first in range(len(spans))]
    best = max(windows, key=lambda window: len({span.stem for span in window}))
    begin, stop = _context_window(text, best[0].start, best[-1].end, length)
    inside = [
        Span(span.start - begin, span.end - begin, span.stem)
        for span in spans
        if begin <= span.start < span.end <= stop
    ]
    return _mark(text[begin:stop], inside)


def _window(spans: Sequence[Span], first: int, length: int) -> Sequence[Span]:
    """Return the spans from the first on that fit into one snippet."""
    furthest, last = spans[first].start + length, first + 1
    while last < len(spans) and spans[last].end <= furthest:
        last += 1
    return spans[first:last]


def _context_window(text: str, start: int, end: int, length: int) -> tuple[int, int]:
    """Return where a snippet begins and ends around a part of a text; at words, where it can."""
    room = max(0, length - (end - start))
    begin = max(0, min(start - room // 2, len(text) - length))
    if begin:
        begin = text.find(" ", begin - 1, start) + 1 or start
    stop = max(end, begin + length)
    return begin, len(text) if stop >= len(text) else max(end, text.rfind(" ", end, stop))
