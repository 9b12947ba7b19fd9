"""A measurement as a reader sees it: numbers that would tell of few records are hidden; pure.

Everything that shows measured numbers (pages, API, exports, search) shows these types.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields

from catalog.types import JSONObject
from governance.representation.results import (
    AttributeResult,
    GroupResult,
    LabelResult,
    PairResult,
    Representation,
    Thresholds,
    Verdict,
)
from governance.representation.small_counts import SMALL_COUNT, is_small

SMALL = f"<{SMALL_COUNT}"
HIDDEN = "hidden"


@dataclass(frozen=True, kw_only=True)
class VisibleCount:
    """A count of records: `n` and its text; without `n` the text is "<10" or "hidden".

    A count is hidden too if a small one could be computed from it.
    """

    n: int | None
    text: str

    @classmethod
    def of(cls, n: int) -> VisibleCount:
        return cls(n=n, text=f"{n:,}")


def hidden_count(n: int) -> VisibleCount:
    return VisibleCount(n=None, text=SMALL if is_small(n) else HIDDEN)


@dataclass(frozen=True, kw_only=True)
class VisibleGroup:
    """One group as in `results.GroupResult`; without a count it has no share and no gap.

    The interval of a hidden share follows from what is visible: it is wider than the true one.
    """

    group: str
    count: VisibleCount
    share: float | None = None
    interval_low: float | None = None
    interval_high: float | None = None
    reference_share: float | None = None
    gap: float | None = None
    disparity_ratio: float | None = None
    is_small: bool = False
    is_rest: bool = False
    parts: tuple[str, ...] = ()

    @property
    def is_hidden(self) -> bool:
        return self.count.n is None

    @classmethod
    def from_json(cls, group: JSONObject) -> VisibleGroup:
        parts = {"parts": tuple(group["parts"]), "count": VisibleCount(**group["count"])}
        return cls(**group | parts)


@dataclass(frozen=True, kw_only=True)
class VisibleAttribute:
    """One attribute, or a pair (which has `first` and `second`).

    `n` are the records whose group is known, `missing` all others. `hidden_reason` is a sentence
    if something of it is hidden. The label is there only if none of its counts is small.
    """

    attribute: str
    n: VisibleCount
    missing: VisibleCount
    groups: tuple[VisibleGroup, ...]
    reference_name: str
    reference_date: str
    verdict: Verdict
    sentence: str
    label: LabelResult | None = None
    hidden_reason: str = ""
    first: str = ""
    second: str = ""

    @property
    def is_pair(self) -> bool:
        return bool(self.first)

    @classmethod
    def from_json(cls, attribute: JSONObject) -> VisibleAttribute:
        label = attribute["label"]
        return cls(
            **attribute
            | {
                "n": VisibleCount(**attribute["n"]),
                "missing": VisibleCount(**attribute["missing"]),
                "groups": tuple(map(VisibleGroup.from_json, attribute["groups"])),
                "verdict": Verdict(attribute["verdict"]),
                "label": LabelResult.from_json(label) if label else None,
            }
        )


@dataclass(frozen=True, kw_only=True)
class VisibleRepresentation:
    """The attributes and pairs of one table, measured on a day (ISO date).

    `is_exact` is True for a reader who may see the data: then nothing is hidden.
    """

    rows: VisibleCount
    measured_on: str
    thresholds: Thresholds
    attributes: tuple[VisibleAttribute, ...]
    pairs: tuple[VisibleAttribute, ...] = ()
    note: str = ""
    is_exact: bool = False

    def as_json(self) -> JSONObject:
        return asdict(self)

    @classmethod
    def from_json(cls, result: JSONObject) -> VisibleRepresentation:
        return cls(
            **result
            | {
                "rows": VisibleCount(**result["rows"]),
                "thresholds": Thresholds(**result["thresholds"]),
                "attributes": tuple(map(VisibleAttribute.from_json, result["attributes"])),
                "pairs": tuple(map(VisibleAttribute.from_json, result["pairs"])),
            }
        )


def exact_view(result: Representation) -> VisibleRepresentation:
    """Return a measurement with every count, for those who may see the data."""
    return VisibleRepresentation(
        rows=VisibleCount.of(result.rows),
        measured_on=result.measured_on,
        thresholds=result.thresholds,
        attributes=tuple(map(exact_attribute, result.attributes)),
        pairs=tuple(map(exact_attribute, result.pairs)),
        note=result.note,
        is_exact=True,
    )


def exact_attribute(result: AttributeResult) -> VisibleAttribute:
    parts = (result.first, result.second) if isinstance(result, PairResult) else ("", "")
    return VisibleAttribute(
        attribute=result.attribute,
        n=VisibleCount.of(result.n),
        missing=VisibleCount.of(result.missing),
        groups=tuple(map(exact_group, result.groups)),
        reference_name=result.reference_name,
        reference_date=result.reference_date,
        verdict=result.verdict,
        sentence=result.sentence,
        label=result.label,
        first=parts[0],
        second=parts[1],
    )


def exact_group(group: GroupResult) -> VisibleGroup:
    names = (field.name for field in fields(VisibleGroup) if field.name != "count")
    values = {name: getattr(group, name) for name in names}
    return VisibleGroup(count=VisibleCount.of(group.n), **values)
