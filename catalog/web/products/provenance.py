"""The provenance and bias tab: every question with its answer, and who is under-represented."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from catalog.authorization.access import AccessContext
from catalog.products.models import DataProduct
from catalog.provenance.models import Imbalance, ProvenanceAnswer
from catalog.provenance.questions import CURRENT_SET, QUESTION_SETS, Question
from catalog.provenance.representation import effective_rows
from catalog.web.products.layout import product_frame
from catalog.web.products.lookup import on_product


@dataclass(frozen=True)
class Answered:
    """A question and what was answered; `answer` is None where it is still open."""

    question: Question
    answer: ProvenanceAnswer | None


@dataclass(frozen=True)
class Group:
    """One row of a representation table."""

    group: str
    share: float | None
    reference: float | None
    gap: float | None
    n: int | None

    @property
    def is_over(self) -> bool:
        """Say whether the group is over-represented."""
        return (self.gap or 0) > 0


@dataclass(frozen=True)
class Representation:
    """The groups of one attribute beside their reference."""

    attribute: str
    is_measured: bool
    reference: str
    rows: list[Group]
    first: Imbalance

    @property
    def label(self) -> str:
        """Return the attribute as people write it."""
        return self.attribute.replace("_", " ")

    @property
    def farthest(self) -> Group | None:
        """Return the group that is farthest from its reference."""
        known = [row for row in self.rows if row.gap is not None]
        return max(known, key=lambda row: abs(row.gap or 0), default=None)


@on_product
def product_provenance(
    request: HttpRequest, product: DataProduct, reader: AccessContext
) -> HttpResponse:
    """Show where the data comes from and which groups it shows too much or too little of."""
    answers = answers_of(product)
    context = product_frame(request, product, reader, tab="product_provenance")
    context |= {
        "answers": answers,
        "representations": representations_of(product),
        "open_count": sum(1 for item in answers if item.answer is None),
        "imbalance_answer": next(
            (item.answer for item in answers if item.question.code == "known_imbalances"), None
        ),
    }
    return render(request, "catalog/products/provenance.html", context)


@on_product
def product_provenance_json(
    request: HttpRequest, product: DataProduct, reader: AccessContext
) -> HttpResponse:
    """Give a program the answers and the representation of every attribute."""
    record = getattr(product, "provenance", None)
    return JsonResponse(
        {
            "question_set": record.question_set if record else None,
            "answers": {item.question.code: _answer_json(item) for item in answers_of(product)},
            "representation": [_attribute_json(shown) for shown in representations_of(product)],
        }
    )


def answers_of(product: DataProduct) -> list[Answered]:
    """Return every question of the product's set, or of today's where it has answered none."""
    record = getattr(product, "provenance", None)
    given = {row.question: row for row in record.answers.all()} if record else {}
    asked = QUESTION_SETS.get(record.question_set, CURRENT_SET) if record else CURRENT_SET
    return [Answered(question, given.get(question.code)) for question in asked.questions]


def representations_of(product: DataProduct) -> list[Representation]:
    """Return a table for each attribute, the farthest off first; measured rows beat declared."""
    record = getattr(product, "provenance", None)
    counted: list[Any] = list(effective_rows(record.imbalances.all())) if record else []
    shown = []
    for attribute, rows in groupby(
        sorted(counted, key=lambda row: row.attribute), key=lambda row: row.attribute
    ):
        listed = list(rows)
        groups = [Group(r.group, r.share, r.reference_share, r.gap, r.n) for r in listed]
        first = listed[0]
        named = next((row.reference_name for row in listed if row.reference_name), "")
        shown.append(Representation(attribute, first.origin == "measured", named, groups, first))
    return sorted(shown, key=_distance, reverse=True)


def _distance(shown: Representation) -> float:
    farthest = shown.farthest
    return abs(farthest.gap or 0) if farthest else -1


def _answer_json(item: Answered) -> dict[str, str | None]:
    if item.answer is None:
        return {"state": None}
    return {"state": item.answer.state, "text": item.answer.text, "reason": item.answer.reason}


def _attribute_json(shown: Representation) -> dict[str, Any]:
    return {
        "attribute": shown.attribute,
        "origin": shown.first.origin,
        "reference": shown.reference or None,
        "reference_date": shown.first.reference_date,
        "measured_at": shown.first.measured_at,
        "groups": [
            {
                "group": row.group,
                "share": row.share,
                "reference_share": row.reference,
                "gap": row.gap,
                "n": row.n,
            }
            for row in shown.rows
        ],
    }
