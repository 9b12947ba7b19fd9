"""Compiles the checks that ODCS has no metric for: custom rules of the engine `assay`; pure.

`check` names one of KINDS, `columns` (or the column of the rule) what it looks at. Rows that do not
meet it must be none unless a comparison of ODCS says otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from catalog.issues import did_you_mean
from catalog.types import JSONObject
from governance.quality.dimensions import Dimension
from governance.quality.drafts import (
    Draft,
    Place,
    RuleProblem,
    text_of,
    texts_in,
    threshold_in,
    unit_in,
)
from governance.quality.library_rules import compile_library
from governance.quality.rules import NO_ROWS, Operator, ReferencedPort, Threshold, Unit
from governance.quality.schema_rules import OWN, freshness_draft, seconds_in
from governance.quality.sql_rules import with_names
from governance.sandbox.checks import MAX_PATTERN_LENGTH, MAX_SQL_LENGTH, Check, Reference

AT = "/implementation"
TYPES = ("integer", "number", "boolean", "date", "timestamp", "time", "string")
# Metrics of the library that may be written as a check too.
METRICS = {
    "row_count": "rowCount",
    "missing": "missingValues",
    "duplicates": "duplicateValues",
}
MAX_DISTANCE = 0.1


def compile_assay(rule: JSONObject, place: Place) -> Draft:
    """Return what a check of Assay asks for. Raises RuleProblem."""
    kind = str(rule.get("check") or "")
    if kind in METRICS:
        arguments = {
            "missingValues": rule.get("missing"),
            "properties": rule.get("columns"),
        }
        library = {key: value for key, value in rule.items() if key not in ("check", "columns")}
        library |= {
            "metric": METRICS[kind],
            "arguments": {key: value for key, value in arguments.items() if value is not None},
        }
        if kind == "missing":
            place = replace(place, column=_one_column(rule, place)[0])
        elif "columns" in rule:
            place = replace(place, column="")
        return compile_library(library, place)
    if kind not in _COMPILERS:
        known = did_you_mean(kind, KINDS) or f"Use one of {', '.join(KINDS)}."
        raise RuleProblem(f"Unknown check {kind!r}.", known, f"{AT}/check")
    return _COMPILERS[kind](rule, place)


def columns_in(rule: JSONObject, place: Place) -> tuple[str, ...]:
    """Return the columns of a rule, or the one that it belongs to. Raises RuleProblem."""
    if (listed := rule.get("columns")) is not None:
        columns = texts_in(listed, f"{AT}/columns")
    else:
        column = str(rule.get("column") or place.column)
        columns = (column,) if column else ()
    if not columns:
        raise RuleProblem("The check names no column.", "Add columns: [...].", f"{AT}/columns")
    return columns


def _rows(rule: JSONObject, place: Place, check: Check, title: str, dimension: Dimension) -> Draft:
    return Draft(
        kind=check.kind,
        title=title,
        columns=check.columns,
        dimension=dimension,
        unit=unit_in(rule),
        threshold=threshold_in(rule, default=NO_ROWS),
        check=check,
    )


def _range(rule: JSONObject, place: Place) -> Draft:
    [column] = _one_column(rule, place)
    low, high = rule.get("minimum"), rule.get("maximum")
    if low is None and high is None:
        raise RuleProblem("The range has no bound.", "Add minimum or maximum.", AT)
    check = Check(
        key="",
        kind="range",
        columns=(column,),
        minimum=None if low is None else text_of(low),
        maximum=None if high is None else text_of(high),
        is_exclusive=rule.get("exclusive") is True,
    )
    bounds = f"{_or_open(low)} to {_or_open(high)}"
    return _rows(rule, place, check, f"{column} from {bounds}", Dimension.VALIDITY)


def _or_open(bound: object) -> str:
    return "any" if bound is None else text_of(bound)


def _length(rule: JSONObject, place: Place) -> Draft:
    [column] = _one_column(rule, place)
    low, high = (_count(rule, name) for name in ("minimum", "maximum"))
    if low is None and high is None:
        raise RuleProblem("The length has no bound.", "Add minimum or maximum.", AT)
    check = Check(key="", kind="length", columns=(column,), min_length=low, max_length=high)
    title = f"Length of {column} from {_or_open(low)} to {_or_open(high)}"
    return _rows(rule, place, check, title, Dimension.VALIDITY)


def _count(rule: JSONObject, name: str) -> int | None:
    value = rule.get(name)
    if value is None or (isinstance(value, int) and not isinstance(value, bool) and value >= 0):
        return value
    raise RuleProblem(f"{name} is not a whole number.", "Write 0 or more.", f"{AT}/{name}")


def _allowed(rule: JSONObject, place: Place) -> Draft:
    [column] = _one_column(rule, place)
    forbidden = rule.get("forbidden")
    check = Check(
        key="",
        kind="allowed_values",
        columns=(column,),
        allowed=None if forbidden is not None else texts_in(rule.get("values"), f"{AT}/values"),
        forbidden=() if forbidden is None else texts_in(forbidden, f"{AT}/forbidden"),
    )
    return _rows(rule, place, check, f"Values of {column}", Dimension.VALIDITY)


def _pattern(rule: JSONObject, place: Place) -> Draft:
    [column] = _one_column(rule, place)
    pattern = _text(rule, "pattern", MAX_PATTERN_LENGTH)
    check = Check(key="", kind="pattern", columns=(column,), pattern=pattern)
    return _rows(rule, place, check, f"Pattern of {column}", Dimension.VALIDITY)


def _type(rule: JSONObject, place: Place) -> Draft:
    [column] = _one_column(rule, place)
    name = str(rule.get("type") or "")
    if name not in TYPES:
        hint = f"Use one of {', '.join(TYPES)}."
        raise RuleProblem(f"Unknown type {name!r}.", hint, f"{AT}/type")
    check = Check(key="", kind="type_conformity", columns=(column,), logical_type=name)
    return _rows(rule, place, check, f"{column} is of type {name}", Dimension.VALIDITY)


def _expression(rule: JSONObject, place: Place) -> Draft:
    expression = _text(rule, "expression", MAX_SQL_LENGTH)
    listed = rule.get("columns")
    columns = texts_in(listed, f"{AT}/columns") if listed is not None else ()
    sql = with_names(expression, place)
    check = Check(key="", kind="expression", columns=columns, sql=sql)
    return _rows(rule, place, check, shortened_sql(expression), Dimension.CONSISTENCY)


def shortened_sql(sql: str) -> str:
    """Return the beginning of an expression, on one line."""
    line = " ".join(sql.split())
    return line if len(line) <= 80 else f"{line[:79]}…"


def _reference(rule: JSONObject, place: Place) -> Draft:
    columns = columns_in(rule, place)
    reference, port = _referenced(rule, place, columns)
    check = Check(key="", kind="reference", columns=columns, reference=reference)
    title = f"{', '.join(columns)} found in {port.server if port else reference.table}"
    draft = _rows(rule, place, check, title, Dimension.CONSISTENCY)
    return replace(draft, reference=port)


def _accuracy(rule: JSONObject, place: Place) -> Draft:
    """Compile the comparison of values with a table that is taken as true."""
    compared = texts_in(rule.get("compared"), f"{AT}/compared")
    if not compared:
        hint = "Name the columns whose values are compared."
        raise RuleProblem("Nothing is compared.", hint, f"{AT}/compared")
    keys = columns_in({"columns": rule.get("key")}, replace(place, column=""))
    reference, port = _referenced(rule, place, keys, compared)
    check = Check(key="", kind="accuracy", columns=keys, compared=compared, reference=reference)
    title = f"{', '.join(compared)} as in {port.server if port else reference.table}"
    draft = _rows(rule, place, check, title, Dimension.ACCURACY)
    return replace(draft, reference=port, columns=(*keys, *compared))


def _referenced(
    rule: JSONObject, place: Place, columns: tuple[str, ...], compared: tuple[str, ...] = ()
) -> tuple[Reference, ReferencedPort | None]:
    """Return the rows that keys are looked up in: of another product's port, or of this source."""
    target = rule.get("reference")
    at = f"{AT}/reference"
    if not isinstance(target, Mapping):
        hint = "Write {product: ..., port: ..., table: ..., columns: [...]}."
        raise RuleProblem("The check names no reference.", hint, at)
    product, port = str(target.get("product") or ""), str(target.get("port") or "")
    if bool(product) != bool(port):
        hint = "Name both, or only a table of the same source."
        raise RuleProblem("A reference names a product and its port.", hint, at)
    table = str(target.get("table") or "")
    if not product and not table:
        hint = "Name a table of the same source, or a product and its port."
        raise RuleProblem("The reference has no table.", hint, at)
    listed = target.get("columns")
    keys = columns if listed is None else texts_in(listed, f"{at}/columns")
    others = target.get("compared")
    values = compared if others is None else texts_in(others, f"{at}/compared")
    if len(keys) != len(columns) or len(values) != len(compared):
        hint = "Name as many columns there as here, in the same order."
        raise RuleProblem("The columns do not pair up.", hint, f"{at}/columns")
    other = ReferencedPort(product, port) if product else None
    server = other.server if other else OWN
    return Reference(server=server, table=table, columns=keys, compared=values), other


