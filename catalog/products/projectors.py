"""The seam by which other slices keep their columns in step with a product's tree; pure.

A projector is called inside the transaction of the change, after the product's own columns are
written; it raises `Invalid` where its part of the tree does not hold together.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Projector = Callable[[Any], None]

_projectors: dict[str, Projector] = {}


def register_projector(name: str, project: Projector) -> None:
    """Have `project(product)` called whenever a tree changes, in the order of registration."""
    _projectors[name] = project


def projectors() -> list[Projector]:
    """Return the projectors in the order in which they run."""
    return list(_projectors.values())
