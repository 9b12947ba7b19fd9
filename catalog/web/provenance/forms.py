"""The form of a product's provenance: each question answered, and the groups it shows wrongly."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from catalog.products.projection import Tree, custom
from catalog.provenance.projection import KEY
from catalog.provenance.questions import CURRENT_SET
from catalog.web.forms import PercentField, Rows, SingleLineField, TableForm, TextAreaField
from catalog.web.products.forms import DocumentForm

STATES = [
    ("answered", _("Answer it")),
    ("unknown", _("Nobody knows")),
    ("not_applicable", _("It does not apply")),
]
ANSWER_PLACE = re.compile(rf"{KEY}/answers/(\w+)/?(\w*)\Z")
ROW_PLACE = re.compile(rf"{KEY}/imbalances/(\d+)(?:/reference)?/?(\w*)\Z")
COLUMN_OF = {"referenceShare": "reference_share", "name": "reference", "date": "dated"}


def _columns() -> Mapping[str, forms.Field]:
    return {
        "attribute": SingleLineField(
            label=_("Attribute"),
            max_length=60,
            widget=forms.TextInput(attrs={"list": "attributes", "autocapitalize": "none"}),
        ),
        "group": SingleLineField(label=_("Group"), max_length=200),
        "share": PercentField(label=_("Share here, %")),
        "reference_share": PercentField(label=_("Reference, %")),
        "n": forms.IntegerField(label=_("Records"), min_value=0, max_value=2**53 - 1),
        "reference": SingleLineField(label=_("Reference, name"), max_length=200),
        "dated": forms.DateField(
            label=_("Reference, date"),
            widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        ),
        "gone": forms.BooleanField(label=_("Remove")),
    }


class AnswersForm(TableForm, DocumentForm):
    """The answers to the present question set, and a row for each group of each attribute."""

    rows: ClassVar[Rows] = Rows("rows", _columns)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.sent: list[int] = []
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
                    label=_("Why it does not apply"), required=False, max_length=2000
                ),
            }

    def questions(self) -> list[dict[str, Any]]:
        """Return the bound fields of each question for a template."""
        parts = ("state", "text", "reason")
        return [
            {"code": code} | {part: self[f"{code}-{part}"] for part in parts}
            for code in CURRENT_SET.codes
        ]

    def declaration(self, held: Mapping[str, Any]) -> dict[str, Any]:
        """Return the value of the product's provenance property; what is no field here is kept."""
        answers = {code: answer for code in CURRENT_SET.codes if (answer := self._answer(code))}
        rows = [(index, row) for index, row in self.given() if not row["gone"]]
        self.sent = [index for index, _row in rows]
        declared = {
            "questionSet": CURRENT_SET.version,
            "answers": answers,
            "imbalances": [_imbalance(row) for _index, row in rows],
        }
        kept = {key: value for key, value in held.items() if key not in declared}
        return kept | {key: value for key, value in declared.items() if value}

    def field_at(self, location: str) -> str | None:
        """Find the question or the row that a fault is about."""
        place = self.place_of(location)
        if found := ANSWER_PLACE.match(place):
            return f"{found[1]}-{found[2] or 'state'}"
        if (found := ROW_PLACE.match(place)) and int(found[1]) < len(self.sent):
            column = COLUMN_OF.get(found[2], found[2]) or "attribute"
            return self.rows.field_name(self.sent[int(found[1])], column)
        return super().field_at(location)

    def _answer(self, code: str) -> dict[str, str]:
        state = self.cleaned_data[f"{code}-state"]
        text = self.cleaned_data[f"{code}-text"]
        if not state and not text:
            return {}
        reason = self.cleaned_data[f"{code}-reason"]
        answer = {"state": state or "answered", "text": text, "reason": reason}
        return {key: value for key, value in answer.items() if value}


def initial_from(tree: Tree) -> dict[str, Any]:
    """Return what the fields show of a tree."""
    declared = custom(tree, KEY) or {}
    shown = {
        f"{code}-{part}": answer.get(part, "")
        for code, answer in (declared.get("answers") or {}).items()
        for part in ("state", "text", "reason")
    }
    return shown | AnswersForm.rows.initial(rows_of(tree))


def rows_of(tree: Tree) -> list[dict[str, Any]]:
    """Return the imbalance rows of a tree as the fields show them."""
    declared = (custom(tree, KEY) or {}).get("imbalances") or []
    return [
        {
            "attribute": row.get("attribute", ""),
            "group": row.get("group", ""),
            "share": row.get("share"),
            "reference_share": row.get("referenceShare"),
            "n": row.get("n"),
            "reference": (row.get("reference") or {}).get("name", ""),
            "dated": (row.get("reference") or {}).get("date", ""),
        }
        for row in declared
    ]


def _imbalance(row: Mapping[str, Any]) -> dict[str, Any]:
    dated = row["dated"]
    reference = {"name": row["reference"], "date": dated.isoformat() if dated else None}
    shown = {
        "attribute": row["attribute"] or "",
        "group": row["group"] or "",
        "share": row["share"],
        "referenceShare": row["reference_share"],
        "n": row["n"],
        "reference": {key: value for key, value in reference.items() if value} or None,
    }
    return {key: value for key, value in shown.items() if value is not None}
