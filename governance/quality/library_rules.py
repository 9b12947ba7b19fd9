"""Compiles rules of the ODCS library: the metrics of 3.1 and 3.2, and the rules of 3.0; pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from catalog.issues import did_you_mean
from catalog.types import JSONObject
from governance.quality.dimensions import Dimension
from governance.quality.drafts import (
    Draft,
    Place,
    RuleProblem,
    texts_in,
    threshold_in,
    unit_in,
)
from governance.quality.rules import NO_ROWS, Threshold, Unit
from governance.sandbox.checks import MAX_PATTERN_LENGTH, Check

# Names of 3.0 and of ODCS 2, by the metric of 3.1 that they became.
FORMER_NAMES = {
    "duplicateCount": "duplicateValues",
    "uniqueCheck": "duplicateValues",
    "validValues": "invalidValues",
    "nullCheck": "nullValues",
    "nullCount": "nullValues",
    "countCheck": "rowCount",
}


def compile_library(rule: JSONObject, place: Place) -> Draft:
    """Return what a rule of the library asks for. Raises RuleProblem."""
    member = "metric" if rule.get("metric") else "rule"
    name = str(rule.get(member) or "")
    metric = FORMER_NAMES.get(name, name)
    if metric not in _METRICS:
        known = did_you_mean(name, _METRICS) or f"Use one of {', '.join(_METRICS)}."
        raise RuleProblem(f"Unknown metric {name!r}.", known, f"/{member}")
    arguments = rule.get("arguments") or {}
    if not isinstance(arguments, Mapping):
        raise RuleProblem("The arguments are not an object.", "Write name: value.", "/arguments")
    # In 3.0 the arguments are members of the rule itself; that all values are valid is implied.
    known_arguments: JSONObject = {
        key: rule[key] for key in ("validValues", "pattern") if key in rule
    }
    default = NO_ROWS if name in ("validValues", "uniqueCheck", "nullCheck") else None
    threshold, unit = threshold_in(rule, default=default), unit_in(rule)
    if place.column == "" and metric in ("nullValues", "missingValues", "invalidValues"):
        hint = "Move the rule to a property of the table."
        raise RuleProblem(f"{name} is a rule of a column.", hint, f"/{member}")
    if place.column and metric == "rowCount":
        hint = "Move the rule to the table."
        raise RuleProblem("rowCount is a rule of a table.", hint, f"/{member}")
    return _METRICS[metric](place, {**known_arguments, **arguments}, threshold, unit)


def _row_count(
    place: Place, arguments: Mapping[str, object], threshold: Threshold, unit: Unit
) -> Draft:
    if unit is Unit.PERCENT:
        raise RuleProblem("A row count has no percentage.", "Leave the unit out.", "/unit")
    return Draft(
        kind="row_count",
        title=f"Rows in {place.names[0] if place.names else place.table}",
        dimension=Dimension.COMPLETENESS,
        threshold=threshold,
        check=Check(key="", kind="row_count"),
    )


def _missing(
    place: Place, arguments: Mapping[str, object], threshold: Threshold, unit: Unit
) -> Draft:
    missing: tuple[str, ...] = ()
    if (values := arguments.get("missingValues")) is not None:
        missing = texts_in(values, "/arguments/missingValues")
    return Draft(
        kind="missing",
        title=f"Missing values in {place.column}",
        dimension=Dimension.COMPLETENESS,
        threshold=threshold,
        unit=unit,
        check=Check(key="", kind="missing", columns=(place.column,), missing=missing),
    )


def _nulls(
    place: Place, arguments: Mapping[str, object], threshold: Threshold, unit: Unit
) -> Draft:
    return _missing(place, {}, threshold, unit)


def _invalid(
    place: Place, arguments: Mapping[str, object], threshold: Threshold, unit: Unit
) -> Draft:
    values, pattern = arguments.get("validValues"), arguments.get("pattern")
    if values is None and pattern is None:
        hint = "Add arguments: {validValues: [...]} or {pattern: ...}."
        raise RuleProblem("The rule does not say which values are valid.", hint, "/arguments")
    if pattern is not None and (not isinstance(pattern, str) or len(pattern) > MAX_PATTERN_LENGTH):
        hint = f"Write a regular expression of at most {MAX_PATTERN_LENGTH} characters."
        raise RuleProblem("The pattern is not a text of usual length.", hint, "/arguments/pattern")
    return Draft(
        kind="pattern" if values is None else "allowed_values",
        title=f"Invalid values in {place.column}",
        threshold=threshold,
        unit=unit,
        check=Check(
            key="",
            kind="pattern" if values is None else "allowed_values",
            columns=(place.column,),
            allowed=None if values is None else texts_in(values, "/arguments/validValues"),
            pattern=pattern or "",
        ),
    )


def _duplicates(
    place: Place, arguments: Mapping[str, object], threshold: Threshold, unit: Unit
) -> Draft:
    columns: tuple[str, ...] = (place.column,)
    if not place.column:
        columns = texts_in(arguments.get("properties"), "/arguments/properties")
        if not columns:
            hint = "Name the columns of the key."
            raise RuleProblem("The key has no column.", hint, "/arguments/properties")
    return Draft(
        kind="duplicates",
        title=f"Duplicates of {', '.join(columns)}",
        columns=columns,
        dimension=Dimension.UNIQUENESS,
        threshold=threshold,
        unit=unit,
        check=Check(key="", kind="duplicates", columns=columns),
    )


_METRICS: Mapping[str, Callable[[Place, Mapping[str, object], Threshold, Unit], Draft]] = {
    "rowCount": _row_count,
    "nullValues": _nulls,
    "missingValues": _missing,
    "invalidValues": _invalid,
    "duplicateValues": _duplicates,
}
