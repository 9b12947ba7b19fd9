"""The catalog's own readings of a tree, applied to a document: their faults as problems."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from jsonpointer import JsonPointer

from catalog.exceptions import ValidationFailed
from catalog.issues import Issue
from catalog.manifests.issues import DocumentIssue
from catalog.manifests.schemas import MOST_PROBLEMS
from catalog.manifests.source_map import Document
from catalog.types import JSONObject


def problems_of(
    reading: Callable[[JSONObject], Any],
    document: Document,
    *,
    rule: str,
    beside: Sequence[DocumentIssue] = (),
) -> list[DocumentIssue]:
    """Return what a reading has against the document, but for what `beside` says already."""
    try:
        reading(document.tree)
    except ValidationFailed as invalid:
        said = [f"{problem.location}/" for problem in beside if problem.is_error]
        return [
            problem_of(issue, document, rule=rule)
            for issue in invalid.issues[:MOST_PROBLEMS]
            if not any(path.startswith(f"{_normal(issue.location)}/") for path in said)
        ]
    return []


def problem_of(issue: Issue, document: Document, *, rule: str) -> DocumentIssue:
    """Return a fault with the line at which its place was written."""
    message = issue.message.rstrip(".")
    return document.issue(
        JsonPointer(_normal(issue.location)).parts, f"{rule}.{issue.code}", message, issue.hint
    )


def _normal(location: str) -> str:
    return location.rstrip("/") if location.startswith("/") else f"/{location}" if location else ""
