"""Forms that show issues next to their fields, and both versions of an edit conflict."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar

from django import forms
from django.http import QueryDict
from django.utils.choices import flatten_choices
from django.utils.translation import gettext as _

from catalog.exceptions import (
    CatalogError,
    EditConflict,
    InvalidTransition,
    NameConflict,
    ValidationFailed,
)
from catalog.issues import Issue
from catalog.publication.gates import SettingRefused
from catalog.web.forms.fields import PercentField

Values = Mapping[str, Any]
"""Values of a form's fields by name: whatever type each field has."""


@dataclass(frozen=True, kw_only=True)
class FieldConflict:
    """One field whose current and submitted values differ; `url` leads to the field."""

    label: str
    current: str
    submitted: str
    url: str


class CatalogForm(forms.Form):
    """A form that shows the issues of a rejected write next to their fields.

    `FIELD_PATHS` maps the beginning of an issue's location to a field; the longest one wins.
    """

    FIELD_PATHS: ClassVar[Mapping[str, str]] = {}

    @contextmanager
    def catch_issues(self) -> Iterator[None]:
        """Show what a service refuses instead of raising it."""
        try:
            yield
        except (ValidationFailed, NameConflict, InvalidTransition) as error:
            self.add_issues(error)

    def add_issues(self, error: CatalogError) -> None:
        """Add each issue to its field, or to the whole form if it has none."""
        for issue in issues_from(error):
            form, name = self.field_for(issue.location)
            form.add_error(name, format_issue(issue, with_location=name is None))

    def field_for(self, location: str) -> tuple[forms.Form, str | None]:
        """Return the form and the name of its field that shows the issues of a location."""
        path = self.path_of(location)
        if path in self.fields:
            return self, path
        known = [start for start in self.FIELD_PATHS if path.startswith(start)]
        name = self.FIELD_PATHS[max(known, key=len)] if known else None
        return self, name if name in self.fields else None

    def path_of(self, location: str) -> str:
        """Return a location in the terms of `FIELD_PATHS`."""
        return location.removeprefix("/") if "/" not in location[1:] else location


class VersionedForm(CatalogForm):
    """A form that edits something with an edition number, which a hidden field carries along."""

    edition = forms.IntegerField(min_value=0, widget=forms.HiddenInput)
    conflict: EditConflict | None = None
    differences: tuple[FieldConflict, ...] = ()

    def has_edits(self) -> bool:
        """Return True if the form differs from what it showed: a page saved as it was opened."""
        is_current = self["edition"].data == str(self.initial.get("edition"))
        return not is_current or any(self.find_differences(self.initial))

    def edited(self) -> set[str]:
        """Return the names of the fields that differ from what is stored."""
        return edited_names(self, self.initial)

    def _clean_fields(self) -> None:
        """Accept a value that is stored already, whatever it is: nobody typed it now."""
        super()._clean_fields()  # type: ignore[misc]
        accept_stored(self, self.initial)

    def show_conflict(self, conflict: EditConflict, current: Values) -> None:
        """Compare current and submitted values; submitting again overwrites the current ones."""
        self.conflict = conflict
        self.differences = tuple(self.find_differences(current))
        self.replace_submitted(edition=str(conflict.current))

    def replace_submitted(self, **values: str) -> None:
        assert isinstance(self.data, QueryDict)
        self.data = self.data.copy()
        for name, value in values.items():
            self.data[self.add_prefix(name)] = value

    def find_differences(self, current: Values) -> Iterator[FieldConflict]:
        """Yield each visible field whose submitted value differs from the current one."""
        return changed_fields(self, current)


def offer_choice(form: forms.Form, name: str, value: str) -> None:
    """Offer a stored value that the list of choices lacks."""
    field = form.fields[name]
    assert isinstance(field, forms.ChoiceField)
    known = {choice for choice, _label in field.widget.choices}
    if value and value not in known:
        field.choices = [*field.widget.choices, (value, value)]


def edited_names(form: forms.Form, stored: Values) -> set[str]:
    """Return the names of the fields that were not submitted as they were shown."""
    return {
        bound.name
        for bound in form
        if bound.field.has_changed(stored.get(bound.name, bound.field.initial), bound.data)
    }


def accept_stored(form: forms.Form, stored: Values) -> None:
    """Take the stored values of fields that were submitted as they were shown."""
    errors = form._errors or {}  # type: ignore[attr-defined]
    for name in set(stored).intersection(form.fields) - edited_names(form, stored):
        if name in errors or isinstance(form.cleaned_data.get(name), str):
            errors.pop(name, None)
            form.cleaned_data[name] = stored[name]


def changed_fields(
    form: forms.Form, current: Values, *, suffix: str = ""
) -> Iterator[FieldConflict]:
    """Yield the conflicts of a form's visible fields; `suffix` follows the label of each."""
    for bound in form:
        value = current.get(bound.name, bound.field.initial)
        if bound.is_hidden or not bound.field.has_changed(value, bound.data):
            continue
        yield FieldConflict(
            label=f"{bound.label}{suffix}",
            current=display_value(bound.field, value),
            submitted=display_value(bound.field, bound.data),
            url=f"#{bound.id_for_label or bound.auto_id}",
        )


def issues_from(error: CatalogError) -> tuple[Issue, ...]:
    """Return the issues of an error; one without issues of its own counts as one issue."""
    if isinstance(error, ValidationFailed):
        return error.issues
    if isinstance(error, SettingRefused):
        summary = Issue(code=error.code, message=error.message, hint=error.hint)
        return (summary, *(finding for finding in error.findings if finding.is_error))
    return (Issue(location=error.location, message=error.message, hint=error.hint),)


def format_issue(issue: Issue, *, with_location: bool = False) -> str:
    """Return message and hint, after the location if that is a JSON pointer and asked for."""
    text = " ".join(part for part in (issue.message, issue.hint) if part)
    show_location = with_location and issue.location.startswith("/")
    return f"{issue.location}: {text}" if show_location else text


def display_value(field: forms.Field, value: object) -> str:
    """Return a field's value as people read it: labels of choices, yes or no, percentages."""
    if value in (None, "", [], ()):
        return _("nothing")
    if isinstance(field, PercentField):
        return str(field.prepare_value(value))
    if isinstance(value, bool) or isinstance(field, forms.BooleanField):
        return _("yes") if value in (True, "on", "true", "True") else _("no")
    choices: Iterable[tuple[object, object]] = flatten_choices(getattr(field, "choices", ()))
    labels = {str(choice): label for choice, label in choices}
    values = value if isinstance(value, list | tuple) else [value]
    return ", ".join(str(labels.get(str(item), item)) for item in values)
