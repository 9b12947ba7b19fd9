"""Verdicts from intervals and stated thresholds, and the sentences that say them; pure.

A share or a rate is judged by its whole interval, as a test of equivalence does: it is balanced if
every value of the interval is acceptable, imbalanced if none is, and undecided otherwise. Source:
Schuirmann, A comparison of the two one-sided tests procedure, Journal of Pharmacokinetics and
Biopharmaceutics 15 (1987). The lowest acceptable ratio, 0.8, is the four-fifths rule: Uniform
Guidelines on Employee Selection Procedures, 29 CFR 1607.4(D). Groups of fewer than 30 records are
too small for a verdict: NCHS, Data Presentation Standards for Proportions (2017).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum

from governance.representation.measures import (
    Interval,
    Share,
    difference_interval,
    possible_interval,
)
from governance.representation.results import (
    AttributeResult,
    GroupResult,
    LabelResult,
    OutcomeGroup,
    Thresholds,
    Verdict,
)

EQUAL_SHARES = "equal shares (no reference is stated)"
MAX_NAMES = 10
WORDS = {
    Verdict.BALANCED: "Balanced",
    Verdict.IMBALANCED: "Imbalanced",
    Verdict.INSUFFICIENT_EVIDENCE: "Insufficient evidence",
}
# The names of two groups, or attributes, that are crossed are joined by it.
TIMES = " × "


class Position(Enum):
    """Where an interval lies: all of it is acceptable, some of it, or nothing."""

    INSIDE = 1
    PARTLY = 2
    OUTSIDE = 3


def position_of(interval: Interval, acceptable: Interval) -> Position:
    if interval.high < acceptable.low or interval.low > acceptable.high:
        return Position.OUTSIDE
    is_inside = acceptable.low <= interval.low and interval.high <= acceptable.high
    return Position.INSIDE if is_inside else Position.PARTLY


def acceptable_shares(reference: float, thresholds: Thresholds) -> Interval:
    """Return the shares that are near enough to a reference, by their gap and by their ratio."""
    gap = thresholds.max_gap
    if not reference:
        return Interval(0.0, gap)
    return Interval(
        max(reference - gap, reference * thresholds.min_ratio),
        min(reference + gap, reference * thresholds.max_ratio, 1.0),
    )


@dataclass(frozen=True)
class Evidence:
    """What a verdict is about: a group, its records, and the position of its interval."""

    group: str
    n: int
    position: Position
    distance: float


def verdict_of(evidence: Sequence[Evidence], thresholds: Thresholds) -> Verdict:
    """Return the verdict on groups that are compared with something.

    Fewer than two groups can be neither balanced nor imbalanced.
    """
    if len(evidence) < 2:
        return Verdict.INSUFFICIENT_EVIDENCE
    positions = [item.position for item in evidence]
    if Position.OUTSIDE in positions:
        return Verdict.IMBALANCED
    if Position.PARTLY in positions or any(item.n < thresholds.small_group for item in evidence):
        return Verdict.INSUFFICIENT_EVIDENCE
    return Verdict.BALANCED


def share_evidence(
    groups: Sequence[GroupResult], missing: int, thresholds: Thresholds
) -> list[Evidence]:
    """Return the evidence on all groups with a reference share, the rest row too.

    A group without records that should have none is no evidence.
    """
    n = sum(group.n for group in groups if not group.is_rest)
    evidence = []
    for group in groups:
        if group.reference_share is None or not (group.n or group.reference_share):
            continue
        interval = possible_interval(Share(group.n, n, missing), thresholds.level)
        acceptable = acceptable_shares(group.reference_share, thresholds)
        position = position_of(interval, acceptable)
        evidence.append(Evidence(group.group, group.n, position, abs(group.gap or 0.0)))
    return evidence


def rate_evidence(
    groups: Sequence[OutcomeGroup],
    rates: Sequence[tuple[Share, Share]],
    thresholds: Thresholds,
) -> list[Evidence]:
    """Return the evidence on rates: each group's and that of all other records."""
    return [
        Evidence(
            group.group,
            group.n,
            _rate_position(own, others, thresholds),
            abs(group.difference or 0.0),
        )
        for group, (own, others) in zip(groups, rates, strict=True)
    ]


def _rate_position(own: Share, others: Share, thresholds: Thresholds) -> Position:
    """Return the position of the difference, or of the ratio if that is further out.

    The interval of the ratio is that of the quotients of both intervals: never too narrow.
    """
    difference = difference_interval(own, others, thresholds.level)
    if difference is None:
        return Position.PARTLY
    positions = [position_of(difference, Interval(-thresholds.max_gap, thresholds.max_gap))]
    one, two = (possible_interval(share, thresholds.level) for share in (own, others))
    if two.low > 0:
        quotients = Interval(one.low / two.high, one.high / two.low)
        positions.append(
            position_of(quotients, Interval(thresholds.min_ratio, thresholds.max_ratio))
        )
    elif thresholds.min_ratio:
        positions.append(Position.PARTLY)
    return max(positions, key=lambda position: position.value)


