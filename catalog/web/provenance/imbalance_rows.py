"""Rows of declared imbalances: as a table in a form, and as the document holds them."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from catalog.products.projection import with_changes
from catalog.types import FormValues, JSONObject
from catalog.web.forms.fields import PercentField, SingleLineField
from catalog.web.forms.formsets import RowForm

FIELD_OF = {
    "referenceShare": "reference_share",
    "name": "reference",
    "date": "dated",
    "assessedOn": "assessed_on",
}


def day_field(label: Any) -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, required=False, widget=widget)


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
    dated = day_field(_("Reference, date"))
    assessor = SingleLineField(label=_("Assessed by"), max_length=200, required=False)
    assessed_on = day_field(_("Assessed on"))
    explanation = SingleLineField(
        label=_("Why it differs from a measurement"), max_length=2000, required=False
    )


def initial_row(row: JSONObject) -> FormValues:
    """Return the initial values of a row; `declared` is the row itself."""
    reference = row.get("reference") or {}
    return row | {
        "reference_share": row.get("referenceShare"),
        "reference": reference.get("name", ""),
        "dated": stored_day(reference.get("date")),
        "assessor": row.get("assessor") or "",
        "assessed_on": stored_day(row.get("assessedOn")),
        "explanation": row.get("explanation") or "",
        "declared": row,
    }


def stored_day(text: str | None) -> date | None:
    """Return a day of a document that was checked before it was stored."""
    return date.fromisoformat(text.strip()) if text and text.strip() else None


def declared_row(row: RowForm) -> FormValues:
    """Return a row as it was declared, with what was edited in it."""
    if not row.stored:
        return _imbalance(row.cleaned_data)
    sent = dict(row.stored) | {name: row.cleaned_data[name] for name in row.edited()}
    return with_changes(row.stored["declared"], _imbalance(row.stored), _imbalance(sent))


def _imbalance(row: Mapping[str, Any]) -> FormValues:
    dated, assessed_on = row["dated"], row["assessed_on"]
    reference = {"name": row["reference"], "date": dated.isoformat() if dated else None}
    values = {
        "attribute": row["attribute"] or "",
        "group": row["group"] or "",
        "share": row.get("share"),
        "referenceShare": row.get("reference_share"),
        "n": row.get("n"),
        "reference": {key: value for key, value in reference.items() if value} or None,
        "assessor": row["assessor"] or None,
        "assessedOn": assessed_on.isoformat() if assessed_on else None,
        "explanation": row["explanation"] or None,
    }
    return {key: value for key, value in values.items() if value is not None}
