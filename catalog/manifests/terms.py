"""A file of business terms: its fields, and one entry for each term; pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePath

from catalog.identifiers import normalize, slug_issues, slug_of
from catalog.issues import did_you_mean, shortened
from catalog.manifests.issues import DocumentIssue
from catalog.manifests.readers import read_csv, read_documents
from catalog.manifests.source_map import Document
from catalog.types import JSONObject, JSONValue

LISTS = ("synonyms", "acronyms")
EDITABLE = ("name", "definition", *LISTS)
KNOWN = (*EDITABLE, "slug", "domain")
_SEPARATOR = ";"


@dataclass(frozen=True, slots=True)
class TermEntry:
    """One term as a file says it; a field that is missing in `fields` stays as it is."""

    document: Document
    fields: JSONObject
    issues: tuple[DocumentIssue, ...] = ()

    @property
    def name(self) -> str:
        return _text(self.fields.get("name"))

    @property
    def domain(self) -> str:
        """Return the slug of the domain in which the term is defined; empty for the whole mesh."""
        return _text(self.fields.get("domain"))

    @property
    def slug(self) -> str:
        return _text(self.fields.get("slug")) or slug_of(self.name)

    @property
    def has_own_slug(self) -> bool:
        return bool(_text(self.fields.get("slug")))

    @property
    def key(self) -> tuple[str, str]:
        return self.domain, self.slug


def slug_is_shared(name: str, other: str) -> bool:
    """Return True if two names are different words that are transliterated alike."""
    return not (name + other).isascii() and normalize(name) != normalize(other)


def parse_terms(content: bytes, *, name: str) -> list[TermEntry]:
    """Parse a YAML, JSON or CSV file of terms. Raises ParseError.

    In CSV, several synonyms or acronyms of a cell are separated by semicolons.
    """
    if PurePath(name).suffix.lower() == ".csv":
        documents = [_with_lists(document) for document in read_csv(content, name=name)]
    else:
        documents = read_documents(content, name=name)
    entries = []
    first_lines: dict[tuple[str, str], int] = {}
    for document in documents:
        entry = TermEntry(document, document.tree, tuple(_issues(document)))
        line = first_lines.setdefault(entry.key, document.position.line)
        if line != document.position.line and not entry.issues:
            message = f"Duplicate term {entry.name}, first in line {line}"
            issue = document.issue(("name",), "terms.duplicate", message, "Keep one of the two.")
            entry = TermEntry(document, document.tree, (issue,))
        entries.append(entry)
    return entries


def _with_lists(document: Document) -> Document:
    """Return a row of CSV with the cells of several words as lists."""
    tree: JSONObject = {name: value.strip() for name, value in document.tree.items()}
    for name in LISTS:
        if name in tree:
            tree[name] = [word.strip() for word in tree[name].split(_SEPARATOR) if word.strip()]
    return Document(document.file, tree, document.position)


def _issues(document: Document) -> Iterator[DocumentIssue]:
    for key in document.tree:
        if key not in KNOWN:
            hint = did_you_mean(key, KNOWN) or f"A term has {', '.join(KNOWN)}."
            message = f"Unexpected field {shortened(key)}"
            yield document.issue((key,), "terms.unknown-field", message, hint)
    for key in ("name", "slug", "domain"):
        value = document.tree.get(key)
        if value is not None and not isinstance(value, str):
            yield document.issue((key,), "terms.text", "Must be a string", "Put it in quotes.")
    name, slug = _text(document.tree.get("name")), _text(document.tree.get("slug"))
    if not name:
        yield document.issue(("name",), "terms.name", "A term needs a name", "Name it.")
    else:
        for issue in slug_issues(slug or slug_of(name), name):
            at = "slug" if slug else "name"
            yield document.issue((at,), "terms.slug", issue.message.rstrip("."), issue.hint)


def _text(value: JSONValue) -> str:
    return value.strip() if isinstance(value, str) else ""
