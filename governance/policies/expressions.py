"""Compiled expressions of policies, in the Common Expression Language.

The one importer of `cel`. That library bounds neither the size of an expression nor its steps, so
both are bounded here: length, brackets and depth of loops before it compiles, and the steps of
loops before it runs. Regular expressions are linear. A text that was never compiled is compiled in
a limited child first (`governance.policies.compile_child`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cel

from catalog.issues import shortened
from governance.policies.expression_reader import InvalidExpression, Reading, read_expression
from governance.policies.facts import Facts

MAX_STEPS = 250_000


class FactContext:
    """The facts of one product, converted once for all expressions: the conversion is what costs.

    Over 30 columns it takes some 100 µs, an expression 0.2 to 15 µs.
    """

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.context = cel.Context(variables=dict(facts))

    def steps(self, loops: Sequence[tuple[str, ...]]) -> int:
        """Return how many steps the most costly of nested loops takes at most."""
        return max((self._product_of_sizes(nested) for nested in loops), default=0)

    def _product_of_sizes(self, nested: tuple[str, ...]) -> int:
        product = 1
        for path in nested:
            value = value_at(self.facts, path) if path else None
            # A list within an element, or a computed one, is no longer than the longest list.
            product *= max(1, len(value) if isinstance(value, list) else self._longest())
        return product

    def _longest(self) -> int:
        lists = (value for value in self.facts.values() if isinstance(value, list))
        return max(map(len, lists), default=1)


@dataclass(frozen=True)
class Expression:
    """A compiled expression, and what it reads."""

    text: str
    reading: Reading
    program: Any

    def run(self, facts: FactContext) -> Any:
        """Return the value. Raises ExpressionFailed."""
        if facts.steps(self.reading.loops) > MAX_STEPS:
            raise ExpressionFailed(f"Its loops take more than {MAX_STEPS:,} steps.")
        try:
            return self.program.execute(facts.context)
        except KeyError as error:
            raise ExpressionFailed(f"There is no member {error}.") from error
        except (IndexError, TypeError, ValueError, ArithmeticError, RuntimeError) as error:
            raise ExpressionFailed(shortened(" ".join(str(error).split()), 200)) from error


class ExpressionFailed(Exception):
    """An expression has no value for these facts; the text says why."""


def compile_expression(text: str) -> Expression:
    """Compile an expression that was compiled in the limited child before.

    Raises InvalidExpression.
    """
    reading = read_expression(text)
    try:
        return Expression(text, reading, cel.compile(text))
    except ValueError as error:
        lines = [line for line in str(error).splitlines() if "ERROR" in line] or [str(error)]
        message = lines[0].split("ERROR: ", 1)[-1].replace("<input>:", "line and column ")
        raise InvalidExpression(
            f"The expression is not valid: {shortened(message, 200)}"
        ) from error


def value_at(facts: Any, path: str) -> Any:
    """Return the fact at a path of members, or None if there is none."""
    for name in path.split("."):
        facts = facts.get(name) if isinstance(facts, dict) else None
    return facts
