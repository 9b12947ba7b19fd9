"""Checks the documents of request bodies by the rules for files."""

import re
from collections.abc import Callable
from typing import TypeVar

from catalog.contracts.projection import ContractDocument
from catalog.exceptions import ValidationFailed
from catalog.issues import Issue
from catalog.manifests.issues import DocumentIssue
from catalog.manifests.manifest import Manifest
from catalog.manifests.source_map import Document, SourcePosition
from catalog.products.document import ProductDocument
from catalog.types import JSONObject, JSONValue

UNKNOWN = ".unknown-field"
REQUIRED = ".required"
Content = TypeVar("Content", ProductDocument, ContractDocument)


def parse_body_document(
    parse: Callable[[Document], Manifest[Content]],
    tree: JSONValue,
    *,
    before: JSONObject | None = None,
) -> Content | JSONObject:
    """Return the parsed document, or its tree if only the service can say what is wrong with it.

    Unknown fields and missing members of servers are warnings in a file, errors in a request. A
    document that was imported with issues stays editable: issues that it had `before` are none.
    Raises ValidationFailed with the others.
    """
    if not isinstance(tree, dict):
        raise ValidationFailed([Issue(location="/", message="A document is an object.")])
    manifest = _read(parse, tree)
    refused = _refused(manifest)
    known = _refused(_read(parse, before)) if refused and before else ()
    had = {(issue.location, issue.code) for issue in known}
    issues = []
    for issue in refused:
        if (issue.location, issue.code) in had:
            continue
        # What follows is about files: how they are read all the same.
        text = issue.message if issue.is_error else re.split(r"; | \(by v", issue.message)[0]
        message = f"{text[:1].upper()}{text[1:]}."
        location = issue.location or "/"
        issues.append(Issue(location=location, message=message, hint=issue.hint, code=issue.code))
    if issues:
        raise ValidationFailed(issues)
    return manifest.source


def _read(parse: Callable[[Document], Manifest[Content]], tree: JSONObject) -> Manifest[Content]:
    # A position without the text of its value: no value is changed to the text as it was written.
    return parse(Document("body", tree, SourcePosition(0, 0)))


def _refused(manifest: Manifest[Content]) -> list[DocumentIssue]:
    return [issue for issue in manifest.issues if issue.is_error or _is_refused_here(issue)]


def _is_refused_here(issue: DocumentIssue) -> bool:
    is_of_server = issue.location.startswith("/servers/")
    return issue.code.endswith(UNKNOWN) or (is_of_server and issue.code.endswith(REQUIRED))
