"""What is stated about a product's groups, not measured: declared, inherited, not assessed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog.authorization.access import AccessContext
from catalog.products.models import DataProduct
from catalog.provenance.contradictions import Contradiction
from catalog.provenance.groups import RestRow, by_attribute, rest_rows
from catalog.provenance.inheritance import InheritedAttribute, inherited_imbalances
from catalog.provenance.models import Imbalance, contradictions_of
from catalog.publication.assessments import unassessed
from catalog.web.components.badges import BadgeStyle
from catalog.web.components.humanize import gap_points, number
from governance.representation.small_counts import SMALL_COUNT
from governance.representation.visible import SMALL
from governance.web.representation.cards import NONE, interval_text, share_text, words

AGREES = BadgeStyle("ok", "circle", gettext_lazy("agrees"))
CONTRADICTED = BadgeStyle("bad", "diamond", gettext_lazy("contradicted"))
EXPLAINED = BadgeStyle("warn", "triangle", gettext_lazy("contradicted, explained"))
MAX_ORIGINS = 20


@dataclass(frozen=True, kw_only=True)
class StatedRow:
    """A group as somebody states it; `measured` is empty if nothing was measured of it here."""

    group: str
    n: str
    share: str
    reference: str
    gap: str
    measured: str
    state: BadgeStyle | None
    explanation: str = ""


@dataclass(frozen=True, kw_only=True)
class StatedAttribute:
    """The groups of one attribute; `assessor` and `assessed_on` are those of the declaration."""

    title: str
    reference: str
    assessor: str
    assessed_on: date | None
    rows: Sequence[StatedRow]

    @property
    def is_compared(self) -> bool:
        return any(row.measured for row in self.rows)


@dataclass(frozen=True, kw_only=True)
class Inherited:
    """An attribute of an upstream product, which applies until it is assessed here."""

    origin: DataProduct
    is_measured: bool
    attribute: StatedAttribute


@dataclass(frozen=True, kw_only=True)
class Statements:
    """`contradictions` are unexplained ones, `not_assessed` names of attributes."""

    declared: Sequence[StatedAttribute]
    contradictions: Sequence[Contradiction]
    inherited: Sequence[Inherited]
    not_assessed: Sequence[str]


def statements_of(product: DataProduct, access: AccessContext) -> Statements:
    imbalances = list(Imbalance.objects.filter(record__product=product))
    declared = [row for row in imbalances if row.origin == Imbalance.Origin.DECLARED]
    measured = {_key(row): row for row in imbalances if row.origin == Imbalance.Origin.MEASURED}
    contradictions = {
        (row.attribute, row.group): row for row in contradictions_of(product, imbalances)
    }
    return Statements(
        declared=stated_attributes(declared, measured, contradictions),
        contradictions=[row for row in contradictions.values() if not row.is_explained],
        inherited=[_inherited(row) for row in inherited_imbalances(product, access)[:MAX_ORIGINS]],
        not_assessed=[words(name) for name in unassessed(product)],
    )


def _key(row: Imbalance) -> tuple[str, str]:
    return row.attribute, row.group.strip().casefold()


def stated_attributes(
    declared: Sequence[Imbalance],
    measured: Mapping[tuple[str, str], Imbalance],
    contradictions: Mapping[tuple[str, str], Contradiction],
) -> list[StatedAttribute]:
    """Return the declared attributes, each with the rest of the whole and what was measured."""
    rests = {row.attribute: [_rest(row)] for row in rest_rows(declared)}
    return [
        _attribute(
            attribute,
            rows,
            [
                _row(row, measured.get(_key(row)), contradictions.get((attribute, row.group)))
                for row in rows
            ]
            + rests.get(attribute, []),
        )
        for attribute, rows in by_attribute(declared).items()
    ]


def _attribute(
    attribute: str, rows: Sequence[Imbalance], stated: Sequence[StatedRow]
) -> StatedAttribute:
    reference = next((row for row in rows if row.reference_name), None)
    dated = reference.reference_date if reference else None
    name = reference.reference_name if reference else ""
    return StatedAttribute(
        title=words(attribute),
        reference=f"{name} ({dated.isoformat()})" if dated else name,
        assessor=next((row.assessor for row in rows if row.assessor), ""),
        assessed_on=next((row.assessed_on for row in rows if row.assessed_on), None),
        rows=stated,
    )


def _row(
    row: Imbalance, measured: Imbalance | None, contradiction: Contradiction | None
) -> StatedRow:
    state = None
    if contradiction is not None:
        state = EXPLAINED if contradiction.is_explained else CONTRADICTED
    elif measured is not None and row.share is not None:
        state = AGREES
    return StatedRow(
        group=row.group,
        n=count_text(row.n),
        share=share_text(row.share),
        reference=share_text(row.reference_share),
        gap=gap_points(row.gap) or NONE,
        measured=measured_text(measured) if measured else "",
        state=state,
        explanation=contradiction.explanation if contradiction else "",
    )


def measured_text(row: Imbalance) -> str:
    """Return the measured share with its interval, or only the interval of a hidden share."""
    interval = interval_text(row.interval_low, row.interval_high)
    return f"{share_text(row.share)} ({interval})" if row.share is not None else interval


def count_text(n: int | None) -> str:
    if n is None:
        return NONE
    return SMALL if n < SMALL_COUNT else number(n)


def _rest(rest: RestRow) -> StatedRow:
    return StatedRow(
        group=_("rest, not declared"),
        n=NONE,
        share=_("unknown") if rest.share is None else share_text(rest.share),
        reference=share_text(rest.reference_share),
        gap=gap_points(rest.gap) or NONE,
        measured="",
        state=None,
    )


def _inherited(row: InheritedAttribute) -> Inherited:
    stated = [_row(group, None, None) for group in row.rows] + list(map(_rest, row.rest))
    return Inherited(
        origin=row.origin,
        is_measured=row.is_measured,
        attribute=_attribute(row.attribute, row.rows, stated),
    )
