"""Icons, status shapes and badge styles; a state has a shape and a word, not only a colour."""

from dataclasses import dataclass, replace
from functools import lru_cache

from django.utils.functional import Promise
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _
from lucide.templatetags.lucide import lucide

from catalog.products.changes import ChangeClass
from catalog.web.components.translation import cached_per_language

Label = str | Promise

SHAPES = {
    "circle": mark_safe('<circle cx="6" cy="6" r="5"/>'),
    "ring": mark_safe('<circle cx="6" cy="6" r="4.5"/>'),
    "half": mark_safe(
        '<circle cx="6" cy="6" r="4.5"/><path d="M6 1.5a4.5 4.5 0 0 1 0 9z" fill="currentColor"/>'
    ),
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
class BadgeStyle:
    """How one state is shown: its tone (ok, warn, bad, none, info), its shape and its label."""

    tone: str
    shape: str
    label: Label


VERDICTS = {
    "met": BadgeStyle("ok", "circle", _("met")),
    "at_risk": BadgeStyle("warn", "triangle", _("at risk")),
    "breached": BadgeStyle("bad", "diamond", _("breached")),
    "no_data": BadgeStyle("none", "ring", _("no data")),
    "collecting": BadgeStyle("none", "half", _("collecting evidence")),
}
LIFECYCLE = {
    "draft": BadgeStyle("info", "", _("Draft")),
    "published": BadgeStyle("", "", _("Published")),
    "deprecated": BadgeStyle("warn", "", _("Deprecated")),
    "retired": BadgeStyle("none", "", _("Retired")),
    "external": BadgeStyle("none", "", _("Not under governance")),
}
CONTRACTS = {
    "broken": BadgeStyle("bad", "diamond", _("Contract broken")),
    "unknown": BadgeStyle("none", "ring", _("Contract not compared")),
    "met": BadgeStyle("ok", "circle", _("Contract met")),
}
CHECKS = {
    "passed": BadgeStyle("ok", "circle", _("passed")),
    "warning": BadgeStyle("warn", "triangle", _("warning")),
    "failed": BadgeStyle("bad", "diamond", _("failed")),
    "error": BadgeStyle("warn", "ring", _("could not be run")),
    "not_run": BadgeStyle("none", "ring", _("not run yet")),
}
QUALITY = {
    "passed": BadgeStyle("ok", "circle", _("checks passed")),
    "failed": BadgeStyle("bad", "diamond", _("checks failed")),
    "collecting": BadgeStyle("none", "half", _("not run yet")),
    "unknown": BadgeStyle("none", "ring", _("not known")),
    "none": BadgeStyle("none", "ring", _("no checks")),
}
CERTIFICATIONS = {
    "": BadgeStyle("none", "empty", _("Not certified")),
    "bronze": BadgeStyle("ok", "tick", _("Certified bronze")),
    "silver": BadgeStyle("ok", "tick", _("Certified silver")),
    "gold": BadgeStyle("ok", "tick", _("Certified gold")),
    "suspended": BadgeStyle("bad", "struck", _("Certification suspended")),
    "lapsed": BadgeStyle("warn", "struck", _("Certification lapsed")),
}
SENSITIVITIES: dict[int, Label] = {
    1: _("Public"),
    2: _("Internal"),
    3: _("Confidential"),
    4: _("Restricted"),
}
# Stated, not measured: shown like a verdict, but neither good nor bad.
STATED = {
    "stated": BadgeStyle("info", "circle", _("stated")),
    "measured": BadgeStyle("info", "circle", _("measured")),
    "open": BadgeStyle("ok", "circle", _("can see this entry")),
}
CHANGE_CLASSES = {
    ChangeClass.BREAKING: BadgeStyle("bad", "diamond", _("Breaking")),
    ChangeClass.COMPATIBLE: BadgeStyle("info", "circle", _("Compatible")),
    ChangeClass.TEXT: BadgeStyle("none", "ring", _("Text only")),
}
RELEASES: dict[str, Label] = {
    "": _("First version"),
    "major": _("Major: breaking changes"),
    "minor": _("Minor: compatible changes"),
    "patch": _("Patch: text only"),
}
UNKNOWN = BadgeStyle("none", "ring", _("not known"))


@cached_per_language
def verdict_style(verdict: str) -> BadgeStyle:
    """Return how a verdict, or a fact that is only stated, is shown."""
    return _translated(VERDICTS.get(verdict) or STATED.get(verdict) or UNKNOWN)


@cached_per_language
def lifecycle_style(status: str) -> BadgeStyle:
    return _translated(LIFECYCLE.get(status, UNKNOWN))


@cached_per_language
def contract_style(state: str) -> BadgeStyle:
    return _translated(CONTRACTS.get(state, CONTRACTS["unknown"]))


@cached_per_language
def check_style(state: str) -> BadgeStyle:
    """Return how the result of one quality check is shown."""
    return _translated(CHECKS.get(state, UNKNOWN))


@cached_per_language
def quality_style(state: str) -> BadgeStyle:
    """Return how the state of a product's quality checks is shown."""
    return _translated(QUALITY.get(state, UNKNOWN))


@cached_per_language
def certification_style(level: str) -> BadgeStyle:
    return _translated(CERTIFICATIONS.get(level, CERTIFICATIONS[""]))


@cached_per_language
def sensitivity_label(level: int) -> str:
    return str(SENSITIVITIES.get(level, UNKNOWN.label))


@cached_per_language
def change_class_style(change_class: ChangeClass) -> BadgeStyle:
    return _translated(CHANGE_CLASSES[change_class])


@cached_per_language
def release_label(release_class: str) -> str:
    return str(RELEASES.get(release_class, UNKNOWN.label))


def _translated(style: BadgeStyle) -> BadgeStyle:
    return replace(style, label=str(style.label))


@lru_cache(maxsize=512)
def icon(name: str, size: int = 18, **attributes: str) -> SafeString:
    """Return a Lucide icon that screen readers skip.

    Cached: a page draws up to a hundred, and each costs 60 µs to build from its XML.
    """
    plain = {"aria_hidden": "true", "stroke_width": "1.75"} | attributes
    return SafeString(lucide(name, size=size, **plain))


@lru_cache
def octagon(inside: str = "empty", size: int = 16) -> SafeString:
    """Return the mark of certification: tick, empty, struck, or the letter of the logo."""
    return format_html(
        '<svg class="octagon" width="{0}" height="{0}" viewBox="0 0 24 24" fill="none"'
        ' stroke="currentColor" stroke-width="2.25" aria-hidden="true">{1}{2}</svg>',
        size,
        OCTAGON,
        INSIDE_OCTAGON[inside],
    )


def verdict_shape(verdict: str, size: int = 12) -> SafeString:
    """Return the shape of a verdict: full circle, triangle, diamond, half or empty ring."""
    return shape(verdict_style(verdict).shape, size)


@lru_cache
def shape(name: str, size: int = 12) -> SafeString:
    return format_html(
        '<svg class="shape{1}" width="{0}" height="{0}" viewBox="0 0 12 12" aria-hidden="true">'
        "{2}</svg>",
        size,
        " hollow" if name in ("ring", "half") else "",
        SHAPES[name],
    )


@lru_cache
def sensitivity_bars(level: int) -> SafeString:
    bars = format_html_join("", BAR, ((n * 4.5 + 0.5, FILLS[n < level]) for n in range(4)))
    return format_html(
        '<svg width="18" height="12" viewBox="0 0 18 12" aria-hidden="true">{}</svg>', bars
    )
