"""Marks on a page: icons, status shapes and badges, each told by shape and word before colour."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django import template
from django.utils.functional import Promise
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _
from lucide.templatetags.lucide import lucide

register = template.Library()

Word = str | Promise

SHAPES = {
    "circle": mark_safe('<circle cx="6" cy="6" r="5"/>'),
    "ring": mark_safe('<circle cx="6" cy="6" r="4.5"/>'),
    "triangle": mark_safe('<path d="M6 .8 11.7 11H.3z"/>'),
    "diamond": mark_safe('<path d="M6 .2 11.8 6 6 11.8.2 6z"/>'),
}
OCTAGON = mark_safe('<path d="M7.1 2h9.8L22 7.1v9.8L16.9 22H7.1L2 16.9V7.1z"/>')
INSIDE_OCTAGON = {
    "tick": mark_safe('<path d="m7.5 12.2 3.2 3.2 6-6.6"/>'),
    "empty": mark_safe(""),
    "struck": mark_safe('<path d="M5.5 18.5 18.5 5.5"/>'),
    "letter": mark_safe('<path d="M7.6 17.2 12 6.6l4.4 10.6M9.2 13.6h5.6"/>'),
}
BAR = '<rect x="{}" y="1.5" width="3" height="9" rx=".5" fill="{}" stroke="currentColor"/>'
FILLS = {True: "currentColor", False: "none"}


@dataclass(frozen=True)
class Standing:
    """How one state is shown: its tone (ok, warn, bad, none, info), its shape and its word."""

    tone: str
    shape: str
    word: Word


VERDICTS = {
    "met": Standing("ok", "circle", _("met")),
    "at_risk": Standing("warn", "triangle", _("at risk")),
    "breached": Standing("bad", "diamond", _("breached")),
    "no_data": Standing("none", "ring", _("no data")),
}
LIFE_CYCLE = {
    "draft": Standing("info", "", _("Draft")),
    "published": Standing("", "", _("Published")),
    "deprecated": Standing("warn", "", _("Deprecated")),
    "retired": Standing("none", "", _("Retired")),
    "external": Standing("none", "", _("Not under governance")),
}
CERTIFICATIONS = {
    "": Standing("none", "empty", _("Not certified")),
    "bronze": Standing("ok", "tick", _("Certified bronze")),
    "silver": Standing("ok", "tick", _("Certified silver")),
    "gold": Standing("ok", "tick", _("Certified gold")),
    "suspended": Standing("bad", "struck", _("Certification suspended")),
    "lapsed": Standing("warn", "struck", _("Certification lapsed")),
}
SENSITIVITIES: dict[int, Word] = {
    1: _("Public"),
    2: _("Internal"),
    3: _("Confidential"),
    4: _("Restricted"),
}
# What is said, not measured: shown like a verdict, but neither good nor bad.
SAID = {
    "stated": Standing("info", "circle", _("stated")),
    "open": Standing("ok", "circle", _("readable")),
}
UNKNOWN = Standing("none", "ring", _("not known"))


def standing_of(verdict: str) -> Standing:
    """Return how a verdict, or what is only said, is shown."""
    return VERDICTS.get(verdict) or SAID.get(verdict) or UNKNOWN


@register.simple_tag
def icon(name: str, size: int = 18, **attributes: object) -> str:
    """Return a Lucide icon that a screen reader passes over."""
    plain = {"aria_hidden": "true", "stroke_width": "1.75"} | attributes
    return lucide(name, size=size, **plain)


@register.simple_tag
def octagon(inside: str = "empty", size: int = 16) -> SafeString:
    """Return the mark of certification, alone or with what stands inside it."""
    return format_html(
        '<svg class="octagon" width="{0}" height="{0}" viewBox="0 0 24 24" fill="none"'
        ' stroke="currentColor" stroke-width="2.25" aria-hidden="true">{1}{2}</svg>',
        size,
        OCTAGON,
        INSIDE_OCTAGON[inside],
    )


@register.simple_tag
def shape(verdict: str, size: int = 12) -> SafeString:
    """Return the shape of a verdict: full circle, triangle, diamond, or an empty ring."""
    name = standing_of(verdict).shape
    return format_html(
        '<svg class="shape{1}" width="{0}" height="{0}" viewBox="0 0 12 12" aria-hidden="true">'
        "{2}</svg>",
        size,
        " hollow" if name == "ring" else "",
        SHAPES[name],
    )


@register.simple_tag
def status_mark(verdict: str) -> SafeString:
    """Return a verdict as shape and word in its colour."""
    standing = standing_of(verdict)
    return format_html(
        '<span class="verdict" data-tone="{}">{} {}</span>',
        standing.tone,
        shape(verdict),
        standing.word,
    )


@register.filter
def tone_of(verdict: str) -> str:
    """Return the tone of a verdict."""
    return standing_of(verdict).tone


@register.filter
def verdict_word(verdict: str) -> Word:
    """Return the word of a verdict."""
    return standing_of(verdict).word


@register.inclusion_tag("components/badge.html")
def slo_badge(verdict: str, href: str = "") -> dict[str, Any]:
    """Show whether a product keeps its objectives."""
    standing = standing_of(verdict)
    words = {"lead": _("SLO"), "word": standing.word}
    return words | {"tone": standing.tone, "mark": shape(verdict), "href": href}


@register.inclusion_tag("components/badge.html")
def lifecycle_badge(status: str, href: str = "") -> dict[str, Any]:
    """Show where a product stands in its life."""
    standing = LIFE_CYCLE.get(status, UNKNOWN)
    return {"tone": standing.tone, "word": standing.word, "href": href}


@register.inclusion_tag("components/badge.html")
def certification_badge(level: str, until: date | None = None, href: str = "") -> dict[str, Any]:
    """Show a product's certification, and until when it holds."""
    standing = CERTIFICATIONS.get(level, CERTIFICATIONS[""])
    mark = octagon(standing.shape)
    shown = {"tone": standing.tone, "word": standing.word, "mark": mark, "href": href}
    return shown | {"until": until if standing.shape == "tick" else None}


@register.inclusion_tag("components/badge.html")
def sensitivity_badge(level: int, masked: int = 0, href: str = "") -> dict[str, Any]:
    """Show a product's sensitivity as bars and word, and how many columns are masked."""
    word = SENSITIVITIES.get(level, UNKNOWN.word)
    return {"word": word, "mark": sensitivity_bars(level), "masked": masked, "href": href}


@register.inclusion_tag("components/badge.html")
def mask_badge(rule: str, href: str = "") -> dict[str, Any]:
    """Show, in a column's header, the rule that masks it."""
    return {"tone": "info", "mark": icon("lock", 13), "word": rule, "href": href}


@register.simple_tag
def sensitivity_bars(level: int) -> SafeString:
    """Return one to four filled bars."""
    bars = format_html_join("", BAR, ((at * 4.5 + 0.5, FILLS[at < level]) for at in range(4)))
    return format_html(
        '<svg width="18" height="12" viewBox="0 0 18 12" aria-hidden="true">{}</svg>', bars
    )
