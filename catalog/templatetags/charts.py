"""Charts as SVG shapes without text; lengths stand in attributes, which a strict policy keeps."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django import template

from catalog.templatetags.marks import standing_of

register = template.Library()

# Height tells the state apart without colour: a miss is short however small it was.
HEIGHTS = {"met": 100, "at_risk": 72, "breached": 40, "no_data": 0}


@dataclass(frozen=True, kw_only=True)
class Day:
    """One day of a strip: what was seen, as verdict and as a sentence."""

    day: date
    verdict: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Reading:
    """One point of a line chart: when, and the value of each line; None leaves a gap."""

    label: str
    values: Sequence[float | None]


@register.inclusion_tag("components/charts/bars.html")
def day_bars(days: Sequence[Day], name: str) -> dict[str, Any]:
    """Show a strip of days; one tab stop, arrows move inside it."""
    bars = [
        {
            "day": day,
            "tone": standing_of(day.verdict).tone,
            "height": HEIGHTS.get(day.verdict, 0),
            "top": 100 - HEIGHTS.get(day.verdict, 0),
        }
        for day in days
    ]
    return {"bars": bars, "name": name, "first": days[0] if days else None, "last": days[-1:]}


@register.inclusion_tag("components/charts/lines.html")
def line_chart(
    readings: Sequence[Reading],
    names: Sequence[str],
    target: float | None = None,
    unit: str = "",
) -> dict[str, Any]:
    """Show up to two lines from zero to a round top, with the target as a dashed line."""
    seen = [value for reading in readings for value in reading.values if value is not None]
    top = _round_top(max([*seen, target or 0, 1e-9]))
    lines = [
        {"path": path_of([reading.values[at] for reading in readings], top), "name": name}
        for at, name in enumerate(names)
    ]
    shown = {"lines": lines, "top": top, "middle": top / 2, "unit": unit, "target": target}
    marks = {"target_y": _down(target, top) if target is not None else None}
    ends = {"first": readings[0].label, "last": readings[-1].label} if readings else {}
    return shown | marks | ends


@register.inclusion_tag("components/charts/share.html")
def share_bar(share: float, reference: float | None = None) -> dict[str, Any]:
    """Show a share as a bar, with a tick where the reference stands."""
    return {
        "width": _percentage(share),
        "tick": None if reference is None else min(_percentage(reference), 99.2),
    }


@register.inclusion_tag("components/charts/spark.html")
def spark_line(values: Sequence[float | None]) -> dict[str, Any]:
    """Show the course of a value in the height of a line of text."""
    seen = [value for value in values if value is not None]
    return {"path": path_of(values, max(seen, default=1) or 1)}


@register.inclusion_tag("components/charts/stack.html")
def stack_bar(counts: Iterable[tuple[str, int]]) -> dict[str, Any]:
    """Show counts by verdict as one bar; the counts stand beside it as text."""
    parts, at = [], 0.0
    rows = list(counts)
    total = sum(count for _, count in rows) or 1
    for verdict, count in rows:
        width = round(100 * count / total, 2)
        tone = standing_of(verdict).tone
        parts.append(
            {"x": round(at, 2), "width": width, "tone": tone, "verdict": verdict, "n": count}
        )
        at += width
    return {"parts": parts}


def path_of(values: Sequence[float | None], top: float) -> str:
    """Return the path of a line in a box of 100 by 100; a gap lifts the pen."""
    step = 100 / max(len(values) - 1, 1)
    path, pen_is_down = [], False
    for at, value in enumerate(values):
        if value is not None:
            path.append(f"{'L' if pen_is_down else 'M'}{at * step:.2f} {_down(value, top):.2f}")
        pen_is_down = value is not None
    return "".join(path)


def _down(value: float | None, top: float) -> float:
    return 100 - 100 * min((value or 0) / top, 1)


def _percentage(share: float) -> float:
    return round(100 * min(max(share, 0), 1), 2)


def _round_top(value: float) -> float:
    """Return the least of 1, 2, 2.5, 5 times a power of ten that is not below a value."""
    power = 1.0
    while power * 10 <= value:
        power *= 10
    while power > value:
        power /= 10
    return next(power * step for step in (1, 2, 2.5, 5, 10) if power * step >= value)
