"""Cells of a table in which people write: one control each, named for those who do not see it."""

from __future__ import annotations

from django import template
from django.forms import BoundField, CheckboxInput, NumberInput
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

register = template.Library()
_PLAIN = SafeString()


@register.simple_tag
def cell(
    bound: BoundField, number: int, indent: int = 0, hidden: BoundField | None = None
) -> SafeString:
    """Show a field in a table: its column and row as its name, what is wrong right below.

    No template of its own: a page has hundreds of cells.
    """
    name = _("{column}, row {n}").format(column=bound.label, n=number)
    attributes: dict[str, str | bool] = {"aria-label": name}
    errors, wrong = bound.errors, _PLAIN
    if errors:
        place = f"{bound.auto_id}_error"
        attributes |= {"aria-invalid": "true", "aria-describedby": place}
        wrong = format_html('<p class="error" id="{}">{}</p>', place, " ".join(map(str, errors)))
    return format_html(
        '<td class="{}">{}{}{}{}</td>',
        _kind(bound, is_wrong=bool(errors)),
        hidden or _PLAIN,
        _step(indent),
        bound.as_widget(attrs=attributes),
        wrong,
    )


def _kind(bound: BoundField, *, is_wrong: bool) -> str:
    widget = bound.field.widget
    kinds = ["tick"] if isinstance(widget, CheckboxInput) else []
    kinds += ["number"] if isinstance(widget, NumberInput) else []
    return " ".join([*kinds, "wrong"] if is_wrong else kinds)


def _step(indent: int) -> SafeString:
    if not indent:
        return _PLAIN
    return format_html('<span class="indent" aria-hidden="true">{}</span>', "·" * indent)
