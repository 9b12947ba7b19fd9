"""The objectives that a product's document declares (`assayObjectives`), with every issue; pure."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from jsonpointer import escape

from catalog.exceptions import ValidationFailed
from catalog.issues import Issue
from catalog.products.projection import custom, custom_pointer
from catalog.types import JSONObject, JSONValue
from governance.slo.evaluation import BudgetingMethod, Indicator, ObjectiveSpec

KEY = "assayObjectives"
MEASURED_INDICATORS = (Indicator.AVAILABILITY, Indicator.LATENCY)
KEYS = frozenset({"indicator", "target", "threshold", "percentile", "window", "budgeting", "port"})
MAX_OBJECTIVES = 50
WINDOW_PATTERN = re.compile(r"([1-9][0-9]{0,2})([hd])\Z")
MAX_WINDOW = timedelta(days=90)
MAX_WINDOW_IN_HOURS = timedelta(hours=72)
MAX_THRESHOLD = 600.0
DEFAULT_WINDOW = timedelta(days=30)
DEFAULT_PERCENTILE = 0.95


@dataclass(frozen=True, kw_only=True)
class DeclaredObjective:
    """One objective of a document; without `port` it covers all ports of the product together."""

    spec: ObjectiveSpec
    port: str = ""


def declared_objectives(tree: JSONObject) -> list[DeclaredObjective]:
    """Return the objectives of a document, in order. Raises ValidationFailed with every issue."""
    declared = custom(tree, KEY)
    location = custom_pointer(tree, KEY)
    if declared is None:
        return []
    if not isinstance(declared, list) or len(declared) > MAX_OBJECTIVES:
        message = f"Must be a list of at most {MAX_OBJECTIVES} objectives."
        raise ValidationFailed([Issue(location=location, message=message)])
    ports = tree.get("outputPorts")
    port_names = {
        str(port.get("name"))
        for port in (ports if isinstance(ports, list) else [])
        if isinstance(port, Mapping)
    }
    issues: list[Issue] = []
    objectives = []
    for index, item in enumerate(declared):
        if isinstance(item, dict):
            parser = _ObjectiveParser(item, f"{location}/{index}", issues)
            objectives.append(parser.parse(port_names))
        else:
            issues.append(Issue(location=f"{location}/{index}", message="Must be an object."))
    seen: set[tuple[object, ...]] = set()
    for index, objective in enumerate(objectives):
        spec = objective.spec
        key = (objective.port, spec.indicator, spec.percentile, spec.threshold)
        if key in seen:
            issues.append(
                Issue(
                    location=f"{location}/{index}",
                    message="Duplicate objective.",
                    hint="Remove one of them.",
                )
            )
        seen.add(key)
    if issues:
        raise ValidationFailed(issues)
    return objectives


class _ObjectiveParser:
    """Parses one objective and collects its issues."""

    def __init__(self, item: JSONObject, location: str, issues: list[Issue]) -> None:
        self.item, self.location, self.issues = item, location, issues

    def parse(self, port_names: set[str]) -> DeclaredObjective:
        for key in sorted(set(map(str, self.item)) - KEYS):
            self.add_issue(key, "Unknown key.", f"Use one of {', '.join(sorted(KEYS))}.")
        indicator = self.choice("indicator", MEASURED_INDICATORS, default="")
        # A percentile implies time slices.
        is_sliced = "percentile" in self.item
        default = BudgetingMethod.TIMESLICES if is_sliced else BudgetingMethod.OCCURRENCES
        budgeting = self.choice("budgeting", tuple(BudgetingMethod), default=default)
        spec = ObjectiveSpec(
            indicator=indicator,
            target=self.number("target", max_value=1.0, default=None) or 1.0,
            window=self.window(),
            threshold=self.threshold(indicator),
            percentile=self.percentile(indicator, budgeting),
            budgeting=budgeting,
        )
        return DeclaredObjective(spec=spec, port=self.port(port_names))

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
        """Return the threshold in seconds; only latency has one."""
        if indicator == Indicator.LATENCY:
            return self.number("threshold", max_value=MAX_THRESHOLD, default=None)
        if "threshold" in self.item:
            self.add_issue("threshold", "Only latency has a threshold.", "Remove it.")
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

    def window(self) -> timedelta:
        value = self.item.get("window", "30d")
        match = WINDOW_PATTERN.match(value) if isinstance(value, str) else None
        if match:
            number, unit = int(match[1]), match[2]
            window = timedelta(hours=number) if unit == "h" else timedelta(days=number)
            if window <= (MAX_WINDOW_IN_HOURS if unit == "h" else MAX_WINDOW):
                return window
        hint = "Write 24h, 7d or 30d; at most 72h or 90d."
        self.add_issue("window", f"Unknown window {value!r}.", hint)
        return DEFAULT_WINDOW

    def port(self, port_names: set[str]) -> str:
        """Return the name of the port that the objective covers; empty for all of them."""
        value = self.item.get("port", "")
        if isinstance(value, str) and (not value or value in port_names):
            return value
        self.add_issue("port", f"Unknown output port {value!r}.", "Name one of its ports.")
        return ""
