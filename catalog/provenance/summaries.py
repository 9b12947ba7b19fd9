"""How groups are represented in many products, read at once."""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from django.db.models import Exists, FilteredRelation, OuterRef, Q

from catalog.provenance.models import Imbalance, ProvenanceAnswer, ProvenanceRecord
from catalog.provenance.representation import (
    BiasState,
    BiasSummary,
    Row,
    bias_states,
    summarize_attributes,
)

# The question whose answer is a declaration in words.
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


ROW_COLUMNS = BiasRow._fields


def summarize_bias(rows: Collection[Row], *, answer: str) -> BiasSummary:
    """Return the summary of a product, given the state of its answer about imbalances."""
    return BiasSummary(
        states=bias_states(rows, answer=answer), attributes=tuple(summarize_attributes(rows))
    )


def bias_summaries(products: Collection[int]) -> dict[int, BiasSummary]:
    """Return the summary of each product by its key, in one statement."""
    rows: dict[int, list[BiasRow]] = defaultdict(list)
    answers = dict.fromkeys(products, "")
    is_about = Q(answers__question=KNOWN_IMBALANCES)
    joined = ProvenanceRecord.objects.filter(product__in=products).annotate(
        note=FilteredRelation("answers", condition=is_about)
    )
    columns = (f"imbalances__{name}" for name in ROW_COLUMNS)
    for pk, answer, *values in joined.values_list("product_id", "note__state", *columns):
        answers[pk] = answer or ""
        if values[0] is not None:
            rows[pk].append(BiasRow(*values))
    return {pk: summarize_bias(rows[pk], answer=answer) for pk, answer in answers.items()}


def in_bias_states(states: Collection[str]) -> Q:
    """Return the condition on products of one of the states, as `bias_states` decides them."""
    rows = Imbalance.objects.filter(record__product=OuterRef("pk"))
    answers = ProvenanceAnswer.objects.filter(
        record__product=OuterRef("pk"), question=KNOWN_IMBALANCES
    )
    is_described = Q(Exists(answers.filter(state=ProvenanceAnswer.State.ANSWERED)))
    does_not_apply = Q(Exists(answers.filter(state=ProvenanceAnswer.State.NOT_APPLICABLE)))
    conditions: dict[BiasState, Q] = {
        BiasState.MEASURED: Q(Exists(rows.filter(origin=Imbalance.Origin.MEASURED))),
        BiasState.DECLARED: Q(Exists(rows.filter(origin=Imbalance.Origin.DECLARED))) | is_described,
        BiasState.NOT_ASSESSED: ~Q(Exists(rows)) & ~is_described & ~does_not_apply,
    }
    condition = Q(pk__in=[])
    for state in states:
        condition |= conditions[BiasState(state)]
    return condition


def with_imbalance(attribute: str) -> Q:
    """Return the condition on products with a declared or measured row of an attribute."""
    return Q(Exists(Imbalance.objects.filter(record__product=OuterRef("pk"), attribute=attribute)))
