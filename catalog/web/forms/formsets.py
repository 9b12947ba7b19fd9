"""Forms with a table of rows: a Django formset in which blank rows are skipped."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.forms.utils import ErrorDict
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog.types import FormValues
from catalog.web.forms.renderers import PlainControls
from catalog.web.forms.versioned import (
    FieldConflict,
    Values,
    VersionedForm,
    accept_stored,
    changed_fields,
    edited_names,
)

if TYPE_CHECKING:
    BaseRowFormSet = forms.BaseFormSet["RowForm"]
else:
    BaseRowFormSet = forms.BaseFormSet

MORE_ROWS = 5


class RowForm(forms.Form):
    """One row of a table; `stored` are the values that it showed, none for a blank row."""

    stored: Values = {}

    def _clean_fields(self) -> None:
        super()._clean_fields()  # type: ignore[misc]
        accept_stored(self, self.stored)

    def edited(self) -> set[str]:
        """Return the names of the fields that differ from what is stored."""
        return edited_names(self, self.stored)

    @property
    def is_filled(self) -> bool:
        """Return True if the row has content and is not marked for removal."""
        return self.has_changed() and not self["DELETE"].data


class RowFormSet(BaseRowFormSet):
    """Rows of a table; a row in which nothing was written is skipped, wherever it is."""

    default_error_messages = {"too_many_forms": gettext_lazy("At most %(num)d rows.")}

    def initial_form_count(self) -> int:
        """Return 0 for submitted rows, so that each of them may be blank."""
        return 0 if self.is_bound else super().initial_form_count()

    def add_fields(self, form: RowForm, index: int | None) -> None:
        super().add_fields(form, index)
        form.fields["DELETE"].label = _("Remove")


class TableForm(VersionedForm):
    """A form with a table of rows; their initial values are `initial["rows"]`.

    `errors` includes those of the rows, by the names of their controls.
    """

    # A page may have hundreds of controls.
    default_renderer = PlainControls
    row_form: ClassVar[type[RowForm]]
    rows_prefix: ClassVar[str] = "rows"
    extra: ClassVar[int] = 2
    max_num: ClassVar[int] = 200

    def __init__(self, *args: Any, extra: int | None = None, **options: Any) -> None:
        super().__init__(*args, **options)
        self.blank_rows = self.extra if extra is None else extra

    @cached_property
    def rows(self) -> BaseRowFormSet:
        """Return the submitted rows, or the initial ones and some blank ones."""
        current = self.initial.get("rows", ())
        max_num = max(self.max_num, len(current))
        row_form_set = forms.formset_factory(
            self.row_form,
            formset=RowFormSet,
            extra=self.blank_rows,
            max_num=max_num,
            absolute_max=max_num + 1,
            validate_max=True,
            can_delete=True,
            renderer=self.renderer,
        )
        # Submitted rows are not compared with the initial ones: all that is written is saved.
        initial = None if self.is_bound else current
        data, files = (self.data, self.files) if self.is_bound else (None, None)
        rows = row_form_set(data, files, initial=initial, prefix=self.rows_prefix)
        for row, values in zip(rows.forms, current, strict=False):
            row.stored = values
            self.prepare_row(row, values)
        return rows

    def prepare_row(self, row: RowForm, values: Values) -> None:
        """Adapt a row to the current values at its position."""

    @property
    def filled_rows(self) -> list[RowForm]:
        return [row for row in self.rows.forms if row.is_filled]

    @property
    def errors(self) -> ErrorDict:
        errors = ErrorDict(super().errors)
        for row in self.filled_rows if self.is_bound else ():
            errors.update({row.add_prefix(name): texts for name, texts in row.errors.items()})
        return errors

    def clean(self) -> FormValues:
        for text in self.rows.non_form_errors():
            self.add_error(None, text)
        return super().clean() or {}

    def submitted(self) -> FormValues:
        """Return what was submitted for each field and row, unchecked, as initial values."""
        current = dict(enumerate(self.initial.get("rows", ())))
        rows = [
            current.get(index, {}) | _submitted(row) for index, row in enumerate(self.rows.forms)
        ]
        return _submitted(self) | {"rows": rows}

    def find_differences(self, current: Values) -> Iterator[FieldConflict]:
        yield from super().find_differences(current)
        rows = current.get("rows", ())
        for index, row in enumerate(self.rows.forms):
            values = rows[index] if index < len(rows) else {}
            yield from changed_fields(row, values, suffix=_(", row {n}").format(n=index + 1))


def _submitted(form: forms.Form) -> FormValues:
    return {bound.name: bound.data for bound in form}
