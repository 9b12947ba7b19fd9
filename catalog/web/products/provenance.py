"""The provenance tab: an answer to each question, and how groups are represented."""

from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby

from django.db.models import prefetch_related_objects
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from catalog.authorization.access import AccessContext
from catalog.products.models import DataProduct
from catalog.provenance.models import Imbalance, ProvenanceAnswer, ProvenanceRecord
from catalog.provenance.question_types import Question
from catalog.provenance.questions import CURRENT_SET, QUESTION_SETS
from catalog.provenance.representation import effective_rows
from catalog.web.pages import render_page
from catalog.web.products.layout import ProductFrame, product_frame
from catalog.web.products.lookup import on_product


@dataclass(frozen=True)
class QuestionAnswer:
    """A question with its answer; None if it is not answered yet."""

    question: Question
    answer: ProvenanceAnswer | None


@dataclass(frozen=True)
class Representation:
    """The share of each group of one attribute, and of the same groups in a reference."""

    attribute: str
    groups: list[Imbalance]

    @property
    def is_measured(self) -> bool:
        return self.groups[0].origin == "measured"

    @property
    def measured_at(self) -> datetime | None:
        return self.groups[0].measured_at

    @property
    def reference(self) -> str:
        return next((row.reference_name for row in self.groups if row.reference_name), "")

    @property
    def reference_date(self) -> date | None:
        return self.groups[0].reference_date

    @property
    def label(self) -> str:
        return self.attribute.replace("_", " ")

    @property
    def largest_gap(self) -> Imbalance | None:
        """Return the group that differs most from its reference; None without a reference."""
        with_gap = [row for row in self.groups if row.gap is not None]
        return max(with_gap, key=lambda row: abs(row.gap or 0), default=None)

    @property
    def gap_size(self) -> float:
        return abs(self.largest_gap.gap or 0) if self.largest_gap else -1


@dataclass(frozen=True, kw_only=True)
class ProvenancePage:
    """`imbalance_state` is the state of the answer about imbalances, empty without one."""

    frame: ProductFrame
    answers: list[QuestionAnswer]
    representations: list[Representation]
    open_count: int
    imbalance_state: str


@on_product
def product_provenance(
    request: HttpRequest, product: DataProduct, access: AccessContext
) -> HttpResponse:
    record: ProvenanceRecord | None = getattr(product, "provenance", None)
    if record is not None:
        prefetch_related_objects([record], "answers", "imbalances")
    answers = question_answers(record)
    states = {row.question.code: row.answer.state for row in answers if row.answer}
    api_url = reverse("api:product_provenance", args=[product.uuid])
    page = ProvenancePage(
        frame=product_frame(request, product, access, tab="product_provenance", api_url=api_url),
        answers=answers,
        representations=representations(record),
        open_count=len(answers) - len(states),
        imbalance_state=states.get("known_imbalances", ""),
    )
    return render_page(request, "catalog/products/provenance.html", page)


def question_answers(record: ProvenanceRecord | None) -> list[QuestionAnswer]:
    """Return every question of the record's set, or of the current set without a record."""
    answers = {row.question: row for row in record.answers.all()} if record else {}
    question_set = QUESTION_SETS.get(record.question_set, CURRENT_SET) if record else CURRENT_SET
    return [QuestionAnswer(row, answers.get(row.code)) for row in question_set.questions]


def representations(record: ProvenanceRecord | None) -> list[Representation]:
    """Return each attribute, largest gap first; measured rows replace declared ones."""
    rows = effective_rows(record.imbalances.all()) if record else []
    rows.sort(key=lambda row: row.attribute)
    by_attribute = groupby(rows, key=lambda row: row.attribute)
    attributes = [Representation(attribute, list(groups)) for attribute, groups in by_attribute]
    return sorted(attributes, key=lambda attribute: attribute.gap_size, reverse=True)
