"""How a document that comes in over the API is checked: by the rules that files are read by."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import deepcopy
from typing import Any

from catalog.exceptions import Fault, ValidationFailed
from catalog.manifests import bitol_odps
from catalog.manifests.issues import Problem, did_you_mean
from catalog.manifests.source_map import Document, SourcePosition
from catalog.products.projection import Tree

Check = Callable[[Document], list[Problem]]
UNKNOWN = ".unknown-field"


def check_product(tree: Any, *, before: Tree | None = None) -> None:
    """Refuse a product's document with faults that the one before it did not have."""
    refuse_new_faults(bitol_odps.check, tree, before)


def refuse_new_faults(check: Check, tree: Any, before: Tree | None = None) -> None:
    """Raise Invalid for each fault of a document that the one before it did not have.

    A file's unknown fields are kept with a warning; a program's are refused. What was imported
    leniently stays editable.
    """
    if not isinstance(tree, dict):
        raise ValidationFailed([Fault(where="/", message="A document is an object.")])
    had = {(error.path, error.rule) for error in _faults(check, before)} if before else set()
    found = [error for error in _faults(check, tree) if (error.path, error.rule) not in had]
    if found:
        raise ValidationFailed([_fault(error) for error in found])


def slug_fault(where: str, slug: str, known: Sequence[str], noun: str) -> Fault:
    """Return the fault of a slug that names nothing."""
    hint = did_you_mean(slug, known)
    return Fault(where=where, message=f"There is no {noun} {slug}.", way_out=hint, code="unknown")


def _faults(check: Check, tree: Tree) -> list[Problem]:
    read = Document("body", deepcopy(tree), SourcePosition(0, 0))
    return [problem for problem in check(read) if problem.is_error or _is_unknown(problem)]


def _is_unknown(problem: Problem) -> bool:
    return problem.rule.endswith(UNKNOWN)


def _fault(problem: Problem) -> Fault:
    words = problem.message.partition(";")[0] if _is_unknown(problem) else problem.message
    return Fault(
        where=problem.path or "/",
        message=f"{words[:1].upper()}{words[1:]}.",
        way_out=problem.way_out,
        code=problem.rule,
    )
