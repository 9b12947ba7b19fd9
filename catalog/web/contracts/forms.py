"""Forms of a contract: a new table, or the whole document as a file."""

from collections.abc import Iterator, Sequence

from django import forms
from django.utils.translation import gettext_lazy as _

from catalog.exceptions import EditConflict
from catalog.types import FormValues
from catalog.web.forms.fields import SingleLineField, TextAreaField
from catalog.web.forms.versioned import FieldConflict, Values, VersionedForm

MAX_BYTES = 2 * 1024 * 1024


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

    def clean(self) -> FormValues:
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