def share_sentence(
    result: AttributeResult,
    evidence: Sequence[Evidence],
    thresholds: Thresholds,
    measured_on: date,
) -> str:
    """Return the verdict on an attribute with the numbers that it follows from."""
    day = f"Measured on {measured_on.isoformat()}."
    known = f"a known {result.attribute.replace(TIMES, ' and ')}"
    if not result.n:
        return f"Insufficient evidence: no record has {known}. {day}"
    if len(evidence) < 2:
        name = next(group.group for group in result.groups if group.n)
        only = f"{name} is the only group of {result.n:,} records with {known}"
        return f"Insufficient evidence: {only}, so nothing can be compared. {day}"
    worst = _worst(evidence)
    group = next(group for group in result.groups if group.group == worst.group)
    interval = f"{_percent(group.interval_low or 0.0)} to {_percent(group.interval_high or 0.0)}"
    ratio = "" if group.disparity_ratio is None else f", ratio {group.disparity_ratio:.2f}"
    numbers = (
        f"{group.group} is {_percent(group.share or 0.0)} of {result.n:,} records with {known} "
        f"({100 * thresholds.level:g} % interval {interval}), where "
        f"{_percent(group.reference_share or 0.0)} is expected: {_points(group.gap or 0.0)}{ratio}"
    )
    says = f"{WORDS[result.verdict]} compared with {_compared_with(result)}: "
    says += _reason(result.verdict, worst, thresholds) + numbers
    return f"{says}. {_rule(thresholds)}{_remarks(result, thresholds)} {day}"


def sample_sentence(measured_on: date) -> str:
    """Return why there is no verdict on the first part of a source."""
    return (
        "Insufficient evidence: only the first part of the source was read, which may differ from "
        f"the rest. Measured on {measured_on.isoformat()}."
    )


def label_sentence(
    label: LabelResult,
    evidence: Sequence[Evidence],
    thresholds: Thresholds,
    measured_on: date,
) -> str:
    """Return the verdict on a label with the numbers that it follows from."""
    day = f"Measured on {measured_on.isoformat()}."
    if not label.favourable:
        return f"Insufficient evidence: no value of {label.label} is stated as favourable. {day}"
    worst = _worst(evidence) if evidence else None
    group = next((item for item in label.groups if worst and item.group == worst.group), None)
    if worst is None or group is None or group.rate is None or group.difference is None:
        detail = f"fewer than two groups have records with a known {label.label}"
        return f"Insufficient evidence: {detail}. {day}"
    low, high = group.difference_low or 0.0, group.difference_high or 0.0
    numbers = (
        f"{_percent(group.rate)} of {group.n:,} records of {group.group} have "
        f"{' or '.join(label.favourable)} as {label.label}, {_points(group.difference)} than all "
        f"other records ({100 * thresholds.level:g} % interval of the difference "
        f"{100 * low:+.1f} to {100 * high:+.1f} points)"
    )
    says = f"{WORDS[label.verdict]}: {_reason(label.verdict, worst, thresholds)}{numbers}"
    missing = f" {label.missing:,} records have no {label.label}." if label.missing else ""
    return f"{says}. {_rule(thresholds)}{missing} {day}"


def _worst(evidence: Sequence[Evidence]) -> Evidence:
    """Return the evidence that decides; of two groups with the same distance the smaller one."""
    return max(
        evidence,
        key=lambda item: (item.position.value, round(item.distance, 9), -item.n, item.group),
    )


def _compared_with(result: AttributeResult) -> str:
    if not result.reference_name:
        return EQUAL_SHARES
    return f"{result.reference_name} ({result.reference_date or 'undated'})"


def _reason(verdict: Verdict, worst: Evidence, thresholds: Thresholds) -> str:
    if verdict is Verdict.IMBALANCED:
        return ""
    if verdict is Verdict.BALANCED:
        return "the whole interval of every group is acceptable. The largest difference: "
    if worst.position is Position.PARTLY:
        return "the interval allows for both verdicts. "
    return f"a group has fewer than {thresholds.small_group} records. "


def _rule(thresholds: Thresholds) -> str:
    says = f"A difference is acceptable up to {100 * thresholds.max_gap:g} points"
    if thresholds.min_ratio:
        low, high = thresholds.min_ratio, thresholds.max_ratio
        says += f" and within a ratio of {low:g} to {high:.4g}"
    return f"{says}."


def _remarks(result: AttributeResult, thresholds: Thresholds) -> str:
    remarks = ""
    if small := result.small_groups:
        names = ", ".join(small[:MAX_NAMES])
        more = f" and {len(small) - MAX_NAMES} more" if len(small) > MAX_NAMES else ""
        remarks = f" Groups of fewer than {thresholds.small_group} records: {names}{more}."
    if result.missing:
        remarks += (
            f" {result.missing:,} records with an unknown group could be of any; the verdict "
            "allows for that."
        )
    return remarks


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _points(gap: float) -> str:
    return f"{100 * abs(gap):.1f} points {'less' if gap < 0 else 'more'}"
