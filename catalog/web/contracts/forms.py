"""Forms of a contract: its tables and columns by hand, or the whole document as a file."""

from collections.abc import Iterator, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from catalog.contracts.columns import LOGICAL_TYPES, Column
from catalog.exceptions import EditConflict
from catalog.web.forms.fields import SingleLineField, TextAreaField
from catalog.web.forms.formsets import RowForm, TableForm
from catalog.web.forms.versioned import FieldConflict, Values, VersionedForm, offer_choice

TYPES = [("", "–"), *((name, name) for name in LOGICAL_TYPES)]
PAGE_SIZE, MAX_NEW_COLUMNS = 50, 50
MAX_BYTES = 2 * 1024 * 1024


class ColumnRow(RowForm):
    """One column; `address` is empty for a new one."""

    address = forms.CharField(widget=forms.HiddenInput, max_length=1400, required=False)
    name = SingleLineField(
        label=_("Name"),
        max_length=300,
        error_messages={"required": _("Name the column, or tick Remove.")},
    )
    type = forms.ChoiceField(label=_("Type"), choices=TYPES, required=False)
    description = SingleLineField(label=_("Description"), max_length=4000, required=False)
    classification = SingleLineField(
        label=_("Classification"),
        max_length=60,
        required=False,
        widget=forms.TextInput(attrs={"list": "classifications"}),
    )
    required = forms.BooleanField(label=_("Required"), required=False)
    key = forms.BooleanField(label=_("Key"), required=False)
    depth = 0


class SchemaTableForm(TableForm):
    """One table of a contract: its name, and a page of its columns with room for more."""

    row_form = ColumnRow
    rows_prefix = "columns"
    extra = 3
    max_num = PAGE_SIZE + MAX_NEW_COLUMNS
    name = SingleLineField(label=_("Table"), max_length=300)
    description = TextAreaField(label=_("Description"), required=False, rows=2)

    def prepare_row(self, row: RowForm, values: Values) -> None:
        """Offer the column's type, which may be one of another tool, and show its depth."""
        assert isinstance(row, ColumnRow)
        offer_choice(row, "type", values["type"])
        row.depth = values.get("depth", 0)

    def clean(self) -> dict[str, Any]:
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
        return cleaned

    def edits(self) -> dict[str, Any]:
        """Return the arguments of `columns.apply_edits`: changed, removed and added columns."""
        rows = [row.cleaned_data for row in self.rows.forms if row.has_changed()]
        known = [row for row in rows if row["address"]]
        return {
            "changed": {pointer_in(row["address"]): row for row in known if not row["DELETE"]},
            "removed": [pointer_in(row["address"]) for row in known if row["DELETE"]],
            "added": [row for row in rows if not row["address"] and not row["DELETE"]],
        }


def address_of(column: Column) -> str:
    """Return what a row carries of its column: its pointer, and its name when it was shown."""
    return f"{column.pointer}={column.node.get('name', '')}"


def pointer_in(address: str) -> str:
    return address.partition("=")[0]


class NewTableForm(VersionedForm):
    """The name of one more table."""

    name = SingleLineField(
        label=_("Table"), max_length=300, help_text=_("Such as orders or order_lines.")
    )


class ContractDocumentForm(VersionedForm):
    """A whole contract as ODCS YAML or JSON, from a file or pasted."""

    file = forms.FileField(label=_("File"), required=False, max_length=255)
    text = TextAreaField(
        label=_("Or its text"),
        required=False,
        rows=16,
        max_length=MAX_BYTES,
        widget=forms.Textarea(attrs={"rows": 16, "class": "mono", "spellcheck": "false"}),
    )

    def clean(self) -> dict[str, Any]:
        """Require one of the two, within the size that is read."""
        cleaned = super().clean() or {}
        file = cleaned.get("file")
        if file and file.size > MAX_BYTES:
            self.add_error("file", _("Files are limited to 2 MB; split the contract."))
        elif not self.errors and not file and not cleaned.get("text"):
            self.add_error("file", _("Choose a file, or paste its text below."))
        return cleaned

    def show_conflict(self, conflict: EditConflict, current: Values) -> None:
        """Keep a file as its text, for no browser sends a file twice."""
        if file := self.cleaned_data.get("file"):
            file.seek(0)
            self.replace_submitted(text=file.read().decode("utf-8", "replace"))
        super().show_conflict(conflict, current)

    def find_differences(self, current: Values) -> Iterator[FieldConflict]:
        """Yield the lines of each document that the other lacks; the rest would drown them."""
        bound = self["text"]
        theirs = str(current.get("text") or "").splitlines()
        ours = str(bound.data).splitlines()
        if theirs and theirs != ours:
            yield FieldConflict(
                label=str(bound.label),
                current=_without(theirs, ours),
                submitted=_without(ours, theirs),
                url=f"#{bound.id_for_label}",
            )

    def content(self) -> tuple[bytes, str]:
        file = self.cleaned_data.get("file")
        if file:
            return file.read(), file.name
        return self.cleaned_data["text"].encode("utf-8", "surrogatepass"), str(_("text"))


def _without(lines: Sequence[str], others: Sequence[str]) -> str:
    known = set(others)
    return "\n".join(line for line in lines if line not in known)
