"""Quality rules of a contract as rows that people edit, and back; pure.

A rule that no row can show (text, other tools, extra arguments) stays as it is.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

from catalog.issues import Issue, did_you_mean
from catalog.types import JSONObject
from governance.inspection.declarations import nested_nodes, physical_name
from governance.quality.dimensions import ODCS_NAMES, dimension_named
from governance.quality.drafts import RuleProblem
from governance.quality.rule_details import details_of, implementation_of
from governance.quality.rules import Operator

LIBRARY = {
    "row_count": "rowCount",
    "missing": "nullValues",
    "duplicates": "duplicateValues",
    "allowed_values": "invalidValues",
    "pattern": "invalidValues",
}
KINDS = (
    *LIBRARY,
    "range",
    "length",
    "type_conformity",
    "reference",
    "accuracy",
    "freshness",
    "distribution",
    "expression",
    "sql",
)
# The limit of these is in their details, or must be stated; of the others it is "no row".
WITHOUT_LIMIT = frozenset(("freshness", "distribution"))
NEEDS_LIMIT = frozenset(("row_count", "sql"))
NEEDS_COLUMN = frozenset(KINDS) - {"row_count", "sql", "expression"}
# Of a whole table, even where the row names a column.
OF_TABLE = frozenset(("row_count", "expression", "accuracy"))
OPERATORS = {operator.value for operator in Operator}
RANGES = (Operator.BETWEEN.value, Operator.NOT_BETWEEN.value)
# The members of a rule that say what is checked, and those that a row governs in addition.
CONTENT = frozenset("type metric rule arguments query engine implementation".split())
GOVERNED = CONTENT | OPERATORS | {"unit", "dimension", "name"}
ODCS_DIMENSIONS = {str(dimension): name for name, dimension in ODCS_NAMES.items()}


@dataclass(frozen=True, kw_only=True)
class RuleRow:
    """One rule as people write it; `columns` separated by commas, `details` by kind."""

    kind: str = ""
    columns: str = ""
    details: str = ""
    operator: str = ""
    limit: str = ""
    unit: str = ""
    dimension: str = ""
    name: str = ""


@dataclass(frozen=True, kw_only=True)
class PlacedRow:
    """A rule of a table and its row; None for a rule that no row can show.

    `pointer` is the place of the rule in its table, `path` its column; "" of the table itself.
    """

    pointer: str
    path: str
    rule: JSONObject
    row: RuleRow | None


@dataclass(frozen=True, kw_only=True)
class RuleEdit:
    """A row as it was submitted; `pointer` is empty for a new rule, `row` for a removed one."""

    pointer: str
    row: RuleRow | None


@dataclass(frozen=True)
class EditedTable:
    """A table with edited rules; `pointers` has the number of the edit by its rule's place."""

    tree: JSONObject
    pointers: Mapping[str, int] = field(default_factory=dict)
    issues: Sequence[tuple[int, Issue]] = ()


def rows_of(table: JSONObject) -> list[PlacedRow]:
    """Return the rules of a table and of its columns, in their order."""
    return [
        PlacedRow(
            pointer=f"{pointer}/quality/{index}", path=path, rule=rule, row=row_of(rule, path)
        )
        for pointer, path, node in _nodes(table)
        for index, rule in enumerate(_rules(node))
        if isinstance(rule, dict)
    ]


def row_of(rule: JSONObject, column: str) -> RuleRow | None:
    """Return a rule of a column (or of a table, if it is "") as a row; None if no row shows it."""
    written = details_of(rule)
    operators = [name for name in OPERATORS if rule.get(name) is not None]
    if written is None or len(operators) > 1:
        return None
    operator = operators[0] if operators else ""
    limit = _limit_text(rule[operator]) if operator else ""
    dimension = dimension_named(rule.get("dimension"))
    row = RuleRow(
        kind=written.kind,
        columns=", ".join(written.columns) or column,
        details=written.text,
        operator="" if (operator, limit) == (Operator.EQUAL, "0") else operator,
        limit="" if (operator, limit) == (Operator.EQUAL, "0") else limit,
        unit="percent" if rule.get("unit") in ("percent", "%") else "",
        dimension=str(dimension or ""),
        name=str(rule.get("name") or ""),
    )
    return row if written.kind not in NEEDS_LIMIT or row.operator or not operator else _exact(row)


def apply_rules(table: JSONObject, edits: Sequence[RuleEdit]) -> EditedTable:
    """Return a table with the edits; what cannot be written is an issue of its edit."""
    changed = copy.deepcopy(table)
    nodes = {path: (pointer, node) for pointer, path, node in _nodes(changed)}
    current = {placed.pointer: placed for placed in rows_of(changed)}
    owners: dict[int, int] = {}
    issues: list[tuple[int, Issue]] = []
    for number, edit in enumerate(edits):
        placed = current.get(edit.pointer)
        if edit.row is None or (placed and placed.row == edit.row):
            if placed and edit.row is None:
                _remove(placed, nodes)
            elif placed:
                owners[id(placed.rule)] = number
            continue
        try:
            path, rule = write_rule(edit.row, placed, [name for name in nodes if name])
        except RuleProblem as problem:
            location = problem.member.removeprefix("/")
            issues.append(
                (number, Issue(message=problem.message, hint=problem.hint, location=location))
            )
            continue
        _put(rule, nodes[path][1], nodes, placed)
        owners[id(rule)] = number
    pointers = {
        placed.pointer: owners[id(placed.rule)]
        for placed in rows_of(_without_empty(changed))
        if id(placed.rule) in owners
    }
    return EditedTable(changed, pointers, issues)


