"""Forms of a contract: its tables and columns by hand, or the whole document as a file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from catalog.contracts.columns import LOGICAL_TYPES, Column
from catalog.exceptions import EditConflict
from catalog.web.forms import (
    FieldConflict,
    Rows,
    SingleLineField,
    TableForm,
    TextAreaField,
    VersionedForm,
)

TYPES = [("", "–"), *((name, name) for name in LOGICAL_TYPES)]
PAGE_SIZE, MOST_BLANK = 50, 50
MOST_BYTES = 2 * 1024 * 1024


def _columns() -> Mapping[str, forms.Field]:
    return {
        "at": forms.CharField(widget=forms.HiddenInput, max_length=1400),
        "name": SingleLineField(label=_("Name"), max_length=300),
        "type": forms.ChoiceField(label=_("Type"), choices=TYPES),
        "description": SingleLineField(label=_("Description"), max_length=4000),
        "classification": SingleLineField(
            label=_("Classification"),
            max_length=60,
            widget=forms.TextInput(attrs={"list": "classifications"}),
        ),
        "required": forms.BooleanField(label=_("Required")),
        "key": forms.BooleanField(label=_("Key")),
        "gone": forms.BooleanField(label=_("Remove")),
    }


class SchemaTableForm(TableForm):
    """One table of a contract: its name, and a page of its columns with room for more."""

    rows: ClassVar[Rows] = Rows("columns", _columns)
    blank = 3
    most = PAGE_SIZE + MOST_BLANK
    name = SingleLineField(label=_("Table"), max_length=300)
    description = TextAreaField(label=_("Description"), required=False, rows=2)

    def __init__(self, data: Any = None, *, shown: Sequence[Column], **options: Any) -> None:
        super().__init__(data, held=len(shown), **options)
        self.shown = shown
        self._offer_unusual_types()

    def bound_rows(self) -> list[dict[str, Any]]:
        """Return the rows with how deep each column lies."""
        depths = dict(enumerate(column.depth for column in self.shown))
        return [row | {"depth": depths.get(row["number"] - 1, 0)} for row in super().bound_rows()]

    def clean(self) -> dict[str, Any]:
        """Demand a name of every column that stays, and that no two side by side share one."""
        cleaned = super().clean() or {}
        known = {address_of(column) for column in self.shown}
        seen: set[tuple[str, str]] = set()
        for index, row in self.rows.values(cleaned, self.count):
            field = self.rows.field_name(index, "name")
            if row["at"] and row["at"] not in known:
                self.add_error(field, _("Somebody has moved this column. Open the table anew."))
            if row["gone"] or field in self.errors:
                continue
            place = (pointer_in(row["at"]).rpartition("/properties/")[0], row["name"] or "")
            if not row["name"]:
                self.add_error(field, _("Name the column, or tick Remove."))
            elif place in seen:
                self.add_error(field, _("There is another column of this name."))
            seen.add(place)
        return cleaned

    def _offer_unusual_types(self) -> None:
        for index, column in enumerate(self.shown[: self.count]):
            held = str(column.node.get("logicalType") or "")
            field = self.fields[self.rows.field_name(index, "type")]
            if held not in dict(TYPES) and isinstance(field, forms.ChoiceField):
                field.choices = [*TYPES, (held, held)]

    def edits(self) -> dict[str, Any]:
        """Return what `columns.edited` is told: changed, gone and added columns."""
        rows = [row for _index, row in self.given()]
        return {
            "changed": {
                pointer_in(row["at"]): row for row in rows if row["at"] and not row["gone"]
            },
            "gone": [pointer_in(row["at"]) for row in rows if row["at"] and row["gone"]],
            "added": [row for row in rows if not row["at"] and not row["gone"]],
        }


def address_of(column: Column) -> str:
    """Return what a row carries of its column: where it stands, and the name it had there."""
    return f"{column.pointer}={column.node.get('name', '')}"


def pointer_in(address: str | None) -> str:
    """Return the pointer of what a row carries."""
    return (address or "").partition("=")[0]


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
        max_length=MOST_BYTES,
        widget=forms.Textarea(attrs={"rows": 16, "class": "mono", "spellcheck": "false"}),
    )

    def clean(self) -> dict[str, Any]:
        """Demand one of the two, within the size that is read."""
        cleaned = super().clean() or {}
        file = cleaned.get("file")
        if file and file.size > MOST_BYTES:
            self.add_error("file", _("At most 2 MB are read. Part it into several contracts."))
        elif not self.errors and not file and not cleaned.get("text"):
            self.add_error("file", _("Choose a file, or paste its text below."))
        return cleaned

    def meet(self, conflict: EditConflict, stands: Mapping[str, Any]) -> None:
        """Keep a file as its text, for no browser sends a file twice."""
        if file := self.cleaned_data.get("file"):
            file.seek(0)
            sent: Any = self.data
            typed = sent.copy()
            typed[self.add_prefix("text")] = file.read().decode("utf-8", "replace")
            self.data = typed
        super().meet(conflict, stands)

    def _differences(self, stands: Mapping[str, Any]) -> Iterable[FieldConflict]:
        """Show of each document the lines that the other lacks; the rest would drown them."""
        bound = self["text"]
        theirs, mine = str(stands.get("text") or "").splitlines(), str(bound.data).splitlines()
        ours, other = _without(theirs, mine), _without(mine, theirs)
        if theirs and (ours or other):
            href = f"#{bound.id_for_label}"
            yield FieldConflict(label=str(bound.label), stands=ours, yours=other, href=href)

    def content(self) -> tuple[bytes, str]:
        """Return what was sent, and the name under which errors speak of it."""
        file = self.cleaned_data.get("file")
        if file:
            return file.read(), file.name
        return self.cleaned_data["text"].encode("utf-8", "surrogatepass"), str(_("text"))


def _without(lines: Sequence[str], others: Sequence[str]) -> str:
    known = set(others)
    return "\n".join(line for line in lines if line not in known)
