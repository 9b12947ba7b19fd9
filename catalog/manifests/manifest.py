"""One document of a manifest: parsed by the catalog's own readers, with what is wrong; pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from jsonpointer import JsonPointer

from catalog.exceptions import ValidationFailed
from catalog.issues import Issue, shortened
from catalog.manifests.issues import DocumentIssue, by_position
from catalog.manifests.schemas import MAX_ISSUES
from catalog.manifests.source_map import Document
from catalog.types import JSONObject

Content = TypeVar("Content")


@dataclass(frozen=True)
class Manifest(Generic[Content]):
    """A document of a known kind; `content` is None if the catalog cannot read it."""

    document: Document
    issues: tuple[DocumentIssue, ...]
    content: Content | None = None

    @property
    def tree(self) -> JSONObject:
        return self.document.tree

    @property
    def identifier(self) -> str:
        return str(self.tree.get("id"))

    @property
    def source(self) -> JSONObject | Content:
        """Return what a service saves: the parsed content, so that it is parsed once."""
        return self.tree if self.content is None else self.content


def parse_manifest(
    document: Document,
    parse: Callable[[JSONObject], Content],
    schema_issues: Sequence[DocumentIssue],
    *,
    code: str,
) -> Manifest[Content]:
    """Parse a document; its issues are those of its schema, then those that only parsing finds."""
    issues = list(schema_issues)
    content = None
    try:
        content = parse(document.tree)
    except ValidationFailed as invalid:
        reported = tuple(f"{issue.location}/" for issue in issues if issue.is_error)
        issues += [
            issue_in(document, issue, code=code)
            for issue in invalid.issues[:MAX_ISSUES]
            if not f"{_pointer(issue.location)}/".startswith(reported)
        ]
    return Manifest(document, tuple(by_position(issues)), content)


def version_issue(
    document: Document, versions: Sequence[str], *, code: str, hint_for_v2: str = ""
) -> DocumentIssue | None:
    """Return what is wrong with the version that a document declares; `versions`: newest first."""
    declared = document.tree.get("apiVersion")
    if declared in versions:
        return None
    if declared is None:
        path, message = [], "apiVersion is missing"
        hint = f"Add a line `apiVersion: {versions[0]}`."
    else:
        path, message = ["apiVersion"], f"Unsupported version {shortened(str(declared), 40)}"
        is_v2 = hint_for_v2 and str(declared).lstrip("v").startswith("2.")
        hint = hint_for_v2 if is_v2 else f"Use one of {', '.join(versions)}."
    return document.issue(path, f"{code}.version", message, hint)


def issue_in(document: Document, issue: Issue, *, code: str) -> DocumentIssue:
    path = JsonPointer(_pointer(issue.location)).parts
    return document.issue(path, f"{code}.{issue.code}", issue.message.rstrip("."), issue.hint)


def _pointer(location: str) -> str:
    """Return a location as a JSON Pointer; a service may name a field instead."""
    return location.rstrip("/") if location.startswith("/") else f"/{location}" if location else ""
