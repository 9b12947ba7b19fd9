"""What the compilers of single rules share: where a rule is and what it asks for; pure."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace

from catalog.types import JSONObject
from governance.quality.dimensions import Dimension
from governance.quality.rules import (
    NO_ROWS,
    Operator,
    ReferencedPort,
    Threshold,
    Unit,
)
from governance.sandbox.checks import Check

PERCENT_NAMES = frozenset(("percent", "percentage", "%"))


class RuleProblem(Exception):
    """A rule cannot be compiled; `member` is the place in it, as the end of a JSON Pointer."""

    def __init__(self, message: str, hint: str = "", member: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.member = member


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a rule is: its JSON Pointer, the table in the source, and the column if it is of one.

    `names` are those that the contract has for the table; a nested column has a path with dots.
    """

    location: str
    table: str
    names: tuple[str, ...] = ()
    column: str = ""
    is_in_array: bool = False
    server: JSONObject

    def below(self, member: str, column: str) -> Place:
        path = f"{self.column}.{column}" if self.column else column
        return replace(self, location=f"{self.location}/{member}", column=path)


@dataclass(frozen=True, kw_only=True)
class Draft:
    """What a rule asks for, before it has its key, name and severity.

    `name` is what its key ends with if the rule has no id and no name.
    """

    kind: str
    name: str = ""
    title: str = ""
    columns: tuple[str, ...] = ()
    dimension: Dimension = Dimension.VALIDITY
    unit: Unit = Unit.ROWS
    threshold: Threshold = NO_ROWS
    check: Check | None = None
    reference: ReferencedPort | None = None
    reason: str = ""


def threshold_in(rule: Mapping[str, object], *, default: Threshold | None = None) -> Threshold:
    """Return the one comparison of a rule. Raises RuleProblem."""
    operators = [operator for operator in Operator if rule.get(operator.value) is not None]
    if not operators:
        if default is not None:
            return default
        hint = "Add one, such as mustBe: 0 or mustBeLessThan: 5."
        raise RuleProblem("The rule says no limit.", hint)
    if len(operators) > 1:
        names = " and ".join(operators)
        raise RuleProblem(f"The rule has several limits: {names}.", "Keep one.", f"/{operators[1]}")
    [operator] = operators
    value = rule[operator.value]
    if operator not in (Operator.BETWEEN, Operator.NOT_BETWEEN):
        return Threshold(operator, _number(value, operator))
    if not isinstance(value, list) or len(value) != 2:
        raise RuleProblem(f"{operator} needs two numbers.", "Write [1, 5].", f"/{operator}")
    low, high = (_number(bound, operator) for bound in value)
    if low > high:
        raise RuleProblem(
            f"{operator} begins with the larger number.", "Swap the two.", f"/{operator}"
        )
    return Threshold(operator, low, high)


def _number(value: object, operator: Operator) -> float:
    if isinstance(value, bool):
        return float(value)
    if isinstance(value, str):
        with suppress(ValueError):
            value = float(value)
    if not isinstance(value, int | float) or not abs(value) < float("inf"):
        raise RuleProblem(f"{operator} is not a number.", "Write a number.", f"/{operator}")
    return float(value)


def unit_in(rule: Mapping[str, object]) -> Unit:
    """Return percent if a rule says so; other units of ODCS are texts for people."""
    name = str(rule.get("unit") or "").strip().casefold()
    return Unit.PERCENT if name in PERCENT_NAMES else Unit.ROWS


def texts_in(value: object, member: str) -> tuple[str, ...]:
    """Return a list of values as the texts that the engine compares, without nulls.

    Raises RuleProblem.
    """
    if not isinstance(value, list):
        raise RuleProblem("This is not a list.", "Write a list of values.", member)
    return tuple(text_of(item) for item in value if item is not None)


def text_of(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
