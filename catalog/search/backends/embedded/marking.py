"""What hits show: marked texts, and the reasons why they were found."""

import re
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any

import orjson
from tantivy import Document, Searcher, SnippetGenerator

from catalog.search.backends.embedded.logic import any_of
from catalog.search.backends.embedded.questions import Questions
from catalog.search.expression import Expression
from catalog.search.fields import HIGHLIGHTED, SNIPPET_LENGTH
from catalog.search.port import Reason

MOST_TEXTS = 5
# Texts too long to be named as a reason; their snippet is one.
_LONG = ("summary", "answers", "notes")
# A stem is how its word begins, but for these endings, which the stemmer may have put in place of
# others: `ability` is abl, `sky` and `skies` are sky, `dying` is die, `hoping` is hope.
_CHANGED = re.compile(r"(?:(?<=b)le?|ie|[eiy])$")
_REST = re.compile(r"[0-9A-Za-z\x80-\U0010ffff]*")
_FOREIGN = re.compile(r"[^\x00-\x7f]")

Marks = tuple[dict[str, str], tuple[Reason, ...]]
Span = tuple[int, int]


class Marker:
    """Finds the words of an expression, in any form, in texts that are shown.

    To take all the texts of a page apart would cost more than the search itself. So only words are
    looked at that begin like a stem looked for, and words with letters beyond ASCII.
    """

    def __init__(self, searcher: Searcher, questions: Questions, words: Expression) -> None:
        self._questions = questions
        stems = questions.stems_of(words)
        self._stems = frozenset(stems)
        self._beginnings = set(map(beginning_of, stems))
        terms = any_of([questions.term("text", stem) for stem in stems])
        self._cutter = SnippetGenerator.create(searcher, terms, questions.schema, "text")
        self._cutter.set_max_num_chars(SNIPPET_LENGTH)

    def spans(self, texts: Sequence[str]) -> Iterator[list[Span]]:
        """For each text where the words stand in it, first to last."""
        left = iter(self._spans("\n".join(texts)))
        span, start = next(left, None), 0
        for text in texts:
            end, held = start + len(text), []
            while span is not None and span[0] < end:
                held.append((span[0] - start, span[1] - start))
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
                if text[at:end].isascii() and self._questions.stem(lowered[at:end]) in self._stems:
                    yield at, end
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
        for stem, begin, stop in self._questions.stemmed(text[start:end]):
            if stem in self._stems:
                yield start + begin, start + stop

    def cut(self, text: str) -> str:
        """The part of a long text that says most, marked."""
        entry = Document()
        entry.add_text("text", text)
        # The engine escapes the text itself, so the only tags in it are its own.
        cut = self._cutter.snippet_from_doc(entry).to_html()
        return cut.replace("<b>", "<mark>").replace("</b>", "</mark>")


def beginning_of(stem: str) -> str:
    """How every word begins that has this stem."""
    return _CHANGED.sub("", stem) or stem[:1]


def _is_inner(sign: str) -> bool:
    """Whether a sign may be part of a word."""
    return not sign.isascii() or sign.isalnum()


def _end_of(text: str, start: int) -> int:
    match = _REST.match(text, start)
    return match.end() if match else start


def marks_of(marker: Marker, entries: Sequence[Document]) -> list[Marks]:
    """For each document its highlights, HTML escaped but for `<mark>`, and the reasons.

    The texts of all hits are looked through in one go: a call for each would cost more.
    """
    shown = list(map(_texts_of, entries))
    spans = marker.spans([text for each in shown for texts in each.values() for text in texts])
    return [_marks(marker, each, spans) for each in shown]


def _marks(
    marker: Marker, shown: Mapping[str, Sequence[str]], spans: Iterator[list[Span]]
) -> Marks:
    highlights: dict[str, str] = {}
    reasons = []
    for name, texts in shown.items():
        # The texts come first, so that no span is taken that belongs to the next name.
        if found := [(text, held) for text, held in zip(texts, spans, strict=False) if held]:
            first = found[:MOST_TEXTS]
            is_cut = name == "summary"
            marked = [marker.cut(text) if is_cut else _html(text, held) for text, held in first]
            highlights[name] = "\n".join(marked)
            texts_held = () if name in _LONG else tuple(text for text, _ in first)
            reasons.append(Reason(name, texts_held, len(found)))
    return highlights, tuple(reasons)


def _texts_of(entry: Document) -> dict[str, list[str]]:
    """The texts of a document that a hit may show, by name, in the order of showing."""
    shown = shown_of(entry)
    named = {name: shown.get(name) or "" for name in HIGHLIGHTED}
    return {name: [it] if isinstance(it, str) else it for name, it in named.items()}


def shown_of(entry: Document) -> dict[str, Any]:
    """The texts of a document that a hit may show."""
    shown: dict[str, Any] = orjson.loads(bytes(entry.get_first("shown") or b"{}"))
    return shown


def _html(text: str, spans: Sequence[Span]) -> str:
    done, parts = 0, []
    for start, end in spans:
        parts += [escape(text[done:start]), f"<mark>{escape(text[start:end])}</mark>"]
        done = end
    return "".join([*parts, escape(text[done:])])
