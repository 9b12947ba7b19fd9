"""How a document that comes in over the API is checked: by the rules that files are read by."""

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
    """Refuse a product's document with faults that the one before it did not have."""
    refuse_new_faults(bitol_odps.check, tree, before)


def refuse_new_faults(check: Check, tree: Any, before: JSONObject | None = None) -> None:
    """Raise Invalid for each fault of a document that the one before it did not have.

    A file's unknown fields are kept with a warning; a program's are refused. What was imported
    leniently stays editable.
    """
    if not isinstance(tree, dict):
        raise ValidationFailed([Issue(location="/", message="A document is an object.")])
    had = {(error.location, error.code) for error in _faults(check, before)} if before else set()
    found = [error for error in _faults(check, tree) if (error.location, error.code) not in had]
    if found:
        raise ValidationFailed([_fault(error) for error in found])


def slug_fault(location: str, slug: str, known: Sequence[str], noun: str) -> Issue:
    """Return the fault of a slug that names nothing."""
    hint = did_you_mean(slug, known)
    return Issue(
        location=location, message=f"There is no {noun} {slug}.", hint=hint, code="unknown"
    )


def _faults(check: Check, tree: JSONObject) -> list[DocumentIssue]:
    read = Document("body", deepcopy(tree), SourcePosition(0, 0))
    return [problem for problem in check(read) if problem.is_error or _is_unknown(problem)]


def _is_unknown(problem: DocumentIssue) -> bool:
    return problem.code.endswith(UNKNOWN)


def _fault(problem: DocumentIssue) -> Issue:
    words = problem.message.partition(";")[0] if _is_unknown(problem) else problem.message
    return Issue(
        location=problem.location or "/",
        message=f"{words[:1].upper()}{words[1:]}.",
        hint=problem.hint,
        code=problem.code,
    )
