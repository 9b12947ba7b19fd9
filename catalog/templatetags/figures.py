"""Filters of the templates that are not converted to Jinja2 yet."""

from __future__ import annotations

from datetime import date, datetime

from django import template
from django.utils.safestring import SafeString

from catalog.web.components import humanize

register = template.Library()
for function in (humanize.percent, humanize.duration, humanize.gap_points, humanize.distance):
    register.filter(function)


@register.simple_tag
def when(moment: datetime | date | None, form: str = "") -> SafeString | str:
    return humanize.time_tag(moment, is_short=form == "short")
