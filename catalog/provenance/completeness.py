"""How complete a provenance record is for those who judge a product by it; pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from catalog.provenance.answers import ANSWERED, NOT_APPLICABLE, UNKNOWN, Answer
from catalog.provenance.question_types import Audience, QuestionSet


@dataclass(frozen=True, kw_only=True)
class Completeness:
    """The codes of the questions that an audience needs, by the state of their answers.

    An unknown is not answered; what does not apply is, with its reason.
    """

    audience: Audience
    answered: tuple[str, ...] = ()
    not_applicable: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    open: tuple[str, ...] = ()

    @property
    def total(self) -> int:
        return self.done + len(self.missing)

    @property
    def done(self) -> int:
        return len(self.answered) + len(self.not_applicable)

    @property
    def missing(self) -> tuple[str, ...]:
        """Return what nobody has answered, and what is unknown."""
        return self.open + self.unknown

    @property
    def is_complete(self) -> bool:
        return not self.missing


def completeness(questions: QuestionSet, answers: Iterable[Answer]) -> list[Completeness]:
    """Return the completeness for each audience."""
    states = {answer.question: answer.state for answer in answers}
    return [_for_audience(audience, questions, states) for audience in Audience]


def _for_audience(
    audience: Audience, questions: QuestionSet, states: Mapping[str, str]
) -> Completeness:
    needed = [row.code for row in questions.questions if audience in row.audiences]

    def in_state(state: str) -> tuple[str, ...]:
        return tuple(code for code in needed if states.get(code, "") == state)

    return Completeness(
        audience=audience,
        answered=in_state(ANSWERED),
        not_applicable=in_state(NOT_APPLICABLE),
        unknown=in_state(UNKNOWN),
        open=in_state(""),
    )
