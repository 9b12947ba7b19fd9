"""The seam by which other slices keep their columns in step with a product's tree; pure.

A projector is called inside the transaction of the change, after the product's own columns are
written; it raises `Invalid` where its part of the tree does not hold together.
"""

from __future__ import annotations

from typing import Any, Protocol


class Projector(Protocol):
    """Keeps some rows in step with a product's tree."""

    def __call__(self, product: Any, *, is_new: bool = False) -> None:
        """Project the tree; a product that is new has no rows yet, so none are looked for."""


_projectors: dict[str, Projector] = {}


def register_projector(name: str, project: Projector) -> None:
    """Have `project(product, is_new=...)` called when a tree changes; in order of registration."""
    _projectors[name] = project


def projectors() -> list[Projector]:
    """Return the projectors in the order in which they run."""
    return list(_projectors.values())
