"""Tags of the templates that are not converted to Jinja2 yet."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from catalog.web.components import layout

register = template.Library()
register.filter("elided", layout.page_numbers)


@register.simple_tag(takes_context=True)
def display_attributes(context: dict[str, Any]) -> SafeString:
    chosen = layout.display_preferences(context.get("request"))
    return format_html_join("", ' data-{}="{}"', chosen.items())


@register.simple_tag(takes_context=True)
def display(context: dict[str, Any]) -> dict[str, str]:
    return layout.display_preferences(context.get("request"))


@register.simple_tag(takes_context=True)
def page_href(context: dict[str, Any], number: int) -> str:
    return layout.page_url(context["request"], number)


@register.simple_tag
def product_tabs(product: Any) -> list[dict[str, Any]]:
    return [
        {"name": tab.name, "label": tab.label, "href": tab.url}
        for tab in layout.product_tabs(product)
    ]
