"""The groups of attributes: what they leave of the whole, and what nobody has assessed; pure."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from catalog.provenance.representation import R, Row, effective_rows
from catalog.provenance.shares import is_whole, rest_share

REST = "rest"
_SUFFIXES = ("_band", "_bracket", "_category", "_class", "_code", "_group", "_range")


@dataclass(frozen=True, kw_only=True)
class RestRow:
    """What the declared groups of an attribute leave of the whole; computed, never stored.

    A share is None if one of a group is unknown.
    """

    attribute: str
    share: float | None
    reference_share: float | None
    group: str = REST
    origin: str = "declared"
    n: None = None
    is_rest: bool = True

    @property
    def gap(self) -> float | None:
        if self.share is None or self.reference_share is None:
            return None
        return self.share - self.reference_share


def rest_rows(rows: Iterable[Row]) -> list[RestRow]:
    """Return the rest of each declared attribute whose groups do not add up to the whole.

    Groups add up if the difference is within the rounding of their shares. Measured groups have no
    rest: a share that is hidden for its few records would be readable from it.
    """
    rests = []
    for attribute, listed in by_attribute(effective_rows(rows)).items():
        shares = [row.share for row in listed]
        is_measured = any(row.origin == "measured" for row in listed)
        if is_measured or all(share is None for share in shares) or is_whole(shares):
            continue
        references = [row.reference_share for row in listed]
        rest = RestRow(
            attribute=attribute, share=rest_share(shares), reference_share=rest_share(references)
        )
        rests.append(rest)
    return rests


def by_attribute(rows: Iterable[R]) -> dict[str, list[R]]:
    """Return the rows of each attribute, in their order."""
    attributes: dict[str, list[R]] = {}
    for row in rows:
        attributes.setdefault(row.attribute, []).append(row)
    return attributes


def attribute_name(name: str) -> str:
    """Return the name of a column or a free text as an attribute: `Age Band` is age_band."""
    folded = unicodedata.normalize("NFKD", name).casefold()
    plain = "".join(char for char in folded if not unicodedata.combining(char))
    return re.sub(r"[^a-z0-9]+", "_", plain).strip("_").lstrip("0123456789_")[:60]


def is_assessed(row: Row) -> bool:
    """Return True if a row says how large its group is; a measured one may keep it to itself."""
    return row.origin == "measured" or row.share is not None


def assessed_attributes(rows: Iterable[Row]) -> set[str]:
    return {row.attribute for row in rows if is_assessed(row)}


def unassessed_attributes(sensitive: Iterable[str], rows: Iterable[Row]) -> list[str]:
    """Return the sensitive attributes of which no share is declared or measured, in their order.

    `sensitive` are names of columns or attributes. One that differs from an assessed attribute by
    an ending such as `_band` or `_code` is the same.
    """
    listed = list(rows)
    assessed = {_stem(name) for name in assessed_attributes(listed)}
    candidates = [*map(attribute_name, sensitive), *(row.attribute for row in listed)]
    missing: dict[str, str] = {}
    for name in candidates:
        if name and _stem(name) not in assessed:
            missing.setdefault(_stem(name), name)
    return list(missing.values())


def _stem(attribute: str) -> str:
    ending = next((ending for ending in _SUFFIXES if attribute.endswith(ending)), "")
    return attribute.removesuffix(ending)
