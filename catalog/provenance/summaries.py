"""How groups are represented in many products, read at once."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from django.db.models import Exists, FilteredRelation, OuterRef, Q

from catalog.provenance.contradictions import MeasuredShare, find_contradictions
from catalog.provenance.groups import unassessed_attributes
from catalog.provenance.models import Imbalance, ProvenanceAnswer, ProvenanceRecord
from catalog.provenance.representation import (
    BiasState,
    BiasSummary,
    bias_states,
    summarize_attributes,
)

# The question whose answer is a declaration as text.
KNOWN_IMBALANCES = "known_imbalances"


class BiasRow(NamedTuple):
    """A row of imbalances in the order of ROW_COLUMNS."""

    attribute: str
    group: str
    share: float | None
    reference_share: float | None
    interval_low: float | None
    interval_high: float | None
    origin: str
    measured_at: datetime | None
    n: int | None
    explanation: str
    position: int
    port__name: str | None

    @property
    def measured_share(self) -> MeasuredShare | None:
        """Return a measured row as it is compared with declarations."""
        if self.origin != Imbalance.Origin.MEASURED or not self.measured_at:
            return None
        return MeasuredShare(
            attribute=self.attribute,
            group=self.group,
            n=self.n,
            share=self.share,
            interval_low=self.interval_low,
            interval_high=self.interval_high,
            port=self.port__name or "",
            measured_at=self.measured_at,
        )


ROW_COLUMNS = BiasRow._fields


def summarize_bias(
    rows: Collection[BiasRow], *, answer: str, sensitive: Iterable[str]
) -> BiasSummary:
    """Return the summary of a product, given the state of its answer about imbalances.

    `sensitive` are the names of its sensitive columns and attributes.
    """
    declared = [row for row in rows if row.origin == Imbalance.Origin.DECLARED]
    measured = [share for row in rows if (share := row.measured_share)]
    contradictions = tuple(
        one for one in find_contradictions(declared, measured) if not one.is_explained
    )
    states = bias_states(
        rows,
        answer=answer,
        unassessed=unassessed_attributes(sensitive, rows),
        has_contradiction=bool(contradictions),
    )
    return BiasSummary(
        states=states,
        attributes=tuple(summarize_attributes(rows)),
        contradictions=contradictions,
    )


def bias_summaries(sensitive: Mapping[int, Sequence[str]]) -> dict[int, BiasSummary]:
    """Return the summary of each product by its key, in one statement.

    `sensitive` are the names of sensitive columns and attributes by product.
    """
    rows: dict[int, list[BiasRow]] = defaultdict(list)
    answers = dict.fromkeys(sensitive, "")
    is_about = Q(answers__question=KNOWN_IMBALANCES)
    joined = ProvenanceRecord.objects.filter(product__in=answers).annotate(
        note=FilteredRelation("answers", condition=is_about)
    )
    columns = (f"imbalances__{name}" for name in ROW_COLUMNS)
    for pk, answer, *values in joined.values_list("product_id", "note__state", *columns):
        answers[pk] = answer or ""
        if values[0] is not None:
            rows[pk].append(BiasRow(*values))
    return {
        pk: summarize_bias(rows[pk], answer=answer, sensitive=sensitive[pk])
        for pk, answer in answers.items()
    }


def in_bias_states(states: Collection[str]) -> Q:
    """Return the condition on products that are measured, or declared, as `bias_states` says."""
    rows = Imbalance.objects.filter(record__product=OuterRef("pk"))
    answers = ProvenanceAnswer.objects.filter(
        record__product=OuterRef("pk"), question=KNOWN_IMBALANCES
    )
    is_described = Q(Exists(answers.filter(state=ProvenanceAnswer.State.ANSWERED)))
    conditions: dict[BiasState, Q] = {
        BiasState.MEASURED: Q(Exists(rows.filter(origin=Imbalance.Origin.MEASURED))),
        BiasState.DECLARED: Q(Exists(rows.filter(origin=Imbalance.Origin.DECLARED))) | is_described,
    }
    condition = Q(pk__in=[])
    for state in states:
        condition |= conditions[BiasState(state)]
    return condition


def with_imbalance(attribute: str) -> Q:
    """Return the condition on products with a declared or measured row of an attribute."""
    return Q(Exists(Imbalance.objects.filter(record__product=OuterRef("pk"), attribute=attribute)))
