"""Tags of the templates that are not converted to Jinja2 yet."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from catalog.web.components import badges
from catalog.web.components.badges import Label, icon, octagon, sensitivity_bars

register = template.Library()
register.simple_tag(icon)
register.simple_tag(octagon)
register.simple_tag(sensitivity_bars)
register.simple_tag(badges.verdict_shape, name="shape")


@register.simple_tag
def status_mark(verdict: str) -> SafeString:
    style = badges.verdict_style(verdict)
    return format_html(
        '<span class="verdict" data-tone="{}">{} {}</span>',
        style.tone,
        badges.verdict_shape(verdict),
        style.label,
    )


@register.filter
def tone_of(verdict: str) -> str:
    return badges.verdict_style(verdict).tone


@register.filter
def verdict_word(verdict: str) -> Label:
    return badges.verdict_style(verdict).label


@register.inclusion_tag("components/badge.html")
def slo_badge(verdict: str, href: str = "") -> dict[str, Any]:
    style = badges.verdict_style(verdict)
    words = {"lead": _("SLO"), "word": style.label}
    return words | {"tone": style.tone, "mark": badges.verdict_shape(verdict), "href": href}


@register.inclusion_tag("components/badge.html")
def lifecycle_badge(status: str, href: str = "") -> dict[str, Any]:
    style = badges.lifecycle_style(status)
    return {"tone": style.tone, "word": style.label, "href": href}


@register.inclusion_tag("components/badge.html")
def certification_badge(level: str, until: date | None = None, href: str = "") -> dict[str, Any]:
    style = badges.certification_style(level)
    mark = octagon(style.shape)
    shown = {"tone": style.tone, "word": style.label, "mark": mark, "href": href}
    return shown | {"until": until if style.shape == "tick" else None}


@register.inclusion_tag("components/badge.html")
def sensitivity_badge(level: int, masked: int = 0, href: str = "") -> dict[str, Any]:
    word = badges.sensitivity_label(level)
    return {"word": word, "mark": sensitivity_bars(level), "masked": masked, "href": href}


@register.inclusion_tag("components/badge.html")
def mask_badge(rule: str, href: str = "") -> dict[str, Any]:
    return {"tone": "info", "mark": icon("lock", 13), "word": rule, "href": href}
