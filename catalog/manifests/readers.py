"""Bytes to documents: the front door of every format, closed to what is hostile or unclear.

Every limit is checked while the text is read, before anything large is built. Whatever the bytes
are, the answer is a list of documents or a ReadingError that names line, column, path and way out.
"""

from typing import Any

from catalog.manifests.csv_reader import csv_documents
from catalog.manifests.events import Misread, line_starts, place_of
from catalog.manifests.issues import DocumentIssue
from catalog.manifests.json_reader import json_events
from catalog.manifests.source_map import Document
from catalog.manifests.tree_builder import Builder
from catalog.manifests.yaml_reader import yaml_events

MAX_BYTES = 2 * 1024 * 1024


class ReadingError(Exception):
    """The bytes cannot be read as documents; `problem` says where, why, and the way out."""

    def __init__(self, problem: DocumentIssue) -> None:
        super().__init__(str(problem))
        self.problem = problem


def read_documents(content: bytes, *, name: str) -> list[Document]:
    """The documents of a YAML or JSON text, at least one. Raises ReadingError.

    YAML may hold several, parted by `---`; YAML and JSON may hold several as a list of mappings.
    """
    try:
        documents = _documents(_text_of(content), name)
        if not documents:
            raise Misread(1, 1, "empty", "there is no document in it", "Write at least one.")
    except Misread as misread:
        raise ReadingError(_problem(name, misread)) from None
    return documents


def read_json(content: bytes, *, name: str) -> Any:
    """The one JSON value of a text, of whatever kind. Raises ReadingError."""
    try:
        return Builder(name).value(json_events(_text_of(content)))
    except Misread as misread:
        raise ReadingError(_problem(name, misread)) from None


def read_table(content: bytes, *, name: str) -> list[Document]:
    """The rows of a CSV text as documents, by the fields of its first row. Raises ReadingError."""
    try:
        return list(csv_documents(_text_of(content), name))
    except Misread as misread:
        raise ReadingError(_problem(name, misread)) from None


def _documents(text: str, name: str) -> list[Document]:
    """YAML reads some JSON strings differently, so what looks like JSON is read as JSON first."""
    is_json = name.lower().endswith(".json")
    if is_json or text.lstrip()[:1] in ("{", "["):
        try:
            return Builder(name).build(json_events(text))
        except Misread as misread:
            if is_json or misread.code != "json-syntax":
                raise
    return Builder(name).build(yaml_events(text))


def _text_of(content: bytes) -> str:
    if len(content) > MAX_BYTES:
        raise Misread(
            1,
            1,
            "size",
            f"more than {MAX_BYTES:,} bytes",
            "Part it into several files: one product or contract in each.",
        )
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start]
        line, column = before.count(b"\n") + 1, error.start - before.rfind(b"\n")
        hint = "Save the file in the encoding UTF-8."
        raise Misread(line, column, "encoding", "this is not UTF-8 text", hint) from None
    if (offset := text.find("\0")) >= 0:
        line, column = place_of(line_starts(text), offset)
        raise Misread(line, column, "characters", "a NUL character", "Remove it.")
    return text


def _problem(name: str, misread: Misread) -> DocumentIssue:
    return DocumentIssue(
        file=name,
        line=misread.line,
        column=misread.column,
        location=misread.path,
        code=f"reading.{misread.code}",
        message=misread.message,
        hint=misread.hint,
    )
