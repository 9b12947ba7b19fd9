"""A product's imbalances in numbers: smallest shares and largest gaps; pure."""

from collections.abc import Iterable
from typing import Protocol, TypeVar


class Row(Protocol):
    """One group of one attribute."""

    @property
    def attribute(self) -> str: ...
    @property
    def group(self) -> str: ...
    @property
    def share(self) -> float | None: ...
    @property
    def reference_share(self) -> float | None: ...
    @property
    def origin(self) -> str: ...


R = TypeVar("R", bound=Row)


def effective_rows(rows: Iterable[R]) -> list[R]:
    """Return the rows to use: of an attribute that was measured, only the measured ones."""
    listed = list(rows)
    measured = {row.attribute for row in listed if row.origin == "measured"}
    return [row for row in listed if row.attribute not in measured or row.origin == "measured"]


def min_shares(rows: Iterable[Row]) -> dict[str, float]:
    """Return the smallest group's share of each attribute, from 0 to 1."""
    smallest: dict[str, float] = {}
    for row in effective_rows(rows):
        if row.share is not None:
            smallest[row.attribute] = min(row.share, smallest.get(row.attribute, 1.0))
    return smallest


def max_gaps(rows: Iterable[Row]) -> dict[str, float]:
    """Return each attribute's largest difference between share and reference, from 0 to 1."""
    largest: dict[str, float] = {}
    for row in effective_rows(rows):
        if row.share is not None and row.reference_share is not None:
            gap = abs(row.share - row.reference_share)
            largest[row.attribute] = max(gap, largest.get(row.attribute, 0.0))
    return largest
