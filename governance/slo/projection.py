"""The objectives that a product's tree declares (`assayObjectives`), every fault named; pure."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from catalog.exceptions import ValidationFailed
from catalog.issues import Issue
from catalog.products.projection import Tree, custom, custom_pointer
from governance.slo.evaluation import BudgetingMethod, Indicator, ObjectiveSpec

KEY = "assayObjectives"
MEASURED = (Indicator.AVAILABILITY, Indicator.LATENCY)
KEYS = frozenset({"indicator", "target", "threshold", "percentile", "window", "budgeting", "port"})
MOST = 50
WINDOW = re.compile(r"([1-9][0-9]{0,2})([hd])\Z")
LONGEST_WINDOW = timedelta(days=90)
LONGEST_IN_HOURS = timedelta(hours=72)
LONGEST_THRESHOLD = 600.0
USUAL_WINDOW = timedelta(days=30)
USUAL_PERCENTILE = 0.95


@dataclass(frozen=True, kw_only=True)
class DeclaredObjective:
    """One promise of a tree; without `port` it is about all ports of the product together."""

    promise: ObjectiveSpec
    port: str = ""


def declared_objectives(tree: Tree) -> list[DeclaredObjective]:
    """Return the objectives of a tree, in order. Raises Invalid with every fault's pointer."""
    declared = custom(tree, KEY)
    at = custom_pointer(tree, KEY)
    if declared is None:
        return []
    if not isinstance(declared, list) or len(declared) > MOST:
        raise ValidationFailed(
            [Issue(location=at, message=f"Objectives are a list, at most {MOST} long.")]
        )
    issues: list[Issue] = []
    ports = _port_names(tree)
    objectives = [
        found
        for index, item in enumerate(declared)
        if (found := _Reader(item, f"{at}/{index}", issues).objective(ports))
    ]
    _refuse_twins(objectives, at, issues)
    if issues:
        raise ValidationFailed(issues)
    return objectives


def _port_names(tree: Tree) -> set[str]:
    ports = tree.get("outputPorts")
    found = ports if isinstance(ports, list) else []
    return {str(port.get("name")) for port in found if isinstance(port, Mapping)}


def _refuse_twins(objectives: list[DeclaredObjective], at: str, issues: list[Issue]) -> None:
    seen: set[tuple[object, ...]] = set()
    for index, each in enumerate(objectives):
        key = (each.port, each.promise.indicator, each.promise.percentile, each.promise.threshold)
        if key in seen:
            issues.append(
                Issue(
                    location=f"{at}/{index}",
                    message="This promise is made twice.",
                    hint="Keep one of them.",
                )
            )
        seen.add(key)


class _Reader:
    """Reads one objective, and collects what is wrong with it."""

    def __init__(self, item: Any, at: str, issues: list[Issue]) -> None:
        self.item, self.at, self.issues = item, at, issues

    def objective(self, ports: set[str]) -> DeclaredObjective | None:
        """Return the objective; None where it is no object."""
        if not isinstance(self.item, Mapping):
            self.issue("", "An objective is an object.")
            return None
        for key in sorted(set(map(str, self.item)) - KEYS):
            self.issue(
                key, "An objective has no such key.", f"Use one of {', '.join(sorted(KEYS))}."
            )
        indicator = self.choice("indicator", MEASURED, default="")
        budgeting = self.choice("budgeting", tuple(BudgetingMethod), default=self.usual_budgeting())
        promise = ObjectiveSpec(
            indicator=indicator,
            target=self.number("target", most=1.0, default=None) or 1.0,
            window=self.window(),
            threshold=self.threshold(indicator),
            percentile=self.percentile(indicator, budgeting),
            budgeting=budgeting,
        )
        return DeclaredObjective(promise=promise, port=self.port(ports))

    def issue(self, key: str, message: str, hint: str = "") -> None:
        """Note one fault."""
        location = f"{self.at}/{key}" if key else self.at
        self.issues.append(Issue(location=location, message=message, hint=hint))

    def usual_budgeting(self) -> str:
        """Return the budgeting of an objective that names none: a percentile needs slices."""
        return (
            BudgetingMethod.TIMESLICES if "percentile" in self.item else BudgetingMethod.OCCURRENCES
        )

    def choice(self, key: str, choices: tuple[str, ...], *, default: str) -> str:
        """Return one of a few words."""
        value = self.item.get(key, default or None)
        if value in choices:
            return str(value)
        self.issue(key, f"{value!r} is not known here.", f"Use {' or '.join(choices)}.")
        return default

    def number(self, key: str, *, most: float, default: float | None) -> float | None:
        """Return a number above 0 and up to `most`; a missing one is a fault unless defaulted."""
        value = self.item.get(key, default)
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if is_number and math.isfinite(value) and 0 < value <= most:
            return float(value)
        self.issue(key, "This is a number above 0.", f"Give a number above 0, up to {most:g}.")
        return default

    def threshold(self, indicator: str) -> float | None:
        """Return the seconds at or below which a latency is good."""
        if indicator == Indicator.LATENCY:
            return self.number("threshold", most=LONGEST_THRESHOLD, default=None)
        if "threshold" in self.item:
            self.issue("threshold", "Only latency has a threshold.", "Take it out.")
        return None

    def percentile(self, indicator: str, budgeting: str) -> float | None:
        """Return the share of a slice's latencies that must be quick."""
        if indicator == Indicator.LATENCY and budgeting == BudgetingMethod.TIMESLICES:
            return self.number("percentile", most=1.0, default=USUAL_PERCENTILE)
        if "percentile" in self.item:
            self.issue(
                "percentile",
                "A percentile belongs to latency by time slices.",
                "Take it out, or set budgeting to timeslices.",
            )
        return None

    def window(self) -> timedelta:
        """Return the stretch of time over which the promise is kept."""
        value = self.item.get("window", "30d")
        match = WINDOW.match(value) if isinstance(value, str) else None
        if match:
            number, unit = int(match[1]), match[2]
            window = timedelta(hours=number) if unit == "h" else timedelta(days=number)
            if window <= (LONGEST_IN_HOURS if unit == "h" else LONGEST_WINDOW):
                return window
        hint = "Write 24h, 7d or 30d; at most 72h or 90d."
        self.issue("window", f"{value!r} is no window.", hint)
        return USUAL_WINDOW

    def port(self, ports: set[str]) -> str:
        """Return the name of the port that the promise is about; empty for all of them."""
        value = self.item.get("port", "")
        if isinstance(value, str) and (not value or value in ports):
            return value
        self.issue("port", f"The product has no output port {value!r}.", "Name one of its ports.")
        return ""
