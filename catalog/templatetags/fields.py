"""Fields of a form the plain way: label, hint, what is wrong and the way out, then the control."""

from __future__ import annotations

from typing import Any

from django import template
from django.forms import BaseForm, BoundField, CheckboxInput, CheckboxSelectMultiple, RadioSelect
from django.utils.safestring import SafeString

register = template.Library()


@register.inclusion_tag("components/field.html")
def field(bound: BoundField) -> dict[str, Any]:
    """Show one field with its label, its hint and its errors, tied together for a screen reader."""
    widget = bound.field.widget
    return {
        "bound": bound,
        "control": _control(bound),
        "is_group": isinstance(widget, RadioSelect | CheckboxSelectMultiple),
        "is_tick": isinstance(widget, CheckboxInput),
        "optional": not bound.field.required,
    }


@register.inclusion_tag("components/error_summary.html")
def error_summary(*forms: BaseForm | None) -> dict[str, Any]:
    """Show every error of some forms, each a link to its field, under one heading."""
    shown = [part for form in forms if form is not None for part in (form, *_rows_of(form))]
    problems = [
        {"id": bound.id_for_label or bound.auto_id, "text": text}
        for form in shown
        if form.is_bound
        for bound in form
        for text in bound.errors
    ]
    whole = [
        text
        for form in forms
        if form is not None and form.is_bound
        for text in form.non_field_errors()
    ]
    return {"problems": problems, "whole": whole}


def _rows_of(form: BaseForm) -> list[BaseForm]:
    return getattr(form, "filled_rows", []) if form.is_bound else []


def _control(bound: BoundField) -> SafeString:
    said = [f"{bound.auto_id}_hint"] if bound.help_text else []
    said += [f"{bound.auto_id}_error"] if bound.errors else []
    attributes: dict[str, str | bool] = {"aria-describedby": " ".join(said)} if said else {}
    if bound.errors:
        attributes["aria-invalid"] = "true"
    return bound.as_widget(attrs=attributes)
