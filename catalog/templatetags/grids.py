"""Cells of a table in which people write: one control each, named for those who do not see it."""

from __future__ import annotations

from typing import Any

from django import template
from django.forms import BoundField, CheckboxInput, NumberInput
from django.utils.translation import gettext as _

register = template.Library()


@register.inclusion_tag("components/cell.html")
def cell(
    bound: BoundField, number: int, indent: int = 0, hidden: BoundField | None = None
) -> dict[str, Any]:
    """Show a field in a table: its column and row as its name, what is wrong right below."""
    name = _("{column}, row {n}").format(column=bound.label, n=number)
    attributes: dict[str, str | bool] = {"aria-label": name}
    if bound.errors:
        attributes |= {"aria-invalid": "true", "aria-describedby": f"{bound.auto_id}_error"}
    widget = bound.field.widget
    return {
        "bound": bound,
        "control": bound.as_widget(attrs=attributes),
        "hidden": hidden,
        "indent": "·" * indent,
        "is_tick": isinstance(widget, CheckboxInput),
        "is_number": isinstance(widget, NumberInput),
    }
