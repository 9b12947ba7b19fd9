"""What a hit shows: marked texts, and the reasons why it was found."""

import json
from collections.abc import Iterator
from html import escape
from typing import Any

from tantivy import Document, Searcher, SnippetGenerator

from catalog.search.backends.embedded.questions import Questions
from catalog.search.expression import Expression
from catalog.search.fields import HIGHLIGHTED, SNIPPET_LENGTH
from catalog.search.port import Reason

WHOLE = 1_000_000
MOST_TEXTS = 5
# Texts too long to be named as a reason; their snippet is one.
_LONG = ("summary", "answers", "notes")


class Marker:
    """Marks the terms of one request in the texts of its hits.

    The engine marks only terms that the named field knows, so columns have a generator of theirs.
    """

    def __init__(self, searcher: Searcher, questions: Questions, words: Expression) -> None:
        def generator(field: str, length: int) -> SnippetGenerator:
            terms = questions.marked_terms(words, field)
            made = SnippetGenerator.create(searcher, terms, questions.schema, field)
            made.set_max_num_chars(length)
            return made

        self._cut = generator("text", SNIPPET_LENGTH)
        self._whole = {field: generator(field, WHOLE) for field in ("text", "column_text")}

    def marks(self, entry: Document) -> tuple[dict[str, str], tuple[Reason, ...]]:
        """Highlights as escaped HTML with `<mark>`, and the fields that hold the words."""
        shown = shown_of(entry)
        highlights: dict[str, str] = {}
        reasons = []
        for name in HIGHLIGHTED:
            value = shown.get(name) or ""
            texts = [value] if isinstance(value, str) else value
            field = "column_text" if name == "columns" else "text"
            if found := list(_items(self._marked(field, texts), texts)):
                first = found[:MOST_TEXTS]
                highlights[name] = "\n".join(marked for _, marked in first)
                if name == "summary":
                    highlights[name] = self._cut_of(texts[0])
                held = () if name in _LONG else tuple(text for text, _ in first)
                reasons.append(Reason(name, held, len(found)))
        return highlights, tuple(reasons)

    def _marked(self, field: str, texts: list[str]) -> list[tuple[int, int]]:
        """Where the terms stand in the texts joined by line ends, in bytes."""
        entry = Document()
        entry.add_text(field, "\n".join(texts))
        snippet = self._whole[field].snippet_from_doc(entry)
        start = snippet.fragment_range().start
        return sorted((start + r.start, start + r.end) for r in snippet.highlighted())

    def _cut_of(self, text: str) -> str:
        """The part of a long text that says most, marked."""
        entry = Document()
        entry.add_text("text", text)
        # The engine escapes the text itself, so the only tags in it are its own.
        cut = self._cut.snippet_from_doc(entry).to_html()
        return cut.replace("<b>", "<mark>").replace("</b>", "</mark>")


def shown_of(entry: Document) -> dict[str, Any]:
    """The texts of a document that a hit may show."""
    shown: dict[str, Any] = json.loads(bytes(entry.get_first("shown") or b"{}"))
    return shown


def _items(marks: list[tuple[int, int]], texts: list[str]) -> Iterator[tuple[str, str]]:
    """The texts that hold a mark, each also as HTML."""
    left = iter(marks)
    mark = next(left, None)
    start = 0
    for text in texts:
        end = start + len(text.encode())
        held = []
        while mark is not None and mark[0] < end:
            held.append((mark[0] - start, mark[1] - start))
            mark = next(left, None)
        if held:
            yield text, _html(text, held)
        start = end + 1


def _html(text: str, marks: list[tuple[int, int]]) -> str:
    raw, done, parts = text.encode(), 0, []
    for start, end in marks:
        parts += [escape(_text(raw[done:start])), f"<mark>{escape(_text(raw[start:end]))}</mark>"]
        done = end
    return "".join([*parts, escape(_text(raw[done:]))])


def _text(raw: bytes) -> str:
    return raw.decode(errors="replace")
