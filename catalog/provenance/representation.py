"""A product's imbalances: smallest shares, largest gaps, and how they are known; pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import groupby
from typing import Protocol, TypeVar

from catalog.provenance.contradictions import Contradiction
from catalog.provenance.shares import is_whole


class Row(Protocol):
    """One group of one attribute.

    A measured row without a share is of a group that is too small to be shown, or that would
    reveal one; its interval is what may be said of it.
    """

    @property
    def attribute(self) -> str: ...
    @property
    def group(self) -> str: ...
    @property
    def share(self) -> float | None: ...
    @property
    def reference_share(self) -> float | None: ...
    @property
    def interval_low(self) -> float | None: ...
    @property
    def interval_high(self) -> float | None: ...
    @property
    def origin(self) -> str: ...
    @property
    def measured_at(self) -> datetime | None: ...


R = TypeVar("R", bound=Row)


class BiasState(StrEnum):
    """How a product's groups are known. A product may be in several of these states."""

    MEASURED = "measured"
    DECLARED = "declared"
    NOT_ASSESSED = "not-assessed"
    CONTRADICTED = "contradicted"


@dataclass(frozen=True, slots=True, kw_only=True)
class AttributeSummary:
    """One attribute by the numbers that search compares.

    `smallest_share` is None if no share is known, `largest_gap` if there is no reference. A group
    that `is_hidden` is counted with the lowest share that may be shown of it, or as 0.
    """

    attribute: str
    smallest_group: str
    smallest_share: float | None
    is_hidden: bool
    largest_gap: float | None
    measured_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BiasSummary:
    """What lists, searches and exports show of a product's groups: to every reader the same."""

    states: tuple[BiasState, ...]
    attributes: tuple[AttributeSummary, ...]
    # Declared shares that a measurement contradicts and nobody has explained.
    contradictions: tuple[Contradiction, ...] = ()

    @property
    def min_shares(self) -> dict[str, float]:
        """Return the smallest group's share of each attribute, from 0 to 1."""
        shares = {one.attribute: one.smallest_share for one in self.attributes}
        return {name: round(share, 6) for name, share in shares.items() if share is not None}

    @property
    def max_gaps(self) -> dict[str, float]:
        """Return each attribute's largest difference between share and reference, 0 to 1."""
        gaps = {one.attribute: one.largest_gap for one in self.attributes}
        return {name: round(gap, 6) for name, gap in gaps.items() if gap is not None}


def effective_rows(rows: Iterable[R]) -> list[R]:
    """Return the rows to use: of an attribute that was measured, only the measured ones."""
    listed = list(rows)
    measured = {row.attribute for row in listed if row.origin == "measured"}
    return [row for row in listed if row.attribute not in measured or row.origin == "measured"]


def summarize_attributes(rows: Iterable[Row]) -> list[AttributeSummary]:
    """Return the effective numbers of each attribute, by name."""
    ordered = sorted(effective_rows(rows), key=lambda row: row.attribute)
    return [
        _summary(attribute, list(groups))
        for attribute, groups in groupby(ordered, key=lambda row: row.attribute)
    ]


def min_shares(rows: Iterable[Row]) -> dict[str, float]:
    """Return the smallest group's share of each attribute, from 0 to 1."""
    return {
        one.attribute: one.smallest_share
        for one in summarize_attributes(rows)
        if one.smallest_share is not None
    }


def max_gaps(rows: Iterable[Row]) -> dict[str, float]:
    """Return each attribute's largest difference between share and reference, from 0 to 1."""
    return {
        one.attribute: one.largest_gap
        for one in summarize_attributes(rows)
        if one.largest_gap is not None
    }


def bias_states(
    rows: Iterable[Row],
    *,
    answer: str = "",
    unassessed: Iterable[str] = (),
    has_contradiction: bool = False,
) -> tuple[BiasState, ...]:
    """Return the states of a product, given its imbalances.

    `answer` is the state of the answer about known imbalances: an answer as text is a
    declaration, and where the question does not apply nothing needs an assessment. `unassessed`
    are the attributes known as sensitive for which there are no rows.
    """
    origins = {row.origin for row in rows}
    is_known = bool(origins) or answer in ("answered", "not_applicable")
    holds: Mapping[BiasState, bool] = {
        BiasState.MEASURED: "measured" in origins,
        BiasState.DECLARED: "declared" in origins or answer == "answered",
        BiasState.NOT_ASSESSED: not is_known or any(unassessed),
        BiasState.CONTRADICTED: has_contradiction,
    }
    return tuple(state for state, is_so in holds.items() if is_so)


def _summary(attribute: str, rows: list[Row]) -> AttributeSummary:
    hidden = [row for row in rows if row.share is None and row.origin == "measured"]
    shares = [(row.share, row.group) for row in rows if row.share is not None]
    shares += [(row.interval_low or 0.0, row.group) for row in hidden]
    known = [share for share, _ in shares]
    if shares and not hidden and len(shares) == len(rows) and not is_whole(known):
        shares.append((1 - sum(known), ""))
    smallest, group = min(shares, default=(None, ""))
    is_gap_unknown = any(row.reference_share is not None and _bounds(row) is None for row in hidden)
    gaps = [] if is_gap_unknown else [gap for row in rows for gap in _gaps(row)]
    return AttributeSummary(
        attribute=attribute,
        smallest_group=group,
        smallest_share=smallest,
        is_hidden=any(row.group == group for row in hidden),
        largest_gap=max(gaps, default=None),
        measured_at=max((row.measured_at for row in rows if row.measured_at), default=None),
    )


def _bounds(row: Row) -> tuple[float, float] | None:
    """Return between which shares a group is, as far as that may be shown."""
    if row.share is not None:
        return row.share, row.share
    if row.origin != "measured" or row.interval_low is None or row.interval_high is None:
        return None
    return row.interval_low, row.interval_high


def _gaps(row: Row) -> list[float]:
    bounds = _bounds(row)
    if row.reference_share is None or bounds is None:
        return []
    return [abs(bound - row.reference_share) for bound in bounds]
