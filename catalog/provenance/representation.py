"""What a product's imbalances say in numbers: least shares and greatest gaps; pure."""

from __future__ import annotations

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
    """Return the rows that count: of an attribute that was measured, only the measured ones."""
    listed = list(rows)
    measured = {row.attribute for row in listed if row.origin == "measured"}
    return [row for row in listed if row.attribute not in measured or row.origin == "measured"]


def min_shares(rows: Iterable[Row]) -> dict[str, float]:
    """Return the smallest group's share of each attribute, from 0 to 1."""
    least: dict[str, float] = {}
    for row in effective_rows(rows):
        if row.share is not None:
            least[row.attribute] = min(row.share, least.get(row.attribute, 1.0))
    return least


def max_gaps(rows: Iterable[Row]) -> dict[str, float]:
    """Return each attribute's greatest distance between share and reference, from 0 to 1."""
    greatest: dict[str, float] = {}
    for row in effective_rows(rows):
        if row.share is not None and row.reference_share is not None:
            gap = abs(row.share - row.reference_share)
            greatest[row.attribute] = max(gap, greatest.get(row.attribute, 0.0))
    return greatest
