"""Forms of the columns of a table: a page of them at once, or one with all that it can say."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.db.models import Q
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from catalog.contracts.columns import (
    CLASSIFICATIONS,
    CONTAINERS,
    LOGICAL_TYPES,
    NEW_IN_3_2,
    Column,
)
from catalog.glossary.models import Term
from catalog.types import FormValues
from catalog.web.forms.fields import ListedField, SingleLineField, TextAreaField
from catalog.web.forms.formsets import RowForm, TableForm
from catalog.web.forms.versioned import Values, offer_choice

TYPES = [("", "–"), *((name, name) for name in LOGICAL_TYPES)]
MEANINGS = {
    "none": _("nothing in it is about a person"),
    "pii": _("identifies a person by itself: a name, an e-mail address, an account"),
    "quasi-identifier": _("identifies a person with other columns: a birth date, a postcode"),
    "special-category": _("health, religion, origin, biometrics and the like"),
    "pseudonym": _("replaces a person’s identity; only holders of the key can tell whose"),
}
CLASSIFICATION_CHOICES = [("", _("not stated")), *((name, name) for name in CLASSIFICATIONS)]
PAGE_SIZE, MAX_NEW_COLUMNS = 50, 50


class ColumnFields(forms.Form):
    """What the row of a column and its own page both edit."""

    name = SingleLineField(
        label=_("Name"),
        max_length=300,
        error_messages={"required": _("Name the column, or tick Remove.")},
    )
    type = ListedField(label=_("Type"), choices=TYPES, required=False)
    description = TextAreaField(label=_("Description"), rows=1, required=False)
    classification = ListedField(
        label=_("Classification"), choices=CLASSIFICATION_CHOICES, required=False
    )
    term = SingleLineField(
        label=_("Business term"),
        required=False,
        widget=forms.TextInput(
            attrs={
                "data-suggest": reverse_lazy("term_suggestions"),
                "data-fill": "",
                "autocomplete": "off",
            }
        ),
    )
    required = forms.BooleanField(label=_("Required"), required=False)
    unique = forms.BooleanField(label=_("Unique"), required=False)
    key = forms.BooleanField(label=_("Key"), required=False)

    def offer_stored(self, values: Values) -> None:
        """Offer a type or classification of another tool that the column has already."""
        offer_choice(self, "type", values["type"])
        offer_choice(self, "classification", values["classification"])


class ColumnRow(RowForm, ColumnFields):
    """One column; `address` is empty for a new one, `url` leads to the column's own page."""

    address = forms.CharField(widget=forms.HiddenInput, max_length=1400, required=False)
    depth = 0
    url = ""


class ColumnsForm(TableForm):
    """A form with rows of columns, some of which may be new."""

    row_form = ColumnRow
    rows_prefix = "columns"
    extra = 3
    max_num = PAGE_SIZE + MAX_NEW_COLUMNS

    def prepare_row(self, row: RowForm, values: Values) -> None:
        """Offer the column's own type and classification, and show its depth."""
        assert isinstance(row, ColumnRow)
        row.offer_stored(values)
        row.depth, row.url = values.get("depth", 0), values.get("url", "")

    def clean(self) -> FormValues:
        """Reject a column that was moved meanwhile, and two of one name next to each other."""
        cleaned = super().clean()
        known = {values["address"] for values in self.initial["rows"]}
        names: set[tuple[str, str]] = set()
        for row in self.filled_rows:
            address, name = row.cleaned_data["address"], row.cleaned_data.get("name")
            if address and address not in known:
                row.add_error("name", _("Someone moved this column. Open the table again."))
            elif name:
                path = (pointer_in(address).rpartition("/properties/")[0], name)
                if path in names:
                    row.add_error("name", _("There is another column of this name."))
                names.add(path)
        self.require_known_types(self.filled_rows)
        resolve_terms([row for row in self.filled_rows if "term" in row.edited()])
        return cleaned

    def require_known_types(self, rows: Iterable[RowForm | TableForm]) -> None:
        """Reject a type that the version of the standard lacks which the contract declares."""
        declared = self.initial["api_version"]
        if declared.lstrip("v") >= "3.2":
            return
        for row in rows:
            if row.cleaned_data.get("type") in NEW_IN_3_2 and "type" in row.edited():
                text = _("ODCS %(version)s has no such type. Set apiVersion to v3.2.0 in the file.")
                row.add_error("type", text % {"version": declared})

    def edits(self) -> FormValues:
        """Return arguments of `columns.apply_edits`: changed, removed and added columns."""
        rows = [row for row in self.rows.forms if row.has_changed()]
        known = [row for row in rows if row.cleaned_data["address"]]
        return {
            "changed": {
                pointer_in(row.cleaned_data["address"]): edited
                for row in known
                if not row.cleaned_data["DELETE"] and (edited := edited_values(row))
            },
            "removed": [
                pointer_in(row.cleaned_data["address"])
                for row in known
                if row.cleaned_data["DELETE"]
            ],
            "added": [
                edited_values(row)
                for row in rows
                if not row.cleaned_data["address"] and not row.cleaned_data["DELETE"]
            ],
        }


