"""The frame of every page: how the reader wants it shown, and links that keep one's place."""

from __future__ import annotations

from typing import Any

from django import template
from django.conf import settings
from django.core.paginator import Page
from django.http import HttpRequest, QueryDict
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

register = template.Library()

# Cookie -> the values it may have; the first is what holds without the cookie.
DISPLAY_CHOICES = {
    "theme": ("system", "light", "dark"),
    "density": ("roomy", "compact"),
    "shortcuts": ("on", "off"),
}


def cookie_name(choice: str) -> str:
    """Return the name of the cookie that remembers a display choice."""
    return f"assay_{choice}"


def display_of(request: HttpRequest | None) -> dict[str, str]:
    """Return each display choice as the reader made it, or as it is without one."""
    kept = request.COOKIES if request else {}
    chosen = {name: kept.get(cookie_name(name), "") for name in DISPLAY_CHOICES}
    return {
        name: value if value in DISPLAY_CHOICES[name] else DISPLAY_CHOICES[name][0]
        for name, value in chosen.items()
    }


@register.simple_tag(takes_context=True)
def display_attributes(context: dict[str, Any]) -> SafeString:
    """Return the attributes of <html> for theme, density and shortcuts: no flash, no script."""
    chosen = display_of(context.get("request"))
    return format_html_join("", ' data-{}="{}"', chosen.items())


@register.simple_tag(takes_context=True)
def display(context: dict[str, Any]) -> dict[str, str]:
    """Return the display choices that hold for this reader."""
    return display_of(context.get("request"))


@register.simple_tag(takes_context=True)
def page_href(context: dict[str, Any], number: int) -> str:
    """Return the address of another page of the same list."""
    request = context.get("request")
    query = request.GET.copy() if request else QueryDict(mutable=True)
    query["page"] = str(number)
    return f"?{query.urlencode()}"


@register.filter
def elided(page: Page[Any]) -> list[int | str]:
    """Return the numbers of the pages near this one, and dots where some are left out."""
    return list(page.paginator.get_elided_page_range(page.number, on_each_side=2, on_ends=1))


@register.simple_tag
def product_tabs(product: Any) -> list[dict[str, Any]]:
    """Return the tabs of a product's page that are installed, in the order of the setting."""
    shown = []
    for name, label in settings.ASSAY_PRODUCT_TABS:
        try:
            href = reverse(name, args=[product.domain.slug, product.slug])
        except NoReverseMatch:
            continue
        shown.append({"name": name, "label": label, "href": href})
    return shown
