"""What every reader of a product may see of a measurement; pure.

Counts from 1 to 9 are "<10". What they could be computed from is hidden too: other counts of the
attribute, shares and intervals, two-way tables, measures of the label, and whatever an earlier
measurement by the same plan would add. Who may see the data sees `visible.exact_view` instead.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from governance.representation.audit import MISSING
from governance.representation.hidden_counts import Before, as_pair, grid_of, hidden_counts, list_of
from governance.representation.measures import wilson_interval
from governance.representation.results import (
    AttributeResult,
    GroupResult,
    LabelResult,
    PairResult,
    Representation,
    Verdict,
)
from governance.representation.small_counts import (
    SMALL_COUNT,
    Pair,
    is_small,
)
from governance.representation.visible import (
    HIDDEN,
    SMALL,
    VisibleAttribute,
    VisibleCount,
    VisibleGroup,
    VisibleRepresentation,
    exact_attribute,
    exact_group,
    exact_view,
    hidden_count,
)

HIDDEN_SENTENCE = f"Counts under {SMALL_COUNT} are not shown, nor what they could be computed from."
VERDICTS = {
    Verdict.BALANCED: "Balanced, by figures that are hidden.",
    Verdict.IMBALANCED: "Imbalanced, by figures that are hidden.",
    Verdict.INSUFFICIENT_EVIDENCE: "There is not enough evidence for a verdict.",
}
NOT_SHOWN = "It is computed from counts that are not shown."
LABEL_NOT_SHOWN = f"The label within the groups is hidden: {NOT_SHOWN[0].lower()}{NOT_SHOWN[1:]}"


def visible_to_all(
    result: Representation, before: Before | None = None
) -> VisibleRepresentation | None:
    """Return what every reader may see; None if, with the one before, anything would tell too much.

    `before` is the last measurement by the same plan of which something was visible.
    """
    view = exact_view(result)
    if is_small(result.rows):
        return replace(
            view,
            rows=VisibleCount(n=None, text=SMALL),
            attributes=tuple(map(withheld, result.attributes)),
            pairs=tuple(map(withheld, result.pairs)),
            note="",
            is_exact=False,
        )
    hidden = hidden_counts(result, before)
    if hidden is None:
        return None
    pairs = tuple(_visible_pair(pair, hidden.grids[pair.attribute]) for pair in result.pairs)
    labels = {
        frozenset((pair.first, pair.second))
        for pair in result.pairs
        if not hidden.grids[pair.attribute] and label_is_open(pair)
    }
    attributes = (
        _visible_attribute(item, hidden.lists[item.attribute], result, labels)
        for item in result.attributes
    )
    return replace(view, attributes=tuple(attributes), pairs=pairs, is_exact=False)


def label_is_open(attribute: AttributeResult) -> bool:
    """Return True if no count of the label within a group is under 10, nor one that lacks it."""
    if attribute.label is None:
        return False
    sizes = {group.group: group.n for group in attribute.groups}
    return not is_small(attribute.label.missing) and all(
        min(group.counts, default=0) >= SMALL_COUNT
        and not is_small(sizes.get(group.group, group.n) - group.n)
        for group in attribute.label.groups
        if sizes.get(group.group, group.n)
    )


def withheld(attribute: AttributeResult) -> VisibleAttribute:
    """Return an attribute or a pair of which no number is visible, not even a zero."""
    hidden = VisibleCount(n=None, text=HIDDEN)
    view = exact_attribute(attribute)
    return replace(
        view,
        n=hidden,
        missing=hidden,
        groups=tuple(
            VisibleGroup(
                group=group.group,
                count=hidden,
                reference_share=group.reference_share,
                is_rest=group.is_rest,
                parts=group.parts,
            )
            for group in view.groups
        ),
        sentence=VERDICTS[attribute.verdict],
        label=None,
        hidden_reason=HIDDEN_SENTENCE,
    )


def _visible_attribute(
    attribute: AttributeResult,
    hidden: frozenset[str],
    result: Representation,
    labels: set[frozenset[str]],
) -> VisibleAttribute:
    counts = list_of(attribute)
    label = _visible_label(attribute, labels) if not hidden else None
    if not hidden:
        reason = LABEL_NOT_SHOWN if attribute.label and not label else ""
        return replace(exact_attribute(attribute), label=label, hidden_reason=reason)
    if hidden >= counts.keys():
        return withheld(attribute)
    view = exact_attribute(attribute)
    hides_missing = MISSING in hidden
    bounds = _bounds(counts, hidden)
    known = (result.rows - bounds[MISSING][1], result.rows - bounds[MISSING][0])
    level = result.thresholds.level
    groups = (
        _group_without_share(group, bounds, known, level)
        if hides_missing or group.is_rest or group.group in hidden
        else exact_group(group)
        for group in attribute.groups
    )
    missing = hidden_count(attribute.missing) if hides_missing else view.missing
    return replace(
        view,
        n=VisibleCount(n=None, text=HIDDEN) if hides_missing else view.n,
        missing=missing,
        groups=tuple(groups),
        sentence=VERDICTS[attribute.verdict],
        label=None,
        hidden_reason=HIDDEN_SENTENCE,
    )


def _bounds(counts: Mapping[str, int], hidden: frozenset[str]) -> dict[str, tuple[int, int]]:
    """Return the least and the greatest count of each group that agree with all that is visible."""
    total = sum(counts[key] for key in hidden)
    small = [key for key in hidden if is_small(counts[key])]
    others = len(hidden) - len(small)
    bounds = {key: (n, n) for key, n in counts.items()}
    for key in hidden:
        least = max(0, total - (SMALL_COUNT - 1) * len(small)) if others == 1 else 0
        bounds[key] = (1, SMALL_COUNT - 1) if key in small else (least, total - len(small))
    return bounds


def _group_without_share(
    group: GroupResult,
    bounds: Mapping[str, tuple[int, int]],
    known: tuple[int, int],
    level: float,
) -> VisibleGroup:
    """Return a group whose share is hidden; its count is too, unless its bounds are equal.

    `known` are the bounds of the records whose group is known.
    """
    view = replace(exact_group(group), share=None, gap=None, disparity_ratio=None)
    if group.is_rest:
        hidden = VisibleCount(n=None, text=HIDDEN)
        return replace(view, count=hidden, interval_low=None, interval_high=None, is_small=False)
    least, most = bounds[group.group]
    low = wilson_interval(least, known[1], level)
    high = wilson_interval(min(most, known[0]), known[0], level)
    if low and high:
        view = replace(view, interval_low=low[0], interval_high=high[1])
    if least == most:
        return view
    return replace(view, count=hidden_count(group.n), is_small=is_small(group.n))


def _visible_pair(pair: PairResult, hidden: frozenset[Pair]) -> VisibleAttribute:
    view = exact_attribute(pair)
    if not hidden:
        label = pair.label if label_is_open(pair) else None
        reason = LABEL_NOT_SHOWN if pair.label and not label else ""
        return replace(view, label=label, hidden_reason=reason)
    counts = grid_of(pair)
    if hidden >= counts.keys():
        return withheld(pair)
    return replace(
        view,
        groups=tuple(
            VisibleGroup(
                group=group.group,
                count=hidden_count(0 if group.is_rest else counts[as_pair(group.parts)] or 1),
                reference_share=group.reference_share,
                is_rest=group.is_rest,
                parts=group.parts,
            )
            if group.is_rest or as_pair(group.parts) in hidden
            else group
            for group in view.groups
        ),
        sentence=VERDICTS[pair.verdict],
        label=None,
        hidden_reason=HIDDEN_SENTENCE,
    )


def _visible_label(attribute: AttributeResult, labels: set[frozenset[str]]) -> LabelResult | None:
    """Return the label without the measures that are taken within groups of small counts.

    `labels` are the pairs of attributes in which every count of the label is visible.
    """
    if attribute.label is None or not label_is_open(attribute):
        return None
    groups = []
    for group in attribute.label.groups:
        measures = (
            measure
            if not measure.within or frozenset((attribute.attribute, measure.within)) in labels
            else replace(measure, value=None, reason=NOT_SHOWN)
            for measure in group.measures
        )
        groups.append(replace(group, measures=tuple(measures)))
    return replace(attribute.label, groups=tuple(groups))
