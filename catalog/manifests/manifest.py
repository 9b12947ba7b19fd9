"""One document of a manifest: parsed by the catalog's own readers, with what is wrong; pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Generic, Self, TypeVar

from jsonpointer import JsonPointer

from catalog.contracts.projection import ContractDocument
from catalog.exceptions import ValidationFailed
from catalog.issues import Issue, shortened
from catalog.manifests.issues import DocumentIssue, by_position
from catalog.manifests.readers import Source
from catalog.manifests.schemas import MAX_ISSUES
from catalog.manifests.source_map import Document
from catalog.products.document import ProductDocument
from catalog.products.projection import DOCUMENT_SYSTEM
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


# Texts that were read, each with the SHA-256 of its bytes.
Originals = tuple[tuple[Source, str], ...]


@dataclass(frozen=True)
class Bundle:
    """One product, or None if only its contracts were given, and its contracts.

    Of another format than ours, with the product's id there, and what its documents here lack.
    """

    product: Manifest[ProductDocument] | None
    contracts: tuple[Manifest[ContractDocument], ...]
    issues: tuple[DocumentIssue, ...]
    originals: Originals = ()
    system: str = DOCUMENT_SYSTEM
    source_id: str = ""
    losses: tuple[Issue, ...] = ()

    def with_documents(
        self, product: Manifest[ProductDocument], contracts: tuple[Manifest[ContractDocument], ...]
    ) -> Self:
        """Return the bundle with other documents, and what is wrong with them or the source."""
        issues = [issue for issue in self.issues if issue.code.startswith(f"{self.system}.")]
        issues += product.issues
        issues += [issue for contract in contracts for issue in contract.issues]
        return replace(self, product=product, contracts=contracts, issues=tuple(issues))

    @property
    def is_converted(self) -> bool:
        """Return True if its documents were made from another format."""
        return self.system != DOCUMENT_SYSTEM

    @property
    def first(self) -> Manifest[ProductDocument] | Manifest[ContractDocument]:
        return self.product or self.contracts[0]

    @property
    def identifier(self) -> str:
        return self.source_id or self.first.identifier

    @property
    def name(self) -> str:
        return shortened(str(self.first.tree.get("name") or self.identifier), 80)

    @property
    def file(self) -> str:
        return self.first.document.file

    @property
    def has_errors(self) -> bool:
        return any(issue.is_error for issue in self.issues)


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
    message = issue.message.rstrip(".")
    return document.issue(path, f"{code}.{issue.code}", message, issue.hint, issue.severity)


def _pointer(location: str) -> str:
    """Return a location as a JSON Pointer; a service may name a field instead."""
    return location.rstrip("/") if location.startswith("/") else f"/{location}" if location else ""
