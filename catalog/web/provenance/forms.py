"""The form of a product's provenance: an answer to each question, and known imbalances."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from catalog.products.projection import custom, with_changes
from catalog.provenance.answers import ANSWERED
from catalog.provenance.projection import KEY
from catalog.provenance.question_types import AnswerType, Question
from catalog.provenance.questions import CURRENT_SET, QUESTION_SETS
from catalog.provenance.takeover import UpstreamAnswer
from catalog.types import FormValues, JSONObject
from catalog.web.forms.fields import SingleLineField, TextAreaField
from catalog.web.forms.formsets import TableForm
from catalog.web.products.forms import DocumentForm
from catalog.web.provenance.imbalance_rows import (
    FIELD_OF,
    ImbalanceRow,
    day_field,
    declared_row,
    initial_row,
    stored_day,
)

STATES = [
    ("answered", _("Answer")),
    ("unknown", _("Unknown")),
    ("not_applicable", _("Not applicable")),
]
PARTS = ("state", "text", "reason", "values", "start", "end")
TAKEN_PARTS = ("taken_from", "taken_version")
ANSWER_PATH = re.compile(rf"{KEY}/answers/(\w+)/?(\w*)")
ROW_PATH = re.compile(rf"{KEY}/imbalances/(\d+)(?:/reference)?/?(\w*)\Z")


def question_fields(question: Question) -> dict[str, forms.Field]:
    """Return the controls of one question by name: those of its type and those of all."""
    fields: dict[str, forms.Field] = {
        "state": forms.ChoiceField(
            label=_(question.text),
            help_text=_(question.hint),
            choices=STATES,
            required=False,
            widget=forms.RadioSelect,
        )
    }
    match question.answer_type:
        case AnswerType.CHOICES:
            fields["values"] = forms.MultipleChoiceField(
                label=_("Choices"),
                choices=[(choice.code, _(choice.label)) for choice in question.choices],
                required=False,
                widget=forms.CheckboxSelectMultiple,
            )
        case AnswerType.LIST:
            fields["values"] = TextAreaField(label=_("Entries, one a line"), required=False, rows=3)
        case AnswerType.PERIOD:
            fields |= {"start": day_field(_("From")), "end": day_field(_("To"))}
    text_label = _("Answer") if question.answer_type is AnswerType.TEXT else _("Notes")
    rows = 3 if question.answer_type is AnswerType.TEXT else 2
    fields |= {
        "text": TextAreaField(label=text_label, required=False, rows=rows),
        "reason": SingleLineField(
            label=_("Why it is not applicable"), required=False, max_length=2000
        ),
        "taken_from": _hidden_field(400),
        "taken_version": _hidden_field(60),
    }
    return {f"{question.code}-{part}": field for part, field in fields.items()}


def _hidden_field(max_length: int) -> SingleLineField:
    return SingleLineField(max_length=max_length, required=False, widget=forms.HiddenInput())


class AnswersForm(TableForm, DocumentForm):
    """The answers to the current question set, and a row for each group of each attribute.

    `question_set` is submitted by a button that moves the record to the current set.
    """

    row_form = ImbalanceRow
    question_set = SingleLineField(required=False, widget=forms.HiddenInput())

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for question in CURRENT_SET.questions:
            self.fields |= question_fields(question)

    def has_edits(self) -> bool:
        return super().has_edits() or bool(self["question_set"].data)

    def bound_parts(self, code: str) -> dict[str, forms.BoundField]:
        """Return the controls of a question by part."""
        names = {part: f"{code}-{part}" for part in (*PARTS, *TAKEN_PARTS)}
        return {part: self[name] for part, name in names.items() if name in self.fields}

    def declaration(self, current: Mapping[str, Any]) -> FormValues:
        """Return the value of the provenance property; keys without a field stay.

        The record moves to the current question set if people ask for it, if an answer needs it,
        or if it has no answers yet.
        """
        edited = self.edited()
        sent = dict(self.cleaned_data)
        sent |= {name: self.initial.get(name) for name in self.fields.keys() - edited}
        before, after = (
            {code: answer for code in CURRENT_SET.codes if (answer := _answer(values, code))}
            for values in (self.initial, sent)
        )
        for code in after.keys() & before.keys():
            _drop_origin_of_edited(code, after[code], edited)
        declared = with_changes(current, {"answers": before}, {"answers": after})
        version = current.get("questionSet", CURRENT_SET.version)
        is_new = not current.get("answers") and "questionSet" not in current and after
        if is_new or sent["question_set"] or not _answers_fit(after, version):
            declared["questionSet"] = CURRENT_SET.version
        declared |= {"imbalances": [declared_row(row) for row in self.filled_rows]}
        return {key: value for key, value in declared.items() if value or key in current}

    def field_for(self, location: str) -> tuple[forms.Form, str | None]:
        path = self.path_of(location)
        if match := ANSWER_PATH.match(path):
            name = f"{match[1]}-{match[2]}"
            return self, name if name in self.fields else f"{match[1]}-state"
        if (match := ROW_PATH.match(path)) and int(match[1]) < len(self.filled_rows):
            row = self.filled_rows[int(match[1])]
            return row, FIELD_OF.get(match[2], match[2]) or "attribute"
        return super().field_for(location)


def _answer(values: Mapping[str, Any], code: str) -> FormValues:
    parts = {part: values.get(f"{code}-{part}") for part in (*PARTS, *TAKEN_PARTS)}
    listed = parts["values"]
    if isinstance(listed, str):
        listed = [line.strip() for line in listed.splitlines() if line.strip()]
    content = {
        "text": parts["text"],
        "values": listed,
        "start": parts["start"].isoformat() if parts["start"] else None,
        "end": parts["end"].isoformat() if parts["end"] else None,
    }
    state = parts["state"] or (ANSWERED if any(content.values()) else "")
    origin = {"product": parts["taken_from"], "version": parts["taken_version"]}
    answer = {
        "state": state,
        **content,
        "reason": parts["reason"] if state else None,
        "takenFrom": {key: value for key, value in origin.items() if value},
    }
    return {key: value for key, value in answer.items() if value} if state else {}


def _drop_origin_of_edited(code: str, answer: FormValues, edited: Iterable[str]) -> None:
    """Remove where an answer was taken over from once people have changed what it says."""
    names = set(edited)
    if any(f"{code}-{part}" in names for part in PARTS) and not any(
        f"{code}-{part}" in names for part in TAKEN_PARTS
    ):
        answer.pop("takenFrom", None)


def _answers_fit(answers: Mapping[str, Mapping[str, Any]], version: str) -> bool:
    """Return True if a question set has all these questions, and their types of answer."""
    questions = QUESTION_SETS[version]
    types = {question.code: question.answer_type for question in questions.questions}
    return all(
        code in types and (types[code] is not AnswerType.TEXT or not answer.keys() & _TYPED_KEYS)
        for code, answer in answers.items()
    )


_TYPED_KEYS = {"values", "start", "end"}


def initial_from(tree: JSONObject) -> FormValues:
    declared = custom(tree, KEY) or {}
    values: FormValues = {}
    for code, answer in (declared.get("answers") or {}).items():
        values |= {f"{code}-{part}": answer.get(part, "") for part in ("state", "text", "reason")}
        values |= {f"{code}-{part}": stored_day(answer.get(part)) for part in ("start", "end")}
        values[f"{code}-values"] = _initial_values(code, answer.get("values") or [])
        origin = answer.get("takenFrom") or {}
        values[f"{code}-taken_from"] = origin.get("product") or ""
        values[f"{code}-taken_version"] = origin.get("version") or ""
    return values | {"rows": [initial_row(row) for row in declared.get("imbalances") or []]}


def _initial_values(code: str, listed: list[str]) -> list[str] | str:
    question = CURRENT_SET.question(code)
    return listed if question and question.choices else "\n".join(listed)


def fill_in(data: QueryDict, offer: UpstreamAnswer) -> None:
    """Fill the controls of a question as if people had typed the answer of an upstream product."""
    for name, value in _submitted_parts(offer):
        if isinstance(value, list):
            data.setlist(name, value)
        else:
            data[name] = value


def _submitted_parts(offer: UpstreamAnswer) -> Iterator[tuple[str, Any]]:
    answer = offer.answer
    yield f"{answer.question}-state", answer.state
    yield f"{answer.question}-text", answer.text
    yield f"{answer.question}-reason", answer.reason
    yield f"{answer.question}-values", _initial_values(answer.question, answer.values)
    for part, day in (("start", answer.start), ("end", answer.end)):
        yield f"{answer.question}-{part}", day.isoformat() if day else ""
    yield f"{answer.question}-taken_from", offer.identifier
    yield f"{answer.question}-taken_version", offer.product.version
