"""Cells of a table in which people write: one control each, named for those who do not see it."""

from django.forms import BoundField, CheckboxInput, NumberInput
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

_EMPTY = SafeString()


def cell(
    bound: BoundField,
    number: int,
    indent: int = 0,
    hidden: BoundField | None = None,
    url: str = "",
) -> SafeString:
    """Return a field as a table cell, named by its column and row, with its errors below.

    `url` leads to a page with all fields of the row.

    No macro: a page has hundreds of cells.
    """
    name = _("{column}, row {n}").format(column=bound.label, n=number)
    attributes: dict[str, str | bool] = {"aria-label": name}
    error = _EMPTY
    if bound.errors:
        error_id = f"{bound.auto_id}_error"
        attributes |= {"aria-invalid": "true", "aria-describedby": error_id}
        text = " ".join(map(str, bound.errors))
        error = format_html('<p class="error" id="{}">{}</p>', error_id, text)
    indentation = _EMPTY
    if indent:
        indentation = format_html('<span class="indent" aria-hidden="true">{}</span>', "·" * indent)
    link = _EMPTY
    if url:
        text = _("All fields")
        hint = _("row {n}").format(n=number)
        link = format_html(
            '<a class="small" href="{}">{} <span class="visually-hidden">{}</span></a>',
            url,
            text,
            hint,
        )
    return format_html(
        '<td class="{}" data-label="{}">{}{}{}{}{}</td>',
        _classes(bound),
        bound.label,
        hidden or _EMPTY,
        indentation,
        bound.as_widget(attrs=attributes),
        link,
        error,
    )


def _classes(bound: BoundField) -> str:
    widget = bound.field.widget
    classes = {
        "tick": isinstance(widget, CheckboxInput),
        "number": isinstance(widget, NumberInput),
        "wrong": bool(bound.errors),
    }
    return " ".join(name for name, holds in classes.items() if holds)
