"""Answers of upstream products: those to take over, and what became of those taken over before."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from catalog.authorization.access import AccessContext
from catalog.ports.models import InputPort
from catalog.products.models import DataProduct, DataProductQuerySet
from catalog.provenance.answers import answer_texts, same_content
from catalog.provenance.models import ProvenanceAnswer
from catalog.provenance.questions import CURRENT_SET

_COLUMNS = "uuid document_id slug name version status domain__slug domain__name".split()


@dataclass(frozen=True, kw_only=True)
class UpstreamAnswer:
    """What an upstream product answers to one question."""

    product: DataProduct
    answer: ProvenanceAnswer

    @property
    def identifier(self) -> str:
        return self.product.document_id

    @property
    def text(self) -> str:
        """Return the whole answer in one line."""
        question = CURRENT_SET.question(self.answer.question)
        return " · ".join(answer_texts(question, self.answer)) if question else ""


@dataclass(frozen=True, kw_only=True)
class AnswerOrigin:
    """Where an answer was taken over from.

    `product` is None if the reader cannot see it, or it is not here; `current` is what it answers
    now.
    """

    version: str
    product: DataProduct | None = None
    current: ProvenanceAnswer | None = None
    has_changed: bool = False


def upstream_answers(
    product: DataProduct, access: AccessContext
) -> dict[str, list[UpstreamAnswer]]:
    """Return by question what the products of its input ports answer, if a reader may see them."""
    inputs = InputPort.objects.filter(product=product.pk, source__isnull=False)
    sources = _visible(access).filter(pk__in=inputs.values("source")).exclude(document_id="")
    products = {row.pk: row for row in sources.exclude(pk=product.published_row.pk)}
    answers: dict[str, list[UpstreamAnswer]] = {}
    for source, answer in _answers_of(products.values()):
        if answer.state == ProvenanceAnswer.State.ANSWERED:
            offer = UpstreamAnswer(product=source, answer=answer)
            answers.setdefault(answer.question, []).append(offer)
    return answers


def answer_origins(
    answers: Collection[ProvenanceAnswer], access: AccessContext
) -> dict[str, AnswerOrigin]:
    """Return by question where the answers that were taken over come from."""
    copied = [answer for answer in answers if answer.taken_from]
    if not copied:
        return {}
    identifiers = {answer.taken_from for answer in copied}
    visible = _visible(access).filter(document_id__in=identifiers)
    products = {row.document_id: row for row in visible}
    current = {
        (source.document_id, answer.question): answer
        for source, answer in _answers_of(products.values())
    }
    return {
        answer.question: _origin(
            answer,
            products.get(answer.taken_from),
            current.get((answer.taken_from, answer.question)),
        )
        for answer in copied
    }


def _origin(
    answer: ProvenanceAnswer, product: DataProduct | None, current: ProvenanceAnswer | None
) -> AnswerOrigin:
    return AnswerOrigin(
        version=answer.taken_version,
        product=product,
        current=current,
        has_changed=product is not None and (current is None or not same_content(answer, current)),
    )


def _visible(access: AccessContext) -> DataProductQuerySet:
    products = DataProduct.objects.visible_to(access).live()
    return products.select_related("domain").only(*_COLUMNS).order_by("domain__name", "name", "pk")


def _answers_of(products: Iterable[DataProduct]) -> list[tuple[DataProduct, ProvenanceAnswer]]:
    by_key = {product.pk: product for product in products}
    if not by_key:
        return []
    rows = ProvenanceAnswer.objects.filter(record__product__in=by_key).select_related("record")
    places = {key: place for place, key in enumerate(by_key)}
    answers = sorted(rows, key=lambda row: (places[row.record.product_id], row.pk))
    return [(by_key[row.record.product_id], row) for row in answers]
