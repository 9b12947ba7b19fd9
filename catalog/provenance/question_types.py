"""Questions of the provenance record: what each asks, who needs it, its standard names; pure."""

from dataclasses import dataclass
from enum import StrEnum


class Audience(StrEnum):
    """Those who judge a product by its record."""

    ANALYST = "analyst"
    MODEL_BUILDER = "model_builder"
    AUDITOR = "auditor"


class AnswerType(StrEnum):
    """What an answer may hold besides a text: codes of `choices`, entries of a list, two days."""

    TEXT = "text"
    CHOICES = "choices"
    LIST = "list"
    PERIOD = "period"


@dataclass(frozen=True)
class Choice:
    """One value of a question with choices; `term` is what Croissant RAI calls it."""

    code: str
    label: str
    term: str = ""


@dataclass(frozen=True)
class Topic:
    """A part of the record, in the order of forms and pages."""

    code: str
    title: str


@dataclass(frozen=True)
class Question:
    """One question; `text` and `hint` are what pages and forms print.

    `is_required`: publication waits for its answer. `rai` is the property of Croissant RAI without
    its prefix, `datasheet` the fields of a datasheet (D4D), `odcs` a JSON Pointer of ODCS or ODPS,
    `rdf` a compact IRI of DCAT, PROV, Dublin Core or the Data Privacy Vocabulary; all may be empty.
    """

    code: str
    text: str
    hint: str
    topic: str = ""
    audiences: tuple[Audience, ...] = tuple(Audience)
    answer_type: AnswerType = AnswerType.TEXT
    choices: tuple[Choice, ...] = ()
    is_required: bool = False
    rai: str = ""
    datasheet: tuple[str, ...] = ()
    odcs: str = ""
    rdf: str = ""

    def choice(self, code: str) -> Choice | None:
        return next((choice for choice in self.choices if choice.code == code), None)


@dataclass(frozen=True)
class QuestionSet:
    """The questions that one edition of the record asks."""

    version: str
    questions: tuple[Question, ...]

    @property
    def codes(self) -> tuple[str, ...]:
        return tuple(question.code for question in self.questions)

    @property
    def required_codes(self) -> tuple[str, ...]:
        return tuple(question.code for question in self.questions if question.is_required)

    def question(self, code: str) -> Question | None:
        return next((question for question in self.questions if question.code == code), None)

    def by_topic(self) -> list[tuple[Topic, list[Question]]]:
        """Return the topics that have questions, each with its own."""
        topics = [(topic, [q for q in self.questions if q.topic == topic.code]) for topic in TOPICS]
        return [(topic, questions) for topic, questions in topics if questions]


TOPICS = (
    Topic("purpose", "Why it was made"),
    Topic("collection", "Source and collection"),
    Topic("content", "Content"),
    Topic("preparation", "Preparation"),
    Topic("annotation", "Labels and annotation"),
    Topic("people", "People and sensitive data"),
    Topic("bias", "Bias and limits"),
    Topic("uses", "Uses"),
    Topic("maintenance", "Maintenance"),
    Topic("rights", "Rights"),
    Topic("derivation", "Derivation"),
)
