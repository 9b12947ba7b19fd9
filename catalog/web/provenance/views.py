"""The page on which owners state where a product's data comes from."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.contrib import messages
from django.forms import BoundField
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalog.products.models import DataProduct
from catalog.products.projection import custom, with_custom
from catalog.provenance.models import Imbalance
from catalog.provenance.projection import KEY
from catalog.provenance.question_types import Question, Topic
from catalog.provenance.questions import CURRENT_SET, new_questions
from catalog.provenance.services import declare_provenance
from catalog.provenance.takeover import (
    AnswerOrigin,
    UpstreamAnswer,
    answer_origins,
    upstream_answers,
)
from catalog.publication.assessments import unassessed
from catalog.types import FormValues
from catalog.web.forms.versioned import VersionedForm
from catalog.web.products.editing import EditPage, TableView
from catalog.web.provenance.forms import AnswersForm, fill_in, initial_from

MAX_ATTRIBUTES = 100


@dataclass(frozen=True, kw_only=True)
class QuestionRow:
    """One question with its controls by part, and what upstream products answer to it."""

    question: Question
    parts: Mapping[str, BoundField]
    is_new: bool
    origin: AnswerOrigin | None
    offers: list[UpstreamAnswer]

    @property
    def has_errors(self) -> bool:
        return any(bound.errors for bound in self.parts.values())

    @property
    def is_open(self) -> bool:
        """Return True if nobody has answered it, here and now."""
        return not any(
            self.parts[part].value() for part in ("state", "text", "values") if part in self.parts
        )


@dataclass(frozen=True, kw_only=True)
class TopicRows:
    """The optional questions of one topic, folded unless one of them has an error."""

    topic: Topic
    rows: list[QuestionRow]

    @property
    def has_errors(self) -> bool:
        return any(row.has_errors for row in self.rows)

    @property
    def done(self) -> int:
        return sum(not row.is_open for row in self.rows)


@dataclass(frozen=True, kw_only=True)
class UpstreamOffer:
    """An upstream product, and how many questions it answers that are open here."""

    product: DataProduct
    count: int


@dataclass(frozen=True, kw_only=True)
class AnswersPage(EditPage):
    """`attributes` are those that other products name; `question_set` is that of the record."""

    attributes: list[str]
    unassessed: list[str]
    required: list[QuestionRow]
    topics: list[TopicRows]
    offers: list[UpstreamOffer]
    question_set: str
    new_count: int
    current_set: str = CURRENT_SET.version


class Answers(TableView):
    """The questions of provenance and the known imbalances."""

    step = "provenance"
    form_class = AnswersForm
    shows_stored = True
    template_name = "catalog/editing/answers.html"

    @cached_property
    def upstream(self) -> dict[str, list[UpstreamAnswer]]:
        return upstream_answers(self.product, self.access)

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        """Save, with the answers that a button takes over from an upstream product."""
        if "take" in request.POST and not self.taken_over(request.POST):
            messages.warning(request, _("There is no such answer to take over any more."))
        return super().post(request, **kwargs)

    @property
    def success_message(self) -> str:  # type: ignore[override]  # it depends on the button
        n = len(self.taken_over(self.request.POST)) if "take" in self.request.POST else 0
        if not n:
            return _("Saved.")
        return ngettext("{n} answer taken over.", "{n} answers taken over.", n).format(n=n)

    def get_form(self, data: Any = None, **options: Any) -> VersionedForm:
        """Return the form, filled with the answers that are taken over."""
        if data is not None and "take" in data:
            data = data.copy()
            for offer in self.taken_over(data):
                fill_in(data, offer)
        return super().get_form(data, **options)

    def taken_over(self, data: Mapping[str, Any]) -> list[UpstreamAnswer]:
        """Return what the value of the button names: a question, a space and a product.

        Without a question these are all answers to questions that are open in the form.
        """
        code, _space, identifier = data["take"].partition(" ")
        codes = [code] if code else [one for one in self.upstream if not data.get(f"{one}-state")]
        offers = [offer for one in codes for offer in self.upstream.get(one, ())]
        return [offer for offer in offers if offer.identifier == identifier]

    def get_success_url(self) -> str:
        """Return to the question whose answer was taken over."""
        if "take" not in self.request.POST:
            return super().get_success_url()
        code = self.request.POST["take"].partition(" ")[0]
        return self.url("product_answers") + (f"#q-{code}" if code else "")

    def get_initial(self) -> FormValues:
        return initial_from(self.product.tree)

    def save_form(self, form: AnswersForm) -> DataProduct:
        provenance = form.declaration(custom(self.product.tree, KEY) or {})
        form.document = with_custom(self.product.tree, KEY, provenance or None)
        return declare_provenance(
            product=self.product,
            provenance=provenance,
            edition=form.cleaned_data["edition"],
            actor=self.person,
        )

    def get_page(self, form: AnswersForm) -> AnswersPage:
        visible = DataProduct.objects.visible_to(self.access)
        used = Imbalance.objects.filter(visible.has("record__product_id")).order_by("attribute")
        attributes = used.values_list("attribute", flat=True).distinct()
        record = getattr(self.product, "provenance", None)
        version = record.question_set if record else CURRENT_SET.version
        rows = self.question_rows(form, {question.code for question in new_questions(version)})
        return AnswersPage(
            frame=self.frame(form),
            attributes=list(attributes[:MAX_ATTRIBUTES]),
            unassessed=unassessed(self.product),
            required=[row for row in rows.values() if row.question.is_required],
            topics=topics_of(rows),
            offers=offers_of(rows),
            question_set=version,
            new_count=len(new_questions(version)),
        )

    def question_rows(self, form: AnswersForm, new: set[str]) -> dict[str, QuestionRow]:
        record = getattr(self.product, "provenance", None)
        answers = list(record.answers.all()) if record else []
        origins = answer_origins(answers, self.access)
        return {
            question.code: QuestionRow(
                question=question,
                parts=form.bound_parts(question.code),
                is_new=question.code in new,
                origin=origins.get(question.code),
                offers=self.upstream.get(question.code, []),
            )
            for question in CURRENT_SET.questions
        }


def topics_of(rows: Mapping[str, QuestionRow]) -> list[TopicRows]:
    """Return the topics with questions that publication does not wait for."""
    topics = [
        TopicRows(topic=topic, rows=[rows[q.code] for q in questions if not q.is_required])
        for topic, questions in CURRENT_SET.by_topic()
    ]
    return [topic for topic in topics if topic.rows]


def offers_of(rows: Mapping[str, QuestionRow]) -> list[UpstreamOffer]:
    counts: dict[DataProduct, int] = {}
    for row in rows.values():
        for offer in row.offers if row.is_open else ():
            counts[offer.product] = counts.get(offer.product, 0) + 1
    return [UpstreamOffer(product=product, count=count) for product, count in counts.items()]
