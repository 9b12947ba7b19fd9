"""What a hit shows: marked texts, and the reasons why it was found."""

import json
from collections.abc import Iterator
from itertools import accumulate
from typing import Any

from tantivy import Document, Query, Schema, Searcher, Snippet, SnippetGenerator

from catalog.search.fields import HIGHLIGHTED, SNIPPET_LENGTH
from catalog.search.port import Reason

WHOLE = 1_000_000
MOST_TEXTS = 5
# Texts too long to be named as a reason; their snippet is one.
_LONG = ("summary", "answers", "notes")


class Marker:
    """Marks the terms of one request in the texts of its hits."""

    def __init__(self, searcher: Searcher, schema: Schema, terms: Query) -> None:
        self._cut = SnippetGenerator.create(searcher, terms, schema, "text")
        self._whole = SnippetGenerator.create(searcher, terms, schema, "text")
        self._cut.set_max_num_chars(SNIPPET_LENGTH)
        self._whole.set_max_num_chars(WHOLE)

    def marks(self, entry: Document) -> tuple[dict[str, str], tuple[Reason, ...]]:
        """Highlights as escaped HTML with `<mark>`, and the fields that hold the words."""
        shown = shown_of(entry)
        highlights: dict[str, str] = {}
        reasons = []
        for name in HIGHLIGHTED:
            value = shown.get(name) or ""
            texts = [value] if isinstance(value, str) else value
            whole = _snippet(self._whole, "\n".join(texts))
            if found := list(_items(whole, texts)):
                part = whole if name == "name" else _snippet(self._cut, "\n".join(texts))
                highlights[name] = _html(part)
                held = () if name in _LONG else tuple(found[:MOST_TEXTS])
                reasons.append(Reason(name, held, len(found)))
        return highlights, tuple(reasons)


def shown_of(entry: Document) -> dict[str, Any]:
    """The texts of a document that a hit may show."""
    shown: dict[str, Any] = json.loads(bytes(entry.get_first("shown") or b"{}"))
    return shown


def _snippet(generator: SnippetGenerator, text: str) -> Snippet:
    entry = Document()
    entry.add_text("text", text)
    return generator.snippet_from_doc(entry)


def _html(snippet: Snippet) -> str:
    # The engine escapes the text itself, so the only tags in it are its own.
    return snippet.to_html().replace("<b>", "<mark>").replace("</b>", "</mark>")


def _items(snippet: Snippet, texts: list[str]) -> Iterator[str]:
    """The texts of a list that hold a mark; offsets are bytes."""
    ends = accumulate(len(text.encode()) + 1 for text in texts)
    starts = iter(sorted({mark.start for mark in snippet.highlighted()}))
    mark = next(starts, None)
    for text, end in zip(texts, ends, strict=True):
        is_marked = False
        while mark is not None and mark < end:
            is_marked, mark = True, next(starts, None)
        if is_marked:
            yield text
