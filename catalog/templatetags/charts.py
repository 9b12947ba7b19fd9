"""Tags of the templates that are not converted to Jinja2 yet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django import template

from catalog.web.components import charts
from catalog.web.components.charts import Day, Reading

register = template.Library()


@register.inclusion_tag("components/charts/bars.html")
def day_bars(days: Sequence[Day], name: str) -> dict[str, Any]:
    bars = [
        {"day": day, "tone": day.tone, "height": day.height, "top": 100 - day.height}
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
    chart = charts.line_chart(readings, names, target)
    lines = [{"path": path, "name": name} for name, path in chart.paths]
    shown = {"lines": lines, "top": chart.top, "middle": chart.top / 2, "unit": unit}
    return shown | {
        "target": target, "target_y": chart.target_y, "first": chart.first, "last": chart.last,
    }  # fmt: skip


@register.inclusion_tag("components/charts/share.html")
def share_bar(share: float, reference: float | None = None) -> dict[str, Any]:
    tick = None if reference is None else min(charts.bar_width(reference), 99.2)
    return {"width": charts.bar_width(share), "tick": tick}


@register.inclusion_tag("components/charts/spark.html")
def spark_line(values: Sequence[float | None]) -> dict[str, Any]:
    return {"path": charts.spark_path(values)}


@register.inclusion_tag("components/charts/stack.html")
def stack_bar(counts: Iterable[tuple[str, int]]) -> dict[str, Any]:
    return {"parts": charts.stack_parts(counts)}
