"""The versioned sets of questions about where a product's data comes from; pure.

A set never changes once it is used: a new version is a new set, which keeps all questions of the
one before it.
"""

from dataclasses import replace

from catalog.provenance.datasheet_questions import DATASHEET_QUESTIONS
from catalog.provenance.question_types import AnswerType, Question, QuestionSet
from catalog.provenance.responsibility_questions import RESPONSIBILITY_QUESTIONS

SET_2026_2 = QuestionSet("2026.2", DATASHEET_QUESTIONS + RESPONSIBILITY_QUESTIONS)
SET_2026_1 = QuestionSet(
    "2026.1",
    tuple(
        replace(question, answer_type=AnswerType.TEXT)
        for question in SET_2026_2.questions
        if question.is_required
    ),
)

QUESTION_SETS = {questions.version: questions for questions in (SET_2026_1, SET_2026_2)}
CURRENT_SET = SET_2026_2


def new_questions(version: str) -> tuple[Question, ...]:
    """Return what the current set asks and the set of this version does not."""
    known = QUESTION_SETS[version].codes
    return tuple(question for question in CURRENT_SET.questions if question.code not in known)
