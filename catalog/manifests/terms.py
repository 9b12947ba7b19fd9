"""A file of business terms: what may stand in it, and one entry for each term; pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from catalog.identifiers import slug_of
from catalog.issues import did_you_mean, shortened
from catalog.manifests.issues import DocumentIssue
from catalog.manifests.readers import read_csv, read_documents
from catalog.manifests.source_map import Document

LISTS = ("synonyms", "acronyms")
EDITABLE = ("name", "definition", *LISTS)
KNOWN = (*EDITABLE, "domain")
_SEPARATOR = ";"


@dataclass(frozen=True, slots=True)
class TermEntry:
    """One term as a file says it; what `fields` lacks, the file leaves as it stands."""

    document: Document
    fields: dict[str, Any]
    problems: tuple[DocumentIssue, ...] = ()

    @property
    def name(self) -> str:
        """What the term is called; empty where the file does not say."""
        return _text(self.fields.get("name"))

    @property
    def domain(self) -> str:
        """The slug of the domain in which the word means this; empty for the whole mesh."""
        return _text(self.fields.get("domain"))

    @property
    def key(self) -> tuple[str, str]:
        """What makes two entries the same term."""
        return self.domain, slug_of(self.name)


def parse_terms(content: bytes, *, name: str) -> list[TermEntry]:
    """Read a YAML, JSON or CSV file of terms. Raises ParseError where it is none.

    In CSV, several synonyms or acronyms of a cell are parted by semicolons.
    """
    if PurePath(name).suffix.lower() == ".csv":
        documents = [_parted(document) for document in read_csv(content, name=name)]
    else:
        documents = read_documents(content, name=name)
    entries = []
    first: dict[tuple[str, str], int] = {}
    for document in documents:
        entry = TermEntry(document, document.tree, tuple(_problems(document)))
        line = first.setdefault(entry.key, document.position.line)
        if line != document.position.line and not entry.problems:
            said = f"{entry.name} stands in line {line} already"
            twice = document.issue(("name",), "terms.twice", said, "Keep one of the two.")
            entry = TermEntry(document, document.tree, (twice,))
        entries.append(entry)
    return entries


def _parted(document: Document) -> Document:
    tree = {
        name: _words(value) if name in LISTS else value.strip()
        for name, value in document.tree.items()
    }
    return Document(document.file, tree, document.position)


def _words(cell: str) -> list[str]:
    return [word.strip() for word in cell.split(_SEPARATOR) if word.strip()]


def _problems(document: Document) -> Iterator[DocumentIssue]:
    for key in document.tree:
        if key not in KNOWN:
            hint = did_you_mean(key, KNOWN) or f"A term has {', '.join(KNOWN)}."
            said = f"a term has no field {shortened(key)}"
            yield document.issue((key,), "terms.unknown-field", said, hint)
    for key in ("name", "domain"):
        value = document.tree.get(key)
        if value is not None and not isinstance(value, str):
            said, hint = f"the {key} is no text", "Put it between quotes."
            yield document.issue((key,), "terms.text", said, hint)
    if not slug_of(_text(document.tree.get("name"))):
        said = "a term needs a name with a letter or a digit of the Latin script"
        yield document.issue(("name",), "terms.name", said, "Name it.")


def _text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""