class SchemaTableForm(ColumnsForm):
    """One table of a contract: its name, and a page of its columns with room for more."""

    name = SingleLineField(label=_("Table"), max_length=300)
    physical_name = SingleLineField(label=_("Name in the source"), max_length=2000, required=False)
    description = TextAreaField(label=_("Description"), required=False, rows=2)


class ColumnForm(ColumnsForm, ColumnFields):
    """One column with all its fields; the rows are new columns nested in it."""

    extra = 2
    max_num = MAX_NEW_COLUMNS
    address = forms.CharField(widget=forms.HiddenInput, max_length=1400)
    classification = ListedField(
        label=_("Classification"),
        choices=[
            ("", _("not stated")),
            *((name, f"{name}: {MEANINGS[name]}") for name in CLASSIFICATIONS),
        ],
        required=False,
        widget=forms.RadioSelect,
    )
    description = TextAreaField(label=_("Description"), rows=4, required=False)
    physical_name = SingleLineField(
        label=_("Name in the source"),
        max_length=2000,
        required=False,
        help_text=_("If the source spells it otherwise."),
    )
    physical_type = SingleLineField(
        label=_("Type in the source"),
        max_length=2000,
        required=False,
        help_text=_("As the source writes it, such as VARCHAR(40)."),
    )
    business_name = SingleLineField(label=_("Business name"), max_length=300, required=False)
    key_position = forms.IntegerField(
        label=_("Position in the key"),
        required=False,
        min_value=-1,
        max_value=10_000,
        help_text=_("1 for the first column of a key of several."),
    )
    item_type = ListedField(label=_("Type of the items"), choices=TYPES, required=False)
    map_key = ListedField(label=_("Type of the keys"), choices=TYPES, required=False)
    map_value = ListedField(label=_("Type of the values"), choices=TYPES, required=False)
    position = forms.IntegerField(label=_("Position in its list"), min_value=1, max_value=100_000)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.offer_stored(self.initial)
        for name in ("item_type", "map_key", "map_value"):
            offer_choice(self, name, self.initial[name])

    def clean(self) -> FormValues:
        """Reject a column that was moved, and a type that has no room for what is in it."""
        cleaned = super().clean()
        if cleaned.get("address") != self.initial["address"]:
            self.add_error("name", _("Someone moved this column. Open the table again."))
        has_nested = self.initial["nested_count"] or self.edits()["added"]
        if has_nested and cleaned.get("type") and cleaned["type"] not in CONTAINERS:
            self.add_error("type", _("It has nested columns: object, array or map."))
        self.require_known_types([self])
        if "term" in self.edited():
            resolve_terms([self])
        return cleaned


def edited_values(form: RowForm | ColumnForm) -> FormValues:
    """Return the fields of a column that were edited, by the names of `Column.fields`."""
    names = form.edited() - {"address", "DELETE", "edition", "position"}
    return {name: form.cleaned_data[name] for name in names}


def resolve_terms(rows: Iterable[forms.Form]) -> None:
    """Replace what was typed as a term by its slug; an unknown one is an error of its field."""
    rows = [row for row in rows if row.cleaned_data.get("term")]
    by_name: dict[str, str] = {}
    if rows:
        condition = Q()
        for row in rows:
            text = row.cleaned_data["term"]
            condition |= Q(slug=text) | Q(name__iexact=text)
        for slug, name in Term.objects.filter(condition).values_list("slug", "name"):
            by_name |= {name.casefold(): slug, slug: slug}
    for row in rows:
        slug = by_name.get(row.cleaned_data["term"].casefold(), "")
        row.cleaned_data["term"] = slug
        if not slug:
            row.add_error("term", _("No such term in the glossary. Choose one, or propose it."))


def address_of(column: Column) -> str:
    """Return what a row carries of its column: its pointer, and its name when it was shown."""
    return f"{column.pointer}={' '.join(str(column.node.get('name', '')).split())}"


def pointer_in(address: str) -> str:
    return address.partition("=")[0]
