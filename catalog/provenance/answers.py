"""What an answer says, as texts that pages, datasheets and other formats show; pure."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Protocol

from catalog.provenance.question_types import AnswerType, Question
from catalog.provenance.questions import CURRENT_SET

ANSWERED, UNKNOWN, NOT_APPLICABLE = "answered", "unknown", "not_applicable"
_NOT_APPLICABLE = "Not applicable: "


class Answer(Protocol):
    """An answer: its state, a text, and what else its type of question may hold."""

    @property
    def question(self) -> str: ...
    @property
    def state(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def reason(self) -> str: ...
    @property
    def values(self) -> Sequence[str]: ...
    @property
    def start(self) -> date | None: ...
    @property
    def end(self) -> date | None: ...


def interval(answer: Answer) -> str:
    """Return the period of an answer as an ISO 8601 interval, open as `..`; empty without one."""
    if answer.start is None and answer.end is None:
        return ""
    days = (day.isoformat() if day else ".." for day in (answer.start, answer.end))
    return "/".join(days)


def answer_texts(question: Question, answer: Answer) -> list[str]:
    """Return an answer as texts: its entries or the labels of its choices, its period, its text."""
    choices = {choice.code: choice.label for choice in question.choices}
    values = [choices.get(value, value) for value in answer.values]
    return [text for text in (*values, interval(answer), answer.text) if text]


def same_content(one: Answer, other: Answer) -> bool:
    """Return True if two answers say the same, wherever they come from."""
    return _content(one) == _content(other)


def _content(answer: Answer) -> tuple[object, ...]:
    days = answer.start, answer.end
    return (answer.state, answer.text, answer.reason, list(answer.values), *days)


RAI_QUESTIONS = {question.rai: question for question in CURRENT_SET.questions if question.rai}
"""By property of Croissant RAI 1.0, without its prefix."""

RAI_ALIASES = {
    "dataCollectionTimeFrame": "dataCollectionTimeframe",
    "dataReleaseMaintenance": "dataReleaseMaintenancePlan",
    "dataDataManipulationProtocol": "dataManipulationProtocol",
}
"""Spellings that clients write, by the property that the vocabulary has."""


def rai_values(answers: Iterable[Answer]) -> dict[str, list[str]]:
    """Return answers as properties of Croissant RAI, which has no place for unknown ones.

    A choice is its term of the vocabulary, a period an interval. One that does not apply is
    "Not applicable" with its reason.
    """
    by_code = {answer.question: answer for answer in answers}
    values = {}
    for name, question in RAI_QUESTIONS.items():
        answer = by_code.get(question.code)
        if answer is None or answer.state == UNKNOWN:
            continue
        if answer.state == NOT_APPLICABLE:
            values[name] = [f"{_NOT_APPLICABLE}{answer.reason}"]
            continue
        terms = {choice.code: choice.term for choice in question.choices}
        listed = [terms.get(value, value) for value in answer.values]
        values[name] = [text for text in (*listed, interval(answer), answer.text) if text]
    return values


def rai_losses(answers: Iterable[Answer]) -> list[Answer]:
    """Return the answers that Croissant RAI has no property for, and those that are unknown."""
    known = {question.code for question in RAI_QUESTIONS.values()}
    return [row for row in answers if row.question not in known or row.state == UNKNOWN]


def answers_from_rai(properties: Mapping[str, Sequence[str]]) -> dict[str, dict[str, object]]:
    """Return the `answers` of a declaration from properties of Croissant RAI without prefix.

    Texts become what the question holds: terms of the vocabulary its choices, an interval its
    period, several texts a list; what fits no type is kept as text. Unknown properties are ignored.
    """
    answers: dict[str, dict[str, object]] = {}
    for name, texts in properties.items():
        question = RAI_QUESTIONS.get(RAI_ALIASES.get(name, name))
        texts = [text.strip() for text in texts if text.strip()]
        if question is None or not texts:
            continue
        if len(texts) == 1 and texts[0].startswith(_NOT_APPLICABLE):
            reason = texts[0].removeprefix(_NOT_APPLICABLE).strip()
            answers[question.code] = {"state": NOT_APPLICABLE, "reason": reason}
        else:
            answers[question.code] = {"state": ANSWERED} | _converted(question, texts)
    return answers


def _converted(question: Question, texts: Sequence[str]) -> dict[str, object]:
    if question.answer_type is AnswerType.LIST:
        return {"values": list(texts)}
    if question.answer_type is AnswerType.CHOICES:
        codes = {choice.term.casefold(): choice.code for choice in question.choices}
        known = [codes[text.casefold()] for text in texts if text.casefold() in codes]
        rest = "\n".join(text for text in texts if text.casefold() not in codes)
        return {key: value for key, value in (("values", known), ("text", rest)) if value}
    parts = [part.strip() for part in texts[0].split("/")]
    days = [_day(part) for part in parts]
    is_period = question.answer_type is AnswerType.PERIOD and len(texts) == 1 and len(parts) == 2
    is_read = all(day or part in ("", "..") for part, day in zip(parts, days, strict=True))
    if is_period and is_read and any(days):
        return {key: day for key, day in zip(("start", "end"), days, strict=True) if day}
    return {"text": "\n".join(texts)}


def _day(text: str) -> str:
    """Return the day of an ISO date or time, empty for anything else."""
    try:
        return date.fromisoformat(text[:10]).isoformat()
    except ValueError:
        return ""
