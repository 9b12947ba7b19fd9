"""Measured representation as the bias tab and the datasheet show it: formatted texts and bars."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog.web.components.badges import BadgeStyle
from catalog.web.components.humanize import THIN_SPACE, gap_points
from governance.representation.results import LabelResult, OutcomeGroup, Verdict
from governance.representation.visible import HIDDEN, VisibleAttribute, VisibleGroup
from governance.web.representation.measure_texts import short_name

NONE = "–"
VERDICTS = {
    Verdict.BALANCED: BadgeStyle("ok", "circle", gettext_lazy("balanced")),
    Verdict.IMBALANCED: BadgeStyle("warn", "triangle", gettext_lazy("imbalanced")),
    Verdict.INSUFFICIENT_EVIDENCE: BadgeStyle(
        "none", "ring", gettext_lazy("insufficient evidence")
    ),
}


@dataclass(frozen=True, kw_only=True)
class Bar:
    """A share, its interval and its reference, from 0 to 1; a hidden share is None."""

    share: float | None
    low: float | None = None
    high: float | None = None
    reference: float | None = None


@dataclass(frozen=True, kw_only=True)
class GroupRow:
    """One group; `note` says what is special about it, and is empty for most."""

    group: str
    n: str
    share: str
    interval: str
    reference: str
    gap: str
    ratio: str
    note: str
    bar: Bar


@dataclass(frozen=True, kw_only=True)
class OutcomeRow:
    """How often the favourable label is given to a group, and how that differs from the others."""

    group: str
    n: str
    rate: str
    interval: str
    difference: str
    difference_interval: str
    note: str
    bar: Bar
    measures: Sequence[str]


@dataclass(frozen=True, kw_only=True)
class MeasureColumn:
    code: str
    short: str


@dataclass(frozen=True, kw_only=True)
class LabelCard:
    """The label within an attribute; `reasons` say why some measures have no value."""

    label: str
    favourable: str
    verdict: BadgeStyle
    sentence: str
    rows: Sequence[OutcomeRow]
    measures: Sequence[MeasureColumn]
    reasons: Sequence[str]


@dataclass(frozen=True, kw_only=True)
class PairCell:
    n: str
    share: str
    is_small: bool


@dataclass(frozen=True, kw_only=True)
class TwoWayTable:
    """The groups of one attribute as rows, those of another as columns."""

    first: str
    second: str
    columns: Sequence[str]
    rows: Sequence[tuple[str, Sequence[PairCell]]]


@dataclass(frozen=True, kw_only=True)
class AttributeCard:
    """One attribute, or a pair; `two_way` is None for a single one."""

    anchor: str
    title: str
    attribute: str
    verdict: BadgeStyle
    sentence: str
    n: str
    missing: str
    reference: str
    hidden_reason: str
    groups: Sequence[GroupRow]
    label: LabelCard | None
    two_way: TwoWayTable | None = None


def attribute_card(result: VisibleAttribute, *, port_id: int) -> AttributeCard:
    name = words(result.attribute)
    return AttributeCard(
        anchor=f"measured-{port_id}-{'-'.join(result.attribute.split())}",
        title=name,
        attribute=result.attribute,
        verdict=VERDICTS[result.verdict],
        sentence=result.sentence,
        n=result.n.text,
        missing=result.missing.text,
        reference=reference_text(result),
        hidden_reason=result.hidden_reason,
        groups=[group_row(group) for group in result.groups],
        label=label_card(result.label) if result.label else None,
        two_way=two_way(result) if result.is_pair else None,
    )


def words(attribute: str) -> str:
    return attribute.replace("_", " ")


def reference_text(result: VisibleAttribute) -> str:
    """Return what the shares are compared with."""
    if not result.reference_name:
        return _("equal shares, because the plan names none")
    dated = f" ({result.reference_date})" if result.reference_date else ""
    return f"{result.reference_name}{dated}"


def group_row(group: VisibleGroup) -> GroupRow:
    return GroupRow(
        group=group.group,
        n=group.count.text,
        share=_(HIDDEN) if group.is_hidden else share_text(group.share),
        interval=interval_text(group.interval_low, group.interval_high),
        reference=share_text(group.reference_share),
        gap=gap_points(group.gap) or NONE,
        ratio=decimal(group.disparity_ratio, 2),
        note=group_note(group),
        bar=Bar(
            share=group.share,
            low=group.interval_low,
            high=group.interval_high,
            reference=group.reference_share,
        ),
    )


def group_note(group: VisibleGroup) -> str:
    if group.is_rest:
        return _("all groups that the reference does not name, together")
    return _("few records") if group.is_small else ""


def interval_text(low: float | None, high: float | None) -> str:
    if low is None or high is None:
        return NONE
    return _("{low} to {high}").format(low=share_text(low), high=share_text(high))


def share_text(share: float | None) -> str:
    """Return a percentage with one decimal, or as many as tell a share from none and from all."""
    if share is None:
        return NONE
    for digits in (1, 2, 3):
        if round(100 * share, digits) not in (0, 100) or share in (0, 1):
            break
    return f"{formats.number_format(round(100 * share, digits), digits)}{THIN_SPACE}%"


def decimal(value: float | None, digits: int) -> str:
    if value is None:
        return NONE
    return formats.number_format(round(value, digits), digits).replace("-", "−")


def label_card(label: LabelResult) -> LabelCard:
    measures = [measure for group in label.groups for measure in group.measures]
    keys = list(dict.fromkeys((measure.code, measure.within) for measure in measures))
    return LabelCard(
        label=words(label.label),
        favourable=", ".join(label.favourable),
        verdict=VERDICTS[label.verdict],
        sentence=label.sentence,
        rows=[outcome_row(group, keys) for group in label.groups],
        measures=[MeasureColumn(code=code, short=short_name(code, at)) for code, at in keys],
        reasons=sorted({measure.reason for measure in measures if measure.reason}),
    )


def outcome_row(group: OutcomeGroup, keys: Sequence[tuple[str, str]]) -> OutcomeRow:
    values = {(measure.code, measure.within): measure.value for measure in group.measures}
    low, high = group.difference_low, group.difference_high
    difference = NONE
    if low is not None and high is not None:
        text = _("{low} to {high}")
        difference = text.format(low=gap_points(low), high=gap_points(high))
    return OutcomeRow(
        group=group.group,
        n=f"{group.n:,}",
        rate=share_text(group.rate),
        interval=interval_text(group.interval_low, group.interval_high),
        difference=gap_points(group.difference) or NONE,
        difference_interval=difference,
        note=_("few records") if group.is_small else "",
        bar=Bar(share=group.rate, low=group.interval_low, high=group.interval_high),
        measures=[decimal(values.get(key), 3) for key in keys],
    )


def two_way(result: VisibleAttribute) -> TwoWayTable:
    cells = {group.parts: group for group in result.groups if len(group.parts) == 2}
    rows = list(dict.fromkeys(first for first, _second in cells))
    columns = list(dict.fromkeys(second for _first, second in cells))
    return TwoWayTable(
        first=words(result.first),
        second=words(result.second),
        columns=columns,
        rows=[(row, [pair_cell(cells.get((row, column))) for column in columns]) for row in rows],
    )


def pair_cell(group: VisibleGroup | None) -> PairCell:
    if group is None:
        return PairCell(n=NONE, share="", is_small=False)
    share = "" if group.is_hidden else share_text(group.share)
    return PairCell(n=group.count.text, share=share, is_small=group.is_small)
