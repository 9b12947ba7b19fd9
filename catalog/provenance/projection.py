"""Provenance as a product's tree declares it; pure."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from jsonpointer import escape

from catalog.exceptions import ValidationFailed
from catalog.products.projection import custom, custom_pointer
from catalog.products.tree_reader import TreeReader
from catalog.provenance.answers import ANSWERED, NOT_APPLICABLE, UNKNOWN
from catalog.provenance.question_types import AnswerType, Question
from catalog.provenance.questions import CURRENT_SET, QUESTION_SETS
from catalog.provenance.shares import exceeding_index
from catalog.types import JSONObject, JSONValue

KEY = "assayProvenance"
STATES = (ANSWERED, UNKNOWN, NOT_APPLICABLE)
MAX_IMBALANCES = 2_000
MAX_VALUES = 200
MAX_VALUE_LENGTH = 2_000
ATTRIBUTE = re.compile(r"[a-z][a-z0-9_]{0,59}\Z")


@dataclass(frozen=True, kw_only=True)
class DeclaredAnswer:
    """One answer: a text, or that it is unknown, or the reason why it does not apply.

    `values` are entries of a list or codes of choices; `taken_from` is the document id of the
    upstream product that the answer was taken over from, in its version `taken_version`.
    """

    question: str
    state: str
    text: str = ""
    reason: str = ""
    values: tuple[str, ...] = ()
    start: date | None = None
    end: date | None = None
    taken_from: str = ""
    taken_version: str = ""


@dataclass(frozen=True, kw_only=True)
class DeclaredImbalance:
    """One group of one attribute; shares are from 0 to 1, `n` counts records."""

    attribute: str
    group: str
    share: float | None = None
    reference_share: float | None = None
    n: int | None = None
    reference_name: str = ""
    reference_date: date | None = None
    assessor: str = ""
    assessed_on: date | None = None
    explanation: str = ""


@dataclass(frozen=True, kw_only=True)
class DeclaredProvenance:
    """What a tree declares of its provenance."""

    question_set: str = CURRENT_SET.version
    answers: tuple[DeclaredAnswer, ...] = ()
    imbalances: tuple[DeclaredImbalance, ...] = ()


def parse_provenance(tree: JSONObject) -> DeclaredProvenance:
    """Return what a product's tree declares. Raises ValidationFailed with every issue."""
    declared, at = custom(tree, KEY), custom_pointer(tree, KEY)
    if declared is None:
        return DeclaredProvenance()
    reader = TreeReader()
    if not isinstance(declared, Mapping):
        raise ValidationFailed.of(at, "Must be an object.")
    version = declared.get("questionSet", CURRENT_SET.version)
    if not isinstance(version, str) or version not in QUESTION_SETS:
        hint = f"Use {', '.join(QUESTION_SETS)}."
        reader.add_issue(f"{at}/questionSet", f"Unknown question set {version!r}.", hint)
        version = CURRENT_SET.version
    provenance = DeclaredProvenance(
        question_set=version,
        answers=_answers(reader, declared, version, at),
        imbalances=_imbalances(reader, declared, at),
    )
    reader.finish()
    return provenance


def _answers(
    reader: TreeReader, declared: Mapping[str, JSONValue], version: str, at: str
) -> tuple[DeclaredAnswer, ...]:
    questions, answers = QUESTION_SETS[version], []
    for code, item in reader.mapping(declared, "answers", at).items():
        location = f"{at}/answers/{escape(str(code))}"
        question = questions.question(code)
        if question is None:
            reader.add_issue(location, "Unknown question.", _question_hint(code, questions.codes))
        elif not isinstance(item, Mapping):
            reader.add_issue(location, "Must be an object with a state.")
        elif item.get("state") not in STATES:
            reader.add_issue(f"{location}/state", "Unknown state.", f"Use {', '.join(STATES)}.")
        else:
            answers.append(_answer(reader, question, item, location))
    return tuple(answers)


def _question_hint(code: str, codes: tuple[str, ...]) -> str:
    if code in CURRENT_SET.codes:
        return f"It belongs to question set {CURRENT_SET.version}: set questionSet to that."
    return f"Use one of {', '.join(codes)}."


def _answer(
    reader: TreeReader, question: Question, item: Mapping[str, JSONValue], at: str
) -> DeclaredAnswer:
    source = reader.mapping(item, "takenFrom", at)
    answer = DeclaredAnswer(
        question=question.code,
        state=str(item["state"]),
        text=reader.text(item, "text", at),
        reason=reader.text(item, "reason", at),
        values=_values(reader, question, item, at),
        start=_day(reader, item, "start", at),
        end=_day(reader, item, "end", at),
        taken_from=reader.text(source, "product", f"{at}/takenFrom", 400),
        taken_version=reader.text(source, "version", f"{at}/takenFrom", 60),
    )
    has_period = answer.start is not None or answer.end is not None
    if has_period and question.answer_type is not AnswerType.PERIOD:
        key = "start" if answer.start else "end"
        reader.add_issue(f"{at}/{key}", "This question has no period.", "Write it in the text.")
    if answer.start and answer.end and answer.start > answer.end:
        reader.add_issue(f"{at}/end", "The period ends before it begins.")
    if answer.state == ANSWERED and not (answer.text or answer.values or has_period):
        hint = "Write it, or set the state to unknown."
        reader.add_issue(f"{at}/text", "An answer needs a text.", hint)
    if answer.state == NOT_APPLICABLE and not answer.reason:
        reader.add_issue(f"{at}/reason", "Say why the question does not apply.")
    if source and not answer.taken_from:
        reader.add_issue(f"{at}/takenFrom/product", "Name the product by the id of its document.")
    return answer


