"""Between SLOs and what promises are here: entries of `slaProperties` and objectives; pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from catalog.manifests.formats.openslo.documents import (
    VERSION,
    annotations,
    display_name_of,
    name_of,
    spec_of,
)
from catalog.types import JSONObject, JSONValue

# ODCS states no window and no share of time, so these are assumed and said to be.
DEFAULT_WINDOW = "30d"
DEFAULT_TARGET = 0.99
DEFAULT_PERCENTILE = 0.95
# Calendar windows of objectives; this day begins a week, a month and a quarter.
CALENDAR_WINDOWS = {"week": "1w", "month": "1M", "quarter": "1Q"}
CALENDAR = {"startTime": "2024-01-01 00:00:00", "timeZone": "UTC"}
TIME_SLICE = "5m"
# Of these an objective is good at or above its threshold: a share, or a number of rows.
AT_LEAST = frozenset("completeness accuracy validity uniqueness volume".split())
# What a service level is about, by its name in ODCS: a share, or a limit of time.
RATIOS = frozenset(
    "availability uptime quality completeness accuracy validity consistency uniqueness".split()
)
LIMITS = frozenset("latency freshness responsetime delay timeliness".split())
SECONDS: Mapping[str, float] = {
    **dict.fromkeys(("ms", "millisecond", "milliseconds"), 0.001),
    **dict.fromkeys(("s", "sec", "second", "seconds"), 1),
    **dict.fromkeys(("m", "min", "minute", "minutes"), 60),
    **dict.fromkeys(("h", "hr", "hour", "hours"), 3600),
    **dict.fromkeys(("d", "day", "days"), 86_400),
    **dict.fromkeys(("w", "week", "weeks"), 604_800),
    **dict.fromkeys(("y", "yr", "year", "years"), 31_557_600),
}
_NUMBER = re.compile(r"\s*(\d{1,12}(?:\.\d{1,9})?)\s*(%|[a-z]+)?\s*\Z", re.IGNORECASE)
_DURATION = re.compile(r"([1-9][0-9]{0,2})([hdwMQ])\Z")
DAYS = {"d": 1, "w": 7, "M": 30, "Q": 90}
_WORDS = (
    ("availability", ("availab", "uptime", "success")),
    ("latency", ("latenc", "response-time", "duration")),
    ("freshness", ("fresh", "lag", "stale")),
)


@dataclass(frozen=True, kw_only=True)
class Level:
    """What an SLO promises: a share of good events, or of events within a limit.

    The limit is in seconds at most or, with `op` gte, a share or a number of rows at least.
    """

    target: float
    limit: float | None = None
    op: str = "lte"
    is_assumed: bool = False


def level_of_entry(entry: Mapping[str, JSONValue]) -> Level | str:
    """Return what an entry of `slaProperties` promises, or why it is no SLO."""
    kind = str(entry.get("property", "")).replace("_", "").replace("-", "").casefold()
    match = _NUMBER.match(str(entry.get("value", "")))
    if kind not in RATIOS | LIMITS:
        return "OpenSLO has no service level of this kind"
    if match is None:
        return "its value is no number"
    unit = (match[2] or str(entry.get("unit") or "")).casefold()
    number = float(match[1])
    if kind in RATIOS:
        is_percent = unit in ("%", "percent", "pct") or number > 1
        share = round(number / 100, 12) if is_percent else number
        return Level(target=share) if share < 1 else "OpenSLO allows no target of 100 %"
    if unit not in SECONDS:
        return f"its unit {unit or 'is missing, which'} is no unit of time"
    return Level(target=DEFAULT_TARGET, limit=number * SECONDS[unit], is_assumed=True)


def level_of_objective(objective: Mapping[str, JSONValue]) -> Level | str:
    """Return what an objective of a product (`assayObjectives`) promises, or why it is no SLO."""
    target, threshold = objective.get("target"), objective.get("threshold")
    if isinstance(target, bool) or not isinstance(target, int | float):
        return "its target is no number"
    if target >= 1:
        return "OpenSLO allows no target of 100 %"
    if objective.get("indicator") == "availability":
        return Level(target=float(target))
    if isinstance(threshold, bool) or not isinstance(threshold, int | float):
        return "its threshold is no number"
    op = "gte" if objective.get("indicator") in AT_LEAST else "lte"
    return Level(target=float(target), limit=float(threshold), op=op)


def time_window(window: str) -> JSONObject:
    """Return the window of an objective: 30d, 24h, or week, month and quarter of the calendar."""
    if duration := CALENDAR_WINDOWS.get(window):
        return {"duration": duration, "isRolling": False, "calendar": dict(CALENDAR)}
    return {"duration": window, "isRolling": True}


def window_of(slo: JSONObject) -> str:
    """Return the window of an SLO in the notation of objectives; empty if they have no such."""
    windows = spec_of(slo).get("timeWindow")
    window = windows[0] if isinstance(windows, list) and windows else None
    if not isinstance(window, dict):
        return ""
    duration = str(window.get("duration"))
    if window.get("isRolling") is False:
        return next((name for name, text in CALENDAR_WINDOWS.items() if text == duration), "")
    match = _DURATION.match(duration)
    if match is None:
        return ""
    days = int(match[1]) * DAYS.get(match[2], 0)
    return duration if match[2] == "h" else f"{days}d"


def slo_document(
    level: Level,
    *,
    name: str,
    title: str,
    service: str,
    source: JSONObject,
    description: str = "",
    window: str = DEFAULT_WINDOW,
    budgeting: str = "Occurrences",
    **origin: JSONValue,
) -> JSONObject:
    """Return an SLO; `source` says where it is measured, `origin` what it was made from."""
    metric = {"metricSource": {"type": "assay", "spec": source}}
    indicator: JSONObject
    objective: JSONObject = {"displayName": title, "target": level.target}
    if level.limit is None:
        good = {"metricSource": {"type": "assay", "spec": source | {"events": "good"}}}
        total = {"metricSource": {"type": "assay", "spec": source | {"events": "all"}}}
        indicator = {"ratioMetric": {"counter": True, "good": good, "total": total}}
    else:
        indicator = {"thresholdMetric": metric}
        objective |= {"op": level.op, "value": level.limit}
    if budgeting == "Timeslices":
        share = source.get("percentile", 1)
        objective |= {"timeSliceTarget": share, "timeSliceWindow": TIME_SLICE}
    spec = {
        "description": description[:1050],
        "service": service,
        "indicator": {"metadata": {"name": name}, "spec": indicator},
        "timeWindow": [time_window(window)],
        "budgetingMethod": budgeting,
        "objectives": [objective],
    }
    return {
        "apiVersion": VERSION,
        "kind": "SLO",
        "metadata": {"name": name, "displayName": title, "annotations": annotations(**origin)},
        "spec": {key: value for key, value in spec.items() if value},
    }


def entries_of_slo(document: JSONObject) -> list[JSONObject]:
    """Return entries of `slaProperties` for an SLO of another tool, one for each objective."""
    spec, name = spec_of(document), name_of(document)
    indicator = spec.get("indicator")
    inner = spec_of(indicator) if isinstance(indicator, dict) else {}
    text = f"{name} {display_name_of(document)} {spec.get('indicatorRef', '')}".casefold()
    kind = next((word for word, marks in _WORDS if any(mark in text for mark in marks)), name)
    entries = []
    objectives = spec.get("objectives")
    for index, objective in enumerate(objectives if isinstance(objectives, list) else ()):
        entry: JSONObject = {"id": entry_id(name, index), "property": kind}
        if "value" in objective and ("thresholdMetric" in inner or "indicatorRef" in spec):
            entry["value"] = objective["value"]
        else:
            entry |= {"value": percent_of(objective), "unit": "%"}
        description = objective.get("displayName") or spec.get("description")
        entries.append(entry | ({"description": description} if description else {}))
    return entries


def entry_id(name: str, index: int) -> str:
    return f"{name}-{index + 1}" if index else name


def percent_of(objective: Mapping[str, JSONValue]) -> float:
    percent = objective.get("targetPercent")
    share = objective.get("target")
    if isinstance(percent, int | float):
        return percent
    return round(float(share) * 100, 10) if isinstance(share, int | float) else 0


def with_value(document: JSONObject, entries: list[JSONObject]) -> JSONObject:
    """Return an SLO of another tool after its entries were edited here, and nothing else."""
    by_id = {entry.get("id"): entry for entry in entries}
    objectives = []
    for index, objective in enumerate(spec_of(document).get("objectives", [])):
        before = entries_of_slo(document)[index]
        after = by_id.get(before["id"], before)
        if after.get("value") != before["value"]:
            is_percent = before.get("unit") == "%"
            objective = _changed(objective, after.get("value"), is_percent=is_percent)
        objectives.append(objective)
    return document | {"spec": spec_of(document) | {"objectives": objectives}}


def _changed(objective: JSONObject, value: JSONValue, *, is_percent: bool) -> JSONObject:
    match = _NUMBER.match(str(value))
    if match is None:
        return objective
    number = float(match[1])
    if not is_percent:
        return objective | {"value": number}
    if "targetPercent" in objective:
        return objective | {"targetPercent": number}
    return objective | {"target": round(number / 100, 12)}
