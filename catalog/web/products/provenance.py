"""The provenance tab: an answer to each question, and how complete they are."""

from dataclasses import dataclass

from django.db.models import prefetch_related_objects
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from catalog.authorization.access import AccessContext
from catalog.products.models import DataProduct
from catalog.provenance.answers import answer_texts
from catalog.provenance.completeness import Completeness, completeness
from catalog.provenance.models import ProvenanceAnswer, ProvenanceRecord
from catalog.provenance.question_types import Audience, Question, QuestionSet, Topic
from catalog.provenance.questions import CURRENT_SET, QUESTION_SETS, new_questions
from catalog.provenance.takeover import AnswerOrigin, answer_origins
from catalog.web.pages import render_page
from catalog.web.products.layout import ProductFrame, product_frame
from catalog.web.products.lookup import on_product

AUDIENCES = {
    Audience.ANALYST: _("Analysts"),
    Audience.MODEL_BUILDER: _("Model builders"),
    Audience.AUDITOR: _("Auditors"),
}


@dataclass(frozen=True)
class QuestionAnswer:
    """A question with its answer, and where that was taken over from; None if there is none."""

    question: Question
    answer: ProvenanceAnswer | None
    origin: AnswerOrigin | None = None

    @property
    def texts(self) -> list[str]:
        return answer_texts(self.question, self.answer) if self.answer else []


@dataclass(frozen=True)
class TopicAnswers:
    """The optional questions of one topic that have an answer, and those that are open."""

    topic: Topic
    answered: list[QuestionAnswer]
    open: list[Question]


@dataclass(frozen=True)
class AudienceRow:
    """How complete the record is for one audience, and the questions that are missing."""

    label: Promise
    counts: Completeness
    missing: list[Question]


@dataclass(frozen=True, kw_only=True)
class ProvenancePage:
    """`new_count` is how many questions of the current set the record's older set does not ask."""

    frame: ProductFrame
    question_set: str
    new_count: int
    answers: list[QuestionAnswer]
    topics: list[TopicAnswers]
    audiences: list[AudienceRow]
    open_count: int


@on_product
def product_provenance(
    request: HttpRequest, product: DataProduct, access: AccessContext
) -> HttpResponse:
    record: ProvenanceRecord | None = getattr(product, "provenance", None)
    if record is not None:
        prefetch_related_objects([record], "answers")
    answers = question_answers(record, access)
    api_url = reverse("api:product_provenance", args=[product.uuid])
    required = [row for row in answers if row.question.is_required]
    page = ProvenancePage(
        frame=product_frame(request, product, access, tab="product_provenance", api_url=api_url),
        question_set=question_set_of(record).version,
        new_count=len(new_questions(question_set_of(record).version)),
        answers=required,
        topics=topics_of(question_set_of(record), answers),
        audiences=audience_rows(record),
        open_count=sum(row.answer is None for row in required),
    )
    return render_page(request, "catalog/products/provenance.html", page)


def question_set_of(record: ProvenanceRecord | None) -> QuestionSet:
    return QUESTION_SETS.get(record.question_set, CURRENT_SET) if record else CURRENT_SET


def question_answers(
    record: ProvenanceRecord | None, access: AccessContext
) -> list[QuestionAnswer]:
    """Return every question of the record's set, or of the current set without a record."""
    answers = {row.question: row for row in record.answers.all()} if record else {}
    origins = answer_origins(list(answers.values()), access)
    return [
        QuestionAnswer(row, answers.get(row.code), origins.get(row.code))
        for row in question_set_of(record).questions
    ]


def topics_of(questions: QuestionSet, answers: list[QuestionAnswer]) -> list[TopicAnswers]:
    """Return the topics with optional questions."""
    by_code = {row.question.code: row for row in answers if not row.question.is_required}
    topics = []
    for topic, listed in questions.by_topic():
        rows = [by_code[question.code] for question in listed if question.code in by_code]
        answered = [row for row in rows if row.answer]
        if rows:
            topics.append(TopicAnswers(topic, answered, [r.question for r in rows if not r.answer]))
    return topics


def audience_rows(record: ProvenanceRecord | None) -> list[AudienceRow]:
    questions = question_set_of(record)
    by_code = {question.code: question for question in questions.questions}
    return [
        AudienceRow(AUDIENCES[row.audience], row, [by_code[code] for code in row.missing])
        for row in completeness(questions, record.answers.all() if record else ())
    ]
