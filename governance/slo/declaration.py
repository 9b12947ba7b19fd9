"""One objective as a document or a domain's standard declares it; pure."""

import math
import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

from jsonpointer import escape

from catalog.issues import Issue
from catalog.types import JSONObject, JSONValue
from governance.slo.evaluation import (
    PROBED_INDICATORS,
    BudgetingMethod,
    Indicator,
    ObjectiveSpec,
    ValueSource,
    WindowKind,
)

KEYS = frozenset(
    "indicator target threshold percentile window budgeting port interval source".split()
)
WINDOW_PATTERN = re.compile(r"([1-9][0-9]{0,2})([hd])\Z")
MAX_WINDOW = timedelta(days=90)
MAX_WINDOW_IN_HOURS = timedelta(hours=72)
DEFAULT_WINDOW = timedelta(days=30)
# Calendar windows and their usual length.
CALENDAR_WINDOWS = {
    WindowKind.WEEK: timedelta(days=7),
    WindowKind.MONTH: timedelta(days=30),
    WindowKind.QUARTER: timedelta(days=90),
}
INTERVAL_PATTERN = re.compile(r"([1-9][0-9]{0,4})([smhd])\Z")
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
MIN_INTERVAL, MAX_INTERVAL = 10, 86400
MAX_THRESHOLD = 600.0
# The others have a share as their threshold.
MAX_THRESHOLDS = {
    Indicator.LATENCY: MAX_THRESHOLD,
    Indicator.FRESHNESS: 400 * 86400.0,
    Indicator.VOLUME: 1e15,
}
DEFAULT_PERCENTILE = 0.95


@dataclass(frozen=True, kw_only=True)
class DeclaredObjective:
    """One objective; without `port` it covers all ports of the product together.

    `interval` is how many seconds may lie between two checks; None leaves it to the port.
    """

    spec: ObjectiveSpec
    port: str = ""
    interval: int | None = None

    @property
    def key(self) -> tuple[object, ...]:
        """Return what no two objectives of a document share."""
        spec = self.spec
        return (
            self.port,
            spec.indicator,
            spec.percentile,
            spec.threshold,
            spec.window_kind,
            spec.window,
            spec.source,
        )


def parse_objective(
    item: JSONValue, location: str, issues: list[Issue], *, ports: Collection[str] | None = None
) -> DeclaredObjective | None:
    """Parse one objective; append what is wrong to `issues`.

    `ports` are the names of its product's output ports; None for the objective of a domain.
    """
    if not isinstance(item, dict):
        issues.append(Issue(location=location, message="Must be an object."))
        return None
    return _ObjectiveParser(item, location, issues).parse(ports)


def format_interval(seconds: int) -> str:
    """Return seconds in the notation of documents: 30s, 5m, 1h, 1d."""
    unit = next(unit for unit in "dhms" if seconds % SECONDS[unit] == 0)
    return f"{seconds // SECONDS[unit]}{unit}"


def format_window(spec: ObjectiveSpec) -> str:
    """Return a window in the notation of documents: 30d, 24h, month."""
    if spec.window_kind != WindowKind.ROLLING:
        return str(spec.window_kind)
    days, rest = divmod(spec.window, timedelta(days=1))
    return f"{days}d" if not rest else f"{spec.window // timedelta(hours=1)}h"


