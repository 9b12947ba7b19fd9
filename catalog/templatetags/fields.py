"""Tags of the templates that are not converted to Jinja2 yet."""

from __future__ import annotations

from typing import Any

from django import template
from django.forms import BaseForm, BoundField

from catalog.web.components import fields

register = template.Library()


@register.inclusion_tag("components/field.html")
def field(bound: BoundField) -> dict[str, Any]:
    return {
        "bound": bound,
        "control": fields.control(bound),
        "is_group": fields.is_choice_group(bound),
        "is_tick": fields.is_checkbox(bound),
        "optional": not bound.field.required,
    }


@register.inclusion_tag("components/error_summary.html")
def error_summary(*forms: BaseForm | None) -> dict[str, Any]:
    errors = fields.form_errors(forms)
    whole = [error.text for error in errors if not error.id]
    return {"problems": [error for error in errors if error.id], "whole": whole}