def _values(
    reader: TreeReader, question: Question, item: Mapping[str, JSONValue], at: str
) -> tuple[str, ...]:
    listed = item.get("values")
    if listed is None:
        return ()
    if not isinstance(listed, list) or not all(isinstance(value, str) for value in listed):
        reader.add_issue(f"{at}/values", "Must be a list of strings.")
        return ()
    if listed and question.answer_type not in (AnswerType.LIST, AnswerType.CHOICES):
        reader.add_issue(f"{at}/values", "This question has no list.", "Write it in the text.")
        return ()
    if len(listed) > MAX_VALUES:
        reader.add_issue(f"{at}/values", f"At most {MAX_VALUES} entries.")
        return ()
    choices = {choice.code for choice in question.choices}
    for index, value in enumerate(listed):
        if choices and value not in choices:
            hint = f"Use {', '.join(sorted(choices))}."
            reader.add_issue(f"{at}/values/{index}", f"Unknown choice {value[:60]!r}.", hint)
        elif not value.strip() or len(value) > MAX_VALUE_LENGTH:
            message = f"Must have 1 to {MAX_VALUE_LENGTH} characters."
            reader.add_issue(f"{at}/values/{index}", message)
    return tuple(value.strip() for value in listed)


def _day(reader: TreeReader, item: Mapping[str, JSONValue], key: str, at: str) -> date | None:
    text = reader.text(item, key, at, 40)
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        reader.add_issue(f"{at}/{key}", f"{text!r} is not a date.", "Write it as 2026-03-31.")
        return None


def _imbalances(
    reader: TreeReader, declared: Mapping[str, JSONValue], at: str
) -> tuple[DeclaredImbalance, ...]:
    rows = declared.get("imbalances")
    if isinstance(rows, list) and len(rows) > MAX_IMBALANCES:
        reader.add_issue(f"{at}/imbalances", f"At most {MAX_IMBALANCES} rows.")
        return ()
    imbalances = [
        _imbalance(reader, item, location)
        for location, item in reader.objects(declared, "imbalances", at)
    ]
    groups = Counter((row.attribute, row.group) for row in imbalances)
    for (attribute, group), count in sorted(groups.items()):
        if count > 1:
            message = f"Duplicate group {attribute} {group}."
            reader.add_issue(f"{at}/imbalances", message, "Keep one row for each group.")
    _check_totals(reader, imbalances, f"{at}/imbalances")
    return tuple(imbalances)


def _check_totals(reader: TreeReader, rows: Sequence[DeclaredImbalance], at: str) -> None:
    """Report the group with which an attribute's shares exceed the whole."""
    positions: dict[str, list[int]] = {}
    for position, row in enumerate(rows):
        positions.setdefault(row.attribute, []).append(position)
    for attribute, listed in positions.items():
        for key, shares in (
            ("share", [rows[position].share for position in listed]),
            ("referenceShare", [rows[position].reference_share for position in listed]),
        ):
            index = exceeding_index(shares)
            if index is not None:
                total = sum(share or 0 for share in shares)
                message = f"The groups of {attribute} add up to {total:.1%}."
                hint = "Groups that overlap are attributes of their own."
                reader.add_issue(f"{at}/{listed[index]}/{key}", message, hint)


def _imbalance(reader: TreeReader, item: Mapping[str, JSONValue], at: str) -> DeclaredImbalance:
    attribute, group = reader.text(item, "attribute", at, 60), reader.text(item, "group", at, 200)
    if not ATTRIBUTE.match(attribute):
        hint = "Use small letters, digits and underscores, such as age_band."
        reader.add_issue(f"{at}/attribute", f"{attribute!r} is not an attribute.", hint)
    if not group:
        reader.add_issue(f"{at}/group", "An imbalance needs a group.")
    n = item.get("n")
    if n is not None and (type(n) is not int or not 0 <= n < 2**53):
        reader.add_issue(f"{at}/n", "Must be a whole number of records.")
        n = None
    reference = reader.mapping(item, "reference", at)
    return DeclaredImbalance(
        attribute=attribute,
        group=group,
        share=_share(reader, item, "share", at),
        reference_share=_share(reader, item, "referenceShare", at),
        n=n,
        reference_name=reader.text(reference, "name", f"{at}/reference", 200),
        reference_date=_day(reader, reference, "date", f"{at}/reference"),
        assessor=reader.text(item, "assessor", at, 200),
        assessed_on=_day(reader, item, "assessedOn", at),
        explanation=reader.text(item, "explanation", at),
    )


def _share(reader: TreeReader, item: Mapping[str, JSONValue], key: str, at: str) -> float | None:
    value = item.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        reader.add_issue(f"{at}/{key}", "Must be a number from 0 to 1.", "Write 40 % as 0.4.")
        return None
    return float(value)
