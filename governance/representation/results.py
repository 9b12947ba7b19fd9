"""What a measurement of representation says of the groups in a table; pure.

Every share, rate, gap and measure is a finite number, or None with the reason in a sentence.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from enum import StrEnum

from catalog.types import JSONObject


class Verdict(StrEnum):
    BALANCED = "balanced"
    IMBALANCED = "imbalanced"
    INSUFFICIENT_EVIDENCE = "insufficient-evidence"


@dataclass(frozen=True, kw_only=True)
class Thresholds:
    """When a share or a rate differs: by more than `max_gap` (0.05 is five points), or by a ratio
    below `min_ratio` or above its inverse.

    `level` is that of the intervals. A group of fewer than `small_group` records is small.
    """

    max_gap: float = 0.05
    min_ratio: float = 0.8
    level: float = 0.95
    small_group: int = 30

    @property
    def max_ratio(self) -> float:
        return 1 / self.min_ratio if self.min_ratio else math.inf


@dataclass(frozen=True, kw_only=True)
class Measure:
    """One measure by its code in `measures.TITLES`; `reason` says why `value` is None.

    With a value, `reason` is a remark on it. `within` is the attribute within whose groups a
    conditional measure is taken.
    """

    code: str
    value: float | None
    reason: str = ""
    within: str = ""


@dataclass(frozen=True, kw_only=True)
class GroupResult:
    """One group of an attribute, or of a pair, whose two groups are then the `parts`.

    `share` is of the records whose group is known. `gap` is share - reference_share, from -1 to 1;
    `disparity_ratio` is share / reference_share. The rest row (`is_rest`) repeats, as one group,
    all groups that the reference does not name.
    """

    group: str
    n: int
    share: float | None
    interval_low: float | None
    interval_high: float | None
    reference_share: float | None = None
    gap: float | None = None
    disparity_ratio: float | None = None
    is_small: bool = False
    is_rest: bool = False
    parts: tuple[str, ...] = ()

    @classmethod
    def from_json(cls, group: JSONObject) -> GroupResult:
        return cls(**group | {"parts": tuple(group["parts"])})


@dataclass(frozen=True, kw_only=True)
class OutcomeGroup:
    """How the label is distributed in one group, compared with all other records.

    `n` are the records of the group whose label is known, `counts` those of each value of the
    label, in the order of `LabelResult.values`. `rate` is the share of favourable values;
    `difference` is it minus the rate of all others, with its interval.
    """

    group: str
    n: int
    counts: tuple[int, ...]
    rate: float | None
    interval_low: float | None
    interval_high: float | None
    difference: float | None = None
    difference_low: float | None = None
    difference_high: float | None = None
    is_small: bool = False
    parts: tuple[str, ...] = ()
    measures: tuple[Measure, ...] = ()

    @classmethod
    def from_json(cls, group: JSONObject) -> OutcomeGroup:
        measures = tuple(Measure(**measure) for measure in group["measures"])
        tuples = {"counts": tuple(group["counts"]), "parts": tuple(group["parts"])}
        return cls(**group | tuples | {"measures": measures})


@dataclass(frozen=True, kw_only=True)
class LabelResult:
    """The label within the groups of an attribute.

    `missing` are the records with a known group and no label. Without a `favourable` value there
    are no rates, and no verdict but insufficient evidence.
    """

    label: str
    values: tuple[str, ...]
    favourable: tuple[str, ...]
    n: int
    missing: int
    groups: tuple[OutcomeGroup, ...]
    verdict: Verdict
    sentence: str

    @classmethod
    def from_json(cls, label: JSONObject) -> LabelResult:
        return cls(
            **label
            | {
                "values": tuple(label["values"]),
                "favourable": tuple(label["favourable"]),
                "groups": tuple(map(OutcomeGroup.from_json, label["groups"])),
                "verdict": Verdict(label["verdict"]),
            }
        )


@dataclass(frozen=True, kw_only=True)
class AttributeResult:
    """One attribute: its groups and what they are compared with.

    `n` are the records whose group is known, `missing` all others. Without a reference the groups
    are compared with equal shares, and `reference_name` is empty. `small_groups` are named in the
    sentence too.
    """

    attribute: str
    n: int
    missing: int
    groups: tuple[GroupResult, ...]
    reference_name: str
    reference_date: str
    verdict: Verdict
    sentence: str
    label: LabelResult | None = None

    @property
    def small_groups(self) -> tuple[str, ...]:
        return tuple(group.group for group in self.groups if group.is_small)

    @property
    def missing_share(self) -> float | None:
        rows = self.n + self.missing
        return self.missing / rows if rows else None

    @classmethod
    def from_json(cls, attribute: JSONObject) -> AttributeResult:
        label = attribute["label"]
        return cls(
            **attribute
            | {
                "groups": tuple(map(GroupResult.from_json, attribute["groups"])),
                "verdict": Verdict(attribute["verdict"]),
                "label": LabelResult.from_json(label) if label else None,
            }
        )


@dataclass(frozen=True, kw_only=True)
class PairResult(AttributeResult):
    """Two attributes crossed; `attribute` is "first × second", a group has its two `parts`.

    Pairs of groups that do not occur are among the groups, with n = 0.
    """

    first: str
    second: str


@dataclass(frozen=True, kw_only=True)
class Representation:
    """The attributes and pairs of one table as measured on a day (ISO date)."""

    rows: int
    measured_on: str
    thresholds: Thresholds
    attributes: tuple[AttributeResult, ...]
    pairs: tuple[PairResult, ...] = ()
    note: str = ""

    def as_json(self) -> JSONObject:
        return asdict(self)

    @classmethod
    def from_json(cls, result: JSONObject) -> Representation:
        return cls(
            **result
            | {
                "thresholds": Thresholds(**result["thresholds"]),
                "attributes": tuple(map(AttributeResult.from_json, result["attributes"])),
                "pairs": tuple(map(PairResult.from_json, result["pairs"])),
            }
        )