def _freshness(rule: JSONObject, place: Place) -> Draft:
    [column] = _one_column(rule, place)
    seconds = seconds_in(rule.get("max_age"), str(rule.get("age_unit") or "h"))
    if seconds is None or seconds <= 0:
        hint = "Write a number of hours, or a duration such as P1D or PT2H."
        raise RuleProblem("max_age is not a duration.", hint, f"{AT}/max_age")
    return freshness_draft(column, seconds)


def _distribution(rule: JSONObject, place: Place) -> Draft:
    """Compile the comparison of shares with a baseline; without one the first run is it."""
    [column] = _one_column(rule, place)
    stated = rule.get("baseline")
    shares: Mapping[object, object] = stated if isinstance(stated, Mapping) else {}
    if stated is not None and not shares:
        hint = "Write {value: share}, with shares from 0 to 1; or leave it out."
        raise RuleProblem("The baseline is not an object.", hint, f"{AT}/baseline")
    baseline = tuple((text_of(name), _share(share)) for name, share in shares.items())
    distance = _share(rule.get("max_distance", MAX_DISTANCE), "max_distance")
    bins = rule.get("bins")
    check = Check(
        key="",
        kind="distribution",
        columns=(column,),
        baseline=baseline,
        bins=tuple(map(float, texts_in(bins, f"{AT}/bins"))) if bins is not None else (),
    )
    return Draft(
        kind="distribution",
        title=f"Distribution of {column}",
        columns=(column,),
        dimension=Dimension.CONSISTENCY,
        unit=Unit.NONE,
        threshold=Threshold(Operator.LESS_OR_EQUAL, distance),
        check=check,
    )


def _share(value: object, member: str = "baseline") -> float:
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1:
        return float(value)
    raise RuleProblem(f"{member} is not a share.", "Write 0 to 1.", f"{AT}/{member}")


def _one_column(rule: JSONObject, place: Place) -> tuple[str, ...]:
    columns = columns_in(rule, place)
    if len(columns) > 1:
        raise RuleProblem("The check is of one column.", "Name one.", f"{AT}/columns")
    return columns


def _text(rule: JSONObject, name: str, limit: int) -> str:
    value = rule.get(name)
    if isinstance(value, str) and value.strip() and len(value) <= limit:
        return value
    hint = f"Write a text of at most {limit:,} characters."
    raise RuleProblem(f"The check has no {name}, or it is too long.", hint, f"{AT}/{name}")


_COMPILERS: Mapping[str, Callable[[JSONObject, Place], Draft]] = {
    "range": _range,
    "length": _length,
    "allowed_values": _allowed,
    "pattern": _pattern,
    "type_conformity": _type,
    "reference": _reference,
    "accuracy": _accuracy,
    "freshness": _freshness,
    "distribution": _distribution,
    "expression": _expression,
}
KINDS = (*METRICS, *_COMPILERS)