def write_rule(
    row: RuleRow, placed: PlacedRow | None, columns: Sequence[str]
) -> tuple[str, JSONObject]:
    """Return the column that a rule belongs to ("" for the table), and the rule.

    Members that no row has are kept. Raises RuleProblem, whose member is the row's field.
    """
    names = [name.strip() for name in row.columns.split(",") if name.strip()]
    for name in names:
        if name not in columns:
            hint = did_you_mean(name, columns) or "Use the name that the source has for it."
            raise RuleProblem(f"The table has no column {name!r}.", hint, "columns")
    if row.kind in NEEDS_COLUMN and not names:
        raise RuleProblem("This rule is of a column.", "Name the column.", "columns")
    path = names[0] if len(names) == 1 and row.kind not in OF_TABLE else ""
    base, former = (placed.rule, placed.row) if placed else ({}, None)
    rule = {key: value for key, value in base.items() if key not in GOVERNED}
    rule |= {"name": row.name} if row.name else {}
    if placed and former and replace(former, **_limits(row)) == row:
        path = placed.path
        rule |= {key: base[key] for key in base if key in CONTENT}
    else:
        rule |= implementation_of(row.kind, () if path else tuple(names), row.details)
    if row.dimension:
        rule["dimension"] = ODCS_DIMENSIONS.get(row.dimension, row.dimension)
    if row.kind not in WITHOUT_LIMIT:
        rule |= _limit(row) | ({"unit": "percent"} if row.unit == "percent" else {})
    return path, rule


def _limits(row: RuleRow) -> dict[str, str]:
    """Return what can be changed without a change of what is checked."""
    return {name: getattr(row, name) for name in ("operator", "limit", "unit", "dimension", "name")}


def _limit(row: RuleRow) -> JSONObject:
    """Return the comparison of a row; without one no row may fail. Raises RuleProblem."""
    if not row.operator and not row.limit:
        if row.kind in NEEDS_LIMIT:
            hint = "Choose a comparison, and write a number."
            raise RuleProblem("This rule needs a limit.", hint, "limit")
        return {Operator.EQUAL.value: 0}
    if not row.operator or not row.limit:
        member = "limit" if row.operator else "operator"
        raise RuleProblem("A limit has a comparison and a number.", "Fill in both.", member)
    if row.operator not in RANGES:
        return {row.operator: _number(row.limit)}
    low, separator, high = row.limit.partition(" to ")
    if not separator:
        raise RuleProblem("Two numbers are needed.", "Write 10 to 20.", "limit")
    return {row.operator: [_number(low), _number(high)]}


def _number(text: str) -> float | int:
    with suppress(ValueError):
        number = float(text.replace(",", ".").replace("\u202f", "").strip().removesuffix("%"))
        if abs(number) < 1e300:
            return int(number) if number.is_integer() else number
    raise RuleProblem("This is not a number.", "Write digits, such as 10 or 0.5.", "limit")


def _limit_text(value: object) -> str:
    if isinstance(value, list):
        return " to ".join(map(_limit_text, value))
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _exact(row: RuleRow) -> RuleRow:
    """Return the row of a table or query whose number must be exactly 0."""
    return replace(row, operator=Operator.EQUAL.value, limit="0")


def _nodes(
    table: JSONObject, pointer: str = "", path: str = ""
) -> Iterator[tuple[str, str, JSONObject]]:
    """Yield pointer, path and node of a table and of its columns, those in objects too."""
    yield pointer, path, table
    properties = table.get("properties")
    for index, item in enumerate(properties if isinstance(properties, list) else ()):
        if isinstance(item, dict):
            name = physical_name(item)
            inner = f"{path}.{name}" if path else name
            if nested_nodes(item):
                yield from _nodes(item, f"{pointer}/properties/{index}", inner)
            else:
                yield f"{pointer}/properties/{index}", inner, item


def _rules(node: JSONObject) -> list[JSONObject]:
    rules = node.get("quality")
    return rules if isinstance(rules, list) else []


def _rules_with(placed: PlacedRow, nodes: Mapping[str, tuple[str, JSONObject]]) -> list[JSONObject]:
    """Return the list that a rule is in."""
    owner = placed.pointer.rpartition("/quality/")[0]
    return next(_rules(node) for pointer, node in nodes.values() if pointer == owner)


def _remove(placed: PlacedRow, nodes: Mapping[str, tuple[str, JSONObject]]) -> None:
    rules = _rules_with(placed, nodes)
    rules[:] = [rule for rule in rules if rule is not placed.rule]


def _put(
    rule: JSONObject,
    node: JSONObject,
    nodes: Mapping[str, tuple[str, JSONObject]],
    placed: PlacedRow | None,
) -> None:
    """Put a rule where it was, or at the end of the rules of its new column."""
    if placed is not None and (rules := _rules_with(placed, nodes)) is node.get("quality"):
        rules[:] = [rule if one is placed.rule else one for one in rules]
        return
    if placed is not None:
        _remove(placed, nodes)
    node.setdefault("quality", []).append(rule)


def _without_empty(table: JSONObject) -> JSONObject:
    for _pointer, _path, node in _nodes(table):
        if node.get("quality") == []:
            del node["quality"]
    return table
