"""Form fields tied to their hint and errors for a screen reader."""

from collections.abc import Iterable
from typing import NamedTuple

from django.forms import BaseForm, BoundField, CheckboxInput, CheckboxSelectMultiple, RadioSelect
from django.utils.safestring import SafeString


class FieldError(NamedTuple):
    """One error of a form, with the id of its field; empty where the whole form is wrong."""

    id: str
    text: str


def is_checkbox(bound: BoundField) -> bool:
    """Return True for a single checkbox, whose label comes after it."""
    return isinstance(bound.field.widget, CheckboxInput)


def is_choice_group(bound: BoundField) -> bool:
    """Return True for radio buttons and lists of checkboxes: a fieldset with a legend."""
    return isinstance(bound.field.widget, RadioSelect | CheckboxSelectMultiple)


def form_errors(forms: Iterable[BaseForm | None]) -> list[FieldError]:
    """Return every error of some forms: those of whole forms first, then field by field.

    A table form's filled rows are forms too.
    """
    bound_forms = [form for form in forms if form is not None and form.is_bound]
    general = [
        FieldError("", str(text)) for form in bound_forms for text in form.non_field_errors()
    ]
    return general + [
        FieldError(bound.id_for_label or bound.auto_id, str(text))
        for form in bound_forms
        for part in (form, *getattr(form, "filled_rows", []))
        for bound in part
        for text in bound.errors
    ]


def control(bound: BoundField) -> SafeString:
    """Return a field's control; it names its hint and its errors as its description."""
    described_by = [f"{bound.auto_id}_hint"] if bound.help_text else []
    described_by += [f"{bound.auto_id}_error"] if bound.errors else []
    attributes: dict[str, str | bool] = {}
    if described_by:
        attributes["aria-describedby"] = " ".join(described_by)
    if bound.errors:
        attributes["aria-invalid"] = "true"
    return bound.as_widget(attrs=attributes)
