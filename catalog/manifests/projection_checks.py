"""The catalog's own readings of a tree, applied to a document: their faults as problems."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from catalog.exceptions import Fault, ValidationFailed
from catalog.manifests.issues import Problem, tokens_of
from catalog.manifests.schemas import MOST_PROBLEMS
from catalog.manifests.source_map import Document, Tree


def problems_of(
    reading: Callable[[Tree], Any],
    document: Document,
    *,
    rule: str,
    beside: Sequence[Problem] = (),
) -> list[Problem]:
    """Return what a reading has against the document, but for what `beside` says already."""
    try:
        reading(document.tree)
    except ValidationFailed as invalid:
        said = [f"{problem.path}/" for problem in beside if problem.is_error]
        return [
            problem_of(fault, document, rule=rule)
            for fault in invalid.faults[:MOST_PROBLEMS]
            if not any(path.startswith(f"{_normal(fault.where)}/") for path in said)
        ]
    return []


def problem_of(fault: Fault, document: Document, *, rule: str) -> Problem:
    """Return a fault with the line at which its place was written."""
    message = fault.message.rstrip(".")
    return document.problem(
        tokens_of(_normal(fault.where)), f"{rule}.{fault.code}", message, fault.way_out
    )


def _normal(where: str) -> str:
    return where.rstrip("/") if where.startswith("/") else f"/{where}" if where else ""
