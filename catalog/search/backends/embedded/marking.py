"""What a hit shows: marked texts, and the reasons why it was found."""

import json
from collections.abc import Iterator, Mapping
from itertools import accumulate

from tantivy import Document, Query, Schema, Searcher, Snippet, SnippetGenerator

from catalog.search.fields import HIGHLIGHTED, SNIPPET_LENGTH
from catalog.search.port import Reason

WHOLE = 1_000_000
MOST_TEXTS = 5


class Marker:
    """Marks the terms of one request in the texts of its hits."""

    def __init__(self, searcher: Searcher, schema: Schema, terms: Query) -> None:
        self._cut = SnippetGenerator.create(searcher, terms, schema, "text")
        self._whole = SnippetGenerator.create(searcher, terms, schema, "text")
        self._cut.set_max_num_chars(SNIPPET_LENGTH)
        self._whole.set_max_num_chars(WHOLE)

    def marks(self, entry: Document) -> tuple[dict[str, str], tuple[Reason, ...]]:
        """Highlights as escaped HTML with `<mark>`, and the fields that hold the words."""
        shown: Mapping[str, str | list[str]] = json.loads(bytes(entry.get_first("shown") or b"{}"))
        highlights: dict[str, str] = {}
        reasons = []
        for name in HIGHLIGHTED:
            value = shown.get(name) or ""
            if isinstance(value, str):
                generator = self._whole if name == "name" else self._cut
                snippet = _snippet(generator, value)
                found = [snippet.fragment()] if snippet.highlighted() else []
            else:
                snippet = _snippet(self._whole, "\n".join(value))
                found = list(_items(snippet, value))
            if found:
                highlights[name] = _html(_snippet(self._cut, "\n".join(value)) if isinstance(value, list) else snippet)
                reasons.append(Reason(name, tuple(found[:MOST_TEXTS]), len(found)))
        return highlights, tuple(reasons)


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
