"""The one evaluator: what a policy says of the facts of one product.

The publication gate, the sweep over the mesh, pages, dry runs, certification and the cases of the
text itself all call it; there is no second implementation.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from catalog.issues import shortened
from governance.policies.decisions import ClauseResult, PolicyResult
from governance.policies.expression_reader import InvalidExpression
from governance.policies.expressions import (
    Expression,
    ExpressionFailed,
    FactContext,
    compile_expression,
    value_at,
)
from governance.policies.facts import Facts
from governance.policies.text import Clause, PolicyText

# Facts names_of_elements with a violation; the rest is counted.
MAX_SHOWN = 5


@dataclass(frozen=True)
class CompiledClause:
    """A clause whose expressions are compiled.

    `failing` gives the elements that fail, where the assertion is about all elements of a list.
    """

    clause: Clause
    assertion: Expression
    when: Expression | None
    failing: Expression | None

    @property
    def expressions(self) -> Iterator[Expression]:
        yield self.assertion
        if self.when:
            yield self.when


@dataclass(frozen=True)
class CompiledPolicy:
    """A policy ready to be evaluated; `is_time_bound` if an expression reads `now`."""

    text: PolicyText
    clauses: tuple[CompiledClause, ...]
    is_time_bound: bool


def compile_policy(text: PolicyText) -> CompiledPolicy:
    """Compile the expressions of a policy. Raises InvalidExpression."""
    clauses = tuple(_compile_clause(index, clause) for index, clause in enumerate(text.clauses))
    return CompiledPolicy(
        text,
        clauses,
        any(part.reading.reads_now for clause in clauses for part in clause.expressions),
    )


def _compile_clause(index: int, clause: Clause) -> CompiledClause:
    assertion = _compile_at(("clauses", index, "assert"), clause.assertion)
    failing = None
    if universal := assertion.reading.universal:
        path, variable, condition = universal
        failing = compile_expression(f"{path}.filter({variable}, !({condition}))")
    when = _compile_at(("clauses", index, "when"), clause.when) if clause.when else None
    return CompiledClause(clause, assertion, when, failing)


def _compile_at(path: tuple[str | int, ...], text: str) -> Expression:
    try:
        return compile_expression(text)
    except InvalidExpression as invalid:
        raise InvalidExpression(invalid.message, invalid.hint, path) from invalid


def evaluate(policy: CompiledPolicy, facts: FactContext, *, version: int = 0) -> PolicyResult:
    """Return what a policy says of facts; outside of its scope it says nothing."""
    applies = in_scope(policy.text, facts.facts)
    clauses = tuple(_evaluate(clause, facts) for clause in policy.clauses) if applies else ()
    return PolicyResult(
        policy=policy.text.id,
        version=version,
        applies=applies,
        clauses=clauses,
        is_time_bound=policy.is_time_bound,
    )


def in_scope(policy: PolicyText, facts: Facts) -> bool:
    scope, product, ancestors = policy.scope, facts["product"], facts["domain"]["ancestors"]
    classifications = {column["classification"] for column in facts["columns"]}
    return (
        (not policy.domain or policy.domain in ancestors)
        and _any_of(scope.domains, ancestors)
        and _any_of(scope.sensitivity, [product["sensitivity"]])
        and _any_of(scope.classification, classifications)
        and _any_of(scope.tags, product["tags"])
        and _any_of(scope.type, [product["type"]])
        and _any_of(scope.status, [product["status"]])
    )


def _any_of(allowed: tuple[str, ...], values: Any) -> bool:
    return not allowed or bool(set(allowed).intersection(values))


def _evaluate(compiled: CompiledClause, facts: FactContext) -> ClauseResult:
    clause, error = compiled.clause, ""
    is_met: bool | None
    try:
        holds = _truth(compiled.when, facts) if compiled.when else True
        is_met = _truth(compiled.assertion, facts) if holds else None
    except ExpressionFailed as failed:
        is_met, error = False, str(failed)
    if is_met is not False:
        return ClauseResult(clause=clause.id, is_met=is_met)
    return ClauseResult(
        clause=clause.id,
        is_met=False,
        message=clause.message,
        hint=clause.hint,
        severity=clause.severity.value,
        location=clause.location,
        error=error,
        observed=tuple(_observed(compiled, facts)),
    )


def _truth(expression: Expression, facts: FactContext) -> bool:
    value = expression.run(facts)
    if not isinstance(value, bool):
        raise ExpressionFailed("Its value is neither true nor false.")
    return value


def _observed(compiled: CompiledClause, facts: FactContext) -> Iterator[tuple[str, str]]:
    """Yield the facts that decide: elements that fail by name, else the plain facts it reads."""
    if compiled.failing:
        path = (
            compiled.assertion.reading.universal[0] if compiled.assertion.reading.universal else ""
        )
        try:
            elements = compiled.failing.run(facts)
        except ExpressionFailed:
            elements = []
        names_of_elements = ", ".join(_name_of(element) for element in elements[:MAX_SHOWN])
        more = f" and {len(elements) - MAX_SHOWN} more" if len(elements) > MAX_SHOWN else ""
        if elements:
            yield path, f"{names_of_elements}{more}"
    read = {path for part in compiled.expressions for path in part.reading.paths}
    for path in sorted(read - {"now"})[: 2 * MAX_SHOWN]:
        value = value_at(facts.facts, path)
        if not isinstance(value, list | dict):
            yield path, shortened(str(value), 80)
        elif isinstance(value, list) and not compiled.failing:
            yield path, f"{len(value)} elements"


def _name_of(element: Any) -> str:
    if not isinstance(element, dict):
        return shortened(str(element), 60)
    names = ("table", "name", "indicator", "dimension", "attribute", "group")
    parts = [str(element[name]) for name in names if element.get(name)]
    return shortened(".".join(parts) or str(element), 60)