class _ObjectiveParser:
    """Parses one objective and collects its issues."""

    def __init__(self, item: JSONObject, location: str, issues: list[Issue]) -> None:
        self.item, self.location, self.issues = item, location, issues

    def parse(self, ports: Collection[str] | None) -> DeclaredObjective:
        for key in sorted(set(map(str, self.item)) - KEYS):
            self.add_issue(key, "Unknown key.", f"Use one of {', '.join(sorted(KEYS))}.")
        indicator = self.choice("indicator", tuple(Indicator), default="")
        # A percentile implies time slices.
        is_sliced = "percentile" in self.item
        default = BudgetingMethod.TIMESLICES if is_sliced else BudgetingMethod.OCCURRENCES
        budgeting = self.choice("budgeting", tuple(BudgetingMethod), default=default)
        window_kind, window = self.window()
        spec = ObjectiveSpec(
            indicator=indicator,
            target=self.number("target", max_value=1.0, default=None) or 1.0,
            window=window,
            threshold=self.threshold(indicator),
            percentile=self.percentile(indicator, budgeting),
            budgeting=budgeting,
            window_kind=window_kind,
            source=self.choice("source", tuple(ValueSource), default=ValueSource.MEASURED),
        )
        if indicator and indicator not in PROBED_INDICATORS:
            if spec.is_sliced:
                hint = "Remove budgeting, or set it to occurrences."
                self.add_issue("budgeting", "Only probes are budgeted by time slices.", hint)
        elif self.item.get("source", ValueSource.MEASURED) != ValueSource.MEASURED:
            self.add_issue("source", "Availability and latency are measured.", "Remove it.")
        return DeclaredObjective(
            spec=spec,
            port=self.port(ports),
            interval=self.interval(),
        )

    def add_issue(self, key: str, message: str, hint: str = "") -> None:
        location = f"{self.location}/{escape(key)}"
        self.issues.append(Issue(location=location, message=message, hint=hint))

    def choice(self, key: str, choices: tuple[str, ...], *, default: str) -> str:
        value = self.item.get(key, default or None)
        if value in choices:
            return str(value)
        self.add_issue(key, f"Unknown value {value!r}.", f"Use {' or '.join(choices)}.")
        return default

    def number(self, key: str, *, max_value: float, default: float | None) -> float | None:
        """Return a number above 0 and up to `max_value`; a missing one without default is an
        issue."""
        value: JSONValue = self.item.get(key, default)
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if is_number and math.isfinite(value) and 0 < value <= max_value:
            return float(value)
        self.add_issue(
            key, "Must be a number above 0.", f"Give a number above 0, up to {max_value:g}."
        )
        return default

    def threshold(self, indicator: str) -> float | None:
        """Return the threshold; all indicators but availability have one."""
        if indicator and indicator != Indicator.AVAILABILITY:
            max_value = MAX_THRESHOLDS.get(Indicator(indicator), 1.0)
            return self.number("threshold", max_value=max_value, default=None)
        if "threshold" in self.item:
            self.add_issue("threshold", "Availability has no threshold.", "Remove it.")
        return None

    def percentile(self, indicator: str, budgeting: str) -> float | None:
        """Return the share of a slice's latencies that must be within the threshold."""
        if indicator == Indicator.LATENCY and budgeting == BudgetingMethod.TIMESLICES:
            return self.number("percentile", max_value=1.0, default=DEFAULT_PERCENTILE)
        if "percentile" in self.item:
            self.add_issue(
                "percentile",
                "Only latency budgeted by time slices has a percentile.",
                "Remove it, or set budgeting to timeslices.",
            )
        return None

    def window(self) -> tuple[WindowKind, timedelta]:
        value = self.item.get("window", "30d")
        if value in set(CALENDAR_WINDOWS):
            kind = WindowKind(str(value))
            return kind, CALENDAR_WINDOWS[kind]
        match = WINDOW_PATTERN.match(value) if isinstance(value, str) else None
        if match:
            number, unit = int(match[1]), match[2]
            window = timedelta(hours=number) if unit == "h" else timedelta(days=number)
            if window <= (MAX_WINDOW_IN_HOURS if unit == "h" else MAX_WINDOW):
                return WindowKind.ROLLING, window
        hint = "Write 24h, 7d or 30d, at most 72h or 90d; or week, month or quarter (UTC)."
        self.add_issue("window", f"Unknown window {value!r}.", hint)
        return WindowKind.ROLLING, DEFAULT_WINDOW

    def interval(self) -> int | None:
        """Return the seconds between checks; None if the objective does not ask for any."""
        value = self.item.get("interval")
        if value is None and "interval" not in self.item:
            return None
        match = INTERVAL_PATTERN.match(value) if isinstance(value, str) else None
        seconds = int(match[1]) * SECONDS[match[2]] if match else 0
        if MIN_INTERVAL <= seconds <= MAX_INTERVAL:
            return seconds
        hint = "Write 10s, 5m, 1h or 1d; from 10 seconds to a day."
        self.add_issue("interval", f"Unknown interval {value!r}.", hint)
        return None

    def port(self, ports: Collection[str] | None) -> str:
        """Return the name of the port that the objective covers; empty for all of them."""
        value = self.item.get("port", "")
        if ports is None:
            if "port" in self.item:
                self.add_issue("port", "A standard covers all ports of a product.", "Remove it.")
            return ""
        if isinstance(value, str) and (not value or value in ports):
            return value
        self.add_issue("port", f"Unknown output port {value!r}.", "Name one of its ports.")
        return ""
