"""What hits show: marked texts, and the reasons why they were found."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from html import escape
from typing import Any

from tantivy import Document, Searcher, SnippetGenerator

from catalog.search.backends.embedded.questions import Questions
from catalog.search.expression import Expression
from catalog.search.fields import HIGHLIGHTED, SNIPPET_LENGTH
from catalog.search.port import Reason

WHOLE = 1 << 30
MOST_TEXTS = 5
# Texts too long to be named as a reason; their snippet is one.
_LONG = ("summary", "answers", "notes")
# The engine marks only terms that the named field knows, so columns are marked apart.
_FIELDS = {name: "column_text" if name == "columns" else "text" for name in HIGHLIGHTED}

Marks = tuple[dict[str, str], tuple[Reason, ...]]
Span = tuple[int, int]


def marks_of(
    searcher: Searcher, questions: Questions, words: Expression, entries: Sequence[Document]
) -> list[Marks]:
    """For each document its highlights, HTML escaped but for `<mark>`, and the reasons.

    The texts of all hits are marked in one go: a call for each text would cost more than the
    search itself.
    """

    def generator(field: str, length: int) -> SnippetGenerator:
        terms = questions.marked_terms(words, field)
        made = SnippetGenerator.create(searcher, terms, questions.schema, field)
        made.set_max_num_chars(length)
        return made

    shown = list(map(_texts_of, entries))
    spans = {}
    for field in set(_FIELDS.values()):
        texts = [text for each in shown for name in each if _FIELDS[name] == field
                 for text in each[name]]  # fmt: skip
        spans[field] = _spans(generator(field, WHOLE), field, texts)
    cutter = generator("text", SNIPPET_LENGTH)
    return [_marks(each, spans, lambda text: _cut_of(cutter, text)) for each in shown]


def _marks(
    shown: Mapping[str, Sequence[str]],
    spans: Mapping[str, Iterator[list[Span]]],
    cut: Callable[[str], str],
) -> Marks:
    highlights: dict[str, str] = {}
    reasons = []
    for name, texts in shown.items():
        # The texts come first, so that no span is taken that belongs to the next name.
        pairs = zip(texts, spans[_FIELDS[name]], strict=False)
        if found := [(text, held) for text, held in pairs if held]:
            first = found[:MOST_TEXTS]
            marked = [cut(text) if name == "summary" else _html(text, at) for text, at in first]
            highlights[name] = "\n".join(marked)
            texts_held = () if name in _LONG else tuple(text for text, _ in first)
            reasons.append(Reason(name, texts_held, len(found)))
    return highlights, tuple(reasons)


def _texts_of(entry: Document) -> dict[str, list[str]]:
    """The texts of a document that a hit may show, by name, in the order of showing."""
    shown = shown_of(entry)
    named = {name: shown.get(name) or "" for name in HIGHLIGHTED}
    return {name: [it] if isinstance(it, str) else it for name, it in named.items()}


def _spans(generator: SnippetGenerator, field: str, texts: Sequence[str]) -> Iterator[list[Span]]:
    """For each text where the terms stand in it, in bytes."""
    entry = Document()
    entry.add_text(field, "\n".join(texts))
    snippet = generator.snippet_from_doc(entry)
    begin = snippet.fragment_range().start
    left = iter(sorted((begin + mark.start, begin + mark.end) for mark in snippet.highlighted()))
    mark = next(left, None)
    start = 0
    for text in texts:
        end = start + (len(text) if text.isascii() else len(text.encode()))
        held = []
        while mark is not None and mark[0] < end:
            held.append((mark[0] - start, mark[1] - start))
            mark = next(left, None)
        yield held
        start = end + 1


def _cut_of(generator: SnippetGenerator, text: str) -> str:
    """The part of a long text that says most, marked."""
    entry = Document()
    entry.add_text("text", text)
    # The engine escapes the text itself, so the only tags in it are its own.
    cut = generator.snippet_from_doc(entry).to_html()
    return cut.replace("<b>", "<mark>").replace("</b>", "</mark>")


def shown_of(entry: Document) -> dict[str, Any]:
    """The texts of a document that a hit may show."""
    shown: dict[str, Any] = json.loads(bytes(entry.get_first("shown") or b"{}"))
    return shown


def _html(text: str, marks: Sequence[Span]) -> str:
    raw, done, parts = text.encode(), 0, []
    for start, end in marks:
        parts += [escape(_text(raw[done:start])), f"<mark>{escape(_text(raw[start:end]))}</mark>"]
        done = end
    return "".join([*parts, escape(_text(raw[done:]))])


def _text(raw: bytes) -> str:
    return raw.decode(errors="replace")
