"""Checks the documents of request bodies by the rules for files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import deepcopy
from typing import Any

from catalog.exceptions import ValidationFailed
from catalog.issues import Issue, did_you_mean
from catalog.manifests import bitol_odps
from catalog.manifests.issues import DocumentIssue
from catalog.manifests.source_map import Document, SourcePosition
from catalog.types import JSONObject

Check = Callable[[Document], list[DocumentIssue]]
UNKNOWN = ".unknown-field"


def check_product(tree: Any, *, before: JSONObject | None = None) -> None:
    """Raise ValidationFailed if a product's document has issues that it did not have before."""
    check_new_issues(bitol_odps.check, tree, before)


def check_new_issues(check: Check, tree: Any, before: JSONObject | None = None) -> None:
    """Raise ValidationFailed with the issues of a document that it did not have before.

    Unknown fields of a file are a warning, those of a request an error. A product that was
    imported with issues stays editable.
    """
    if not isinstance(tree, dict):
        raise ValidationFailed([Issue(location="/", message="A document is an object.")])
    had = {(error.location, error.code) for error in _issues_of(check, before)} if before else set()
    found = [error for error in _issues_of(check, tree) if (error.location, error.code) not in had]
    issues = []
    for error in found:
        text = error.message.partition(";")[0] if _is_unknown(error) else error.message
        message = f"{text[:1].upper()}{text[1:]}."
        location = error.location or "/"
        issues.append(Issue(location=location, message=message, hint=error.hint, code=error.code))
    if issues:
        raise ValidationFailed(issues)


def unknown_slug(location: str, slug: str, known: Sequence[str], noun: str) -> Issue:
    hint = did_you_mean(slug, known)
    return Issue(
        location=location, message=f"There is no {noun} {slug}.", hint=hint, code="unknown"
    )


def _issues_of(check: Check, tree: JSONObject) -> list[DocumentIssue]:
    read = Document("body", deepcopy(tree), SourcePosition(0, 0))
    return [problem for problem in check(read) if problem.is_error or _is_unknown(problem)]


def _is_unknown(problem: DocumentIssue) -> bool:
    return problem.code.endswith(UNKNOWN)
