"""Whether what a check observed is what its rule asks for; pure."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from governance.quality.rules import Operator, QualityRule, Severity, Threshold, Unit
from governance.sandbox.checks import CheckResult

# Decimals of a percentage before it is compared: 1 of 3 rows is 33.333333 %.
PERCENT_DECIMALS = 6


class CheckState(StrEnum):
    """What one check said, the worst first.

    A warning is a rule of low severity that is not met. A check that is not run has no result yet,
    or cannot have one here.
    """

    FAILED = "failed"
    ERROR = "error"
    WARNING = "warning"
    NOT_RUN = "not_run"
    PASSED = "passed"


class QualityState(StrEnum):
    """What the checks of a product say, the worst first; "none" is a product without checks.

    Unknown are checks that could not run, or did not for long; collecting are those before their
    first run.
    """

    FAILED = "failed"
    UNKNOWN = "unknown"
    COLLECTING = "collecting"
    PASSED = "passed"
    NONE = "none"


class CheckFacts(Protocol):
    """What is read of an outcome, stored or not."""

    @property
    def dimension(self) -> str: ...
    @property
    def state(self) -> str: ...
    @property
    def tested(self) -> int | None: ...
    @property
    def share(self) -> float | None: ...


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """What a check said: `observed` in the unit of its rule, rows tested and rows failing.

    `message` is a sentence if it was not met, or has no result.
    """

    dimension: str
    state: CheckState
    observed: float | None = None
    tested: int | None = None
    failing: int | None = None
    message: str = ""

    @property
    def share(self) -> float | None:
        return passing_share(self.state, self.tested, self.failing)


_COMPARISONS: Mapping[Operator, Callable[[float, float], bool]] = {
    Operator.EQUAL: operator.eq,
    Operator.NOT_EQUAL: operator.ne,
    Operator.GREATER: operator.gt,
    Operator.GREATER_OR_EQUAL: operator.ge,
    Operator.LESS: operator.lt,
    Operator.LESS_OR_EQUAL: operator.le,
}


def meets(observed: float, threshold: Threshold) -> bool:
    """Return True if a number is as a threshold asks; the bounds of a between belong to it."""
    if threshold.upper is None:
        return _COMPARISONS[threshold.operator](observed, threshold.value)
    is_between = threshold.value <= observed <= threshold.upper
    return is_between == (threshold.operator is Operator.BETWEEN)


def evaluate(rule: QualityRule, result: CheckResult, *, rows: int | None) -> Evaluation:
    """Return what a result says of its rule, in a table of which `rows` were read.

    Without an observed number a rule cannot be met: no value at all is not fresh. Of a distribution
    that has no baseline yet it says nothing.
    """
    facts = {"tested": result.tested, "failing": result.failing}
    if result.is_error:
        return Evaluation(dimension=rule.dimension, state=CheckState.ERROR, message=result.error)
    observed = in_unit(rule.unit, result, rows)
    if observed is None and rule.kind == "distribution":
        message = "This run is the baseline that later ones are compared with."
        return Evaluation(dimension=rule.dimension, state=CheckState.NOT_RUN, message=message)
    if observed is not None and meets(observed, rule.threshold):
        state, message = CheckState.PASSED, ""
    else:
        is_error = rule.severity is Severity.ERROR
        state = CheckState.FAILED if is_error else CheckState.WARNING
        message = failure_text(rule, observed, result, rows)
    return Evaluation(
        dimension=rule.dimension, state=state, observed=observed, message=message, **facts
    )


def in_unit(unit: Unit, result: CheckResult, rows: int | None) -> float | None:
    """Return the observed number in the unit of its rule; of an empty table 0 %."""
    if unit is not Unit.PERCENT or result.observed is None:
        return result.observed
    return round(result.observed / rows * 100, PERCENT_DECIMALS) if rows else 0.0


def failure_text(
    rule: QualityRule, observed: float | None, result: CheckResult, rows: int | None
) -> str:
    """Return why a rule is not met, as a sentence."""
    if observed is None:
        return f"There is no value; expected {expected_text(rule)}."
    if rule.kind == "freshness":
        newest = f" (newest value {result.value})" if result.value else ""
        return f"{duration_text(observed)} old{newest}; expected {expected_text(rule)}."
    if rule.unit is Unit.PERCENT:
        counts = f" ({result.observed:,.0f} of {rows:,} rows)" if rows else ""
        return f"{_number(observed)} %{counts}; expected {expected_text(rule)}."
    return f"{_with_unit(observed, rule)}; expected {expected_text(rule)}."


def expected_text(rule: QualityRule) -> str:
    """Return what a rule asks for, as a phrase: at most 5 % of rows."""
    threshold = rule.threshold
    if rule.unit is Unit.SECONDS:
        value, upper = duration_text(threshold.value), duration_text(threshold.upper or 0)
    else:
        value, upper = _number(threshold.value), _number(threshold.upper or 0)
    unit = {Unit.PERCENT: " % of rows", Unit.ROWS: f" {_counted(rule, threshold.value)}"}.get(
        rule.unit, ""
    )
    if threshold == Threshold(Operator.EQUAL, 0) and rule.unit is not Unit.NONE:
        return f"no {_counted(rule)}"
    return _PHRASES[threshold.operator].format(value, upper) + unit


_PHRASES = {
    Operator.EQUAL: "exactly {0}",
    Operator.NOT_EQUAL: "not {0}",
    Operator.GREATER: "more than {0}",
    Operator.GREATER_OR_EQUAL: "at least {0}",
    Operator.LESS: "less than {0}",
    Operator.LESS_OR_EQUAL: "at most {0}",
    Operator.BETWEEN: "{0} to {1}",
    Operator.NOT_BETWEEN: "not {0} to {1}",
}
# What is counted: one of them, and several.
_COUNTED = {
    "row_count": ("row", "rows"),
    "missing": ("row without a value", "rows without a value"),
    "duplicates": ("duplicated key", "duplicated keys"),
    "type_conformity": ("row with a value of another type", "rows with a value of another type"),
    "range": ("row outside the range", "rows outside the range"),
    "allowed_values": ("row with another value", "rows with another value"),
    "pattern": ("row with another form", "rows with another form"),
    "reference": ("row without a match", "rows without a match"),
    "accuracy": ("row that differs from the reference", "rows that differ from the reference"),
}
_OTHERS = ("row that does not meet it", "rows that do not meet it")


def _counted(rule: QualityRule, number: float = 0) -> str:
    one, several = _COUNTED.get(rule.kind, _OTHERS)
    return one if number == 1 else several


def _with_unit(observed: float, rule: QualityRule) -> str:
    number = _number(observed)
    return f"{number} {_counted(rule, observed)}" if rule.unit is Unit.ROWS else number


def _number(value: float) -> str:
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.6g}"


def duration_text(seconds: float) -> str:
    """Return a duration in the largest unit in which it is at least 2."""
    for name, size in (("days", 86_400), ("hours", 3600), ("minutes", 60)):
        if abs(seconds) >= 2 * size:
            return f"{seconds / size:.3g} {name}"
    return f"{seconds:.3g} seconds"


def passing_share(state: str, tested: int | None, failing: int | None) -> float | None:
    """Return the share of rows that pass, from 0 to 1; of a check without rows, 1 or 0.

    None if it has no result. An empty table has no row that fails.
    """
    if state in (CheckState.ERROR, CheckState.NOT_RUN):
        return None
    if tested is not None and failing is not None:
        return 1 - failing / tested if tested else 1.0
    return 1.0 if state == CheckState.PASSED else 0.0


def worst_state(states: Iterable[str]) -> CheckState:
    """Return the worst of some states; without any, that nothing was run."""
    order = list(CheckState)
    return min((CheckState(state) for state in states), key=order.index, default=CheckState.NOT_RUN)
