"""The form of a product's provenance: an answer to each question, and known imbalances."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from catalog.products.projection import custom, with_changes
from catalog.provenance.projection import KEY
from catalog.provenance.questions import CURRENT_SET
from catalog.types import JSONObject
from catalog.web.forms.fields import PercentField, SingleLineField, TextAreaField
from catalog.web.forms.formsets import RowForm, TableForm
from catalog.web.products.forms import DocumentForm

STATES = [
    ("answered", _("Answer")),
    ("unknown", _("Unknown")),
    ("not_applicable", _("Not applicable")),
]
ANSWER_PATH = re.compile(rf"{KEY}/answers/(\w+)/?(\w*)\Z")
ROW_PATH = re.compile(rf"{KEY}/imbalances/(\d+)(?:/reference)?/?(\w*)\Z")
FIELD_OF = {"referenceShare": "reference_share", "name": "reference", "date": "dated"}


class ImbalanceRow(RowForm):
    """The share of one group of an attribute, here and in a reference population."""

    attribute = SingleLineField(
        label=_("Attribute"),
        max_length=60,
        required=False,
        widget=forms.TextInput(attrs={"list": "attributes", "autocapitalize": "none"}),
    )
    group = SingleLineField(label=_("Group"), max_length=200, required=False)
    share = PercentField(label=_("Share in data, %"), required=False)
    reference_share = PercentField(label=_("Reference, %"), required=False)
    n = forms.IntegerField(label=_("Records"), min_value=0, max_value=2**53 - 1, required=False)
    reference = SingleLineField(label=_("Reference, name"), max_length=200, required=False)
    dated = forms.DateField(
        label=_("Reference, date"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )


class AnswersForm(TableForm, DocumentForm):
    """The answers to the current question set, and a row for each group of each attribute."""

    row_form = ImbalanceRow

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for question in CURRENT_SET.questions:
            self.fields |= {
                f"{question.code}-state": forms.ChoiceField(
                    label=_(question.text),
                    help_text=_(question.hint),
                    choices=STATES,
                    required=False,
                    widget=forms.RadioSelect,
                ),
                f"{question.code}-text": TextAreaField(label=_("Answer"), required=False, rows=3),
                f"{question.code}-reason": SingleLineField(
                    label=_("Why it is not applicable"), required=False, max_length=2000
                ),
            }

    def questions(self) -> list[dict[str, Any]]:
        parts = ("state", "text", "reason")
        return [
            {"code": row.code, "is_required": row.is_required}
            | {part: self[f"{row.code}-{part}"] for part in parts}
            for row in CURRENT_SET.questions
        ]

    def declaration(self, current: Mapping[str, Any]) -> dict[str, Any]:
        """Return the value of the provenance property; keys without a field stay."""
        if current.get("questionSet", CURRENT_SET.version) != CURRENT_SET.version:
            current = dict(current) | {"questionSet": CURRENT_SET.version}
        sent = dict(self.cleaned_data)
        sent |= {name: self.initial.get(name) for name in self.fields.keys() - self.edited()}
        before, after = (
            {code: answer for code in CURRENT_SET.codes if (answer := _answer(values, code))}
            for values in (self.initial, sent)
        )
        declared = with_changes(current, {"answers": before}, {"answers": after})
        rows = [_with_edits(row) for row in self.filled_rows]
        declared |= {"imbalances": rows}
        return {key: value for key, value in declared.items() if value or key in current}

    def field_for(self, location: str) -> tuple[forms.Form, str | None]:
        path = self.path_of(location)
        if match := ANSWER_PATH.match(path):
            return self, f"{match[1]}-{match[2] or 'state'}"
        if (match := ROW_PATH.match(path)) and int(match[1]) < len(self.filled_rows):
            row = self.filled_rows[int(match[1])]
            return row, FIELD_OF.get(match[2], match[2]) or "attribute"
        return super().field_for(location)


def _answer(values: Mapping[str, Any], code: str) -> dict[str, str]:
    state, text, reason = (values.get(f"{code}-{part}") for part in ("state", "text", "reason"))
    if not state and not text:
        return {}
    answer = {"state": state or "answered", "text": text, "reason": reason}
    return {key: value for key, value in answer.items() if value}


def initial_from(tree: JSONObject) -> dict[str, Any]:
    declared = custom(tree, KEY) or {}
    values = {
        f"{code}-{part}": answer.get(part, "")
        for code, answer in (declared.get("answers") or {}).items()
        for part in ("state", "text", "reason")
    }
    rows = []
    for row in declared.get("imbalances") or []:
        reference = row.get("reference") or {}
        text = reference.get("date") or ""
        rows.append(
            row
            | {
                "reference_share": row.get("referenceShare"),
                "reference": reference.get("name", ""),
                "dated": date.fromisoformat(text.strip()) if text.strip() else None,
                "declared": row,
            }
        )
    return values | {"rows": rows}


def _with_edits(row: RowForm) -> dict[str, Any]:
    """Return a row as it was declared, with what was edited in it."""
    if not row.stored:
        return _imbalance(row.cleaned_data)
    sent = dict(row.stored) | {name: row.cleaned_data[name] for name in row.edited()}
    return with_changes(row.stored["declared"], _imbalance(row.stored), _imbalance(sent))


def _imbalance(row: Mapping[str, Any]) -> dict[str, Any]:
    dated = row["dated"]
    reference = {"name": row["reference"], "date": dated.isoformat() if dated else None}
    values = {
        "attribute": row["attribute"] or "",
        "group": row["group"] or "",
        "share": row.get("share"),
        "referenceShare": row.get("reference_share"),
        "n": row.get("n"),
        "reference": {key: value for key, value in reference.items() if value} or None,
    }
    return {key: value for key, value in values.items() if value is not None}
