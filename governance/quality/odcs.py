"""Compiles the quality rules of a contract (ODCS 3.0 to 3.2) to checks; pure.

What cannot be run stays in the list with the reason; what is wrong with a rule is an issue at its
place. Text stays text.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from catalog.issues import Issue
from catalog.types import JSONObject
from governance.inspection.declarations import nested_nodes, physical_name, table_name
from governance.quality.custom_rules import compile_custom
from governance.quality.dimensions import dimension_named
from governance.quality.drafts import Draft, Place, RuleProblem
from governance.quality.library_rules import compile_library
from governance.quality.rules import MAX_KEY, TEXT, QualityRule, Severity
from governance.quality.schema_rules import (
    column_drafts,
    key_drafts,
    relationship_drafts,
    service_level_drafts,
)
from governance.quality.sql_rules import compile_sql

# A rule of such a severity that is not met is a warning.
LOW_SEVERITIES = frozenset(("info", "warning", "warn", "low", "minor", "trivial"))
MAX_RULES = 500


@dataclass(frozen=True)
class CheckedTable:
    """A table of a contract: all its names there, and the columns that identify its rows."""

    names: tuple[str, ...] = ()
    identifiers: tuple[str, ...] = ()


@dataclass(frozen=True)
class CompiledContract:
    """The rules of a contract in their order, its tables, and what is wrong with some rules."""

    rules: tuple[QualityRule, ...]
    issues: tuple[Issue, ...] = ()
    tables: Mapping[str, CheckedTable] = field(default_factory=dict)

    @property
    def runnable(self) -> tuple[QualityRule, ...]:
        return tuple(rule for rule in self.rules if rule.is_runnable)

    def of_table(self, table: str) -> tuple[QualityRule, ...]:
        return tuple(rule for rule in self.rules if rule.table == table)


def compile_contract(tree: Mapping[str, object], server: JSONObject) -> CompiledContract:
    """Compile all rules of a contract for one of its servers; rules beyond 500 are not run."""
    rules: list[QualityRule] = []
    issues: list[Issue] = []
    keys: Counter[str] = Counter()
    for place, rule in _declared(tree, server):
        try:
            draft = _compile(rule, place)
        except RuleProblem as problem:
            at = f"{place.location}{problem.member}"
            issues.append(Issue(location=at, message=problem.message, hint=problem.hint))
            draft = Draft(kind="invalid", reason=problem.message)
        rules.append(_finished(draft, rule, place, keys))
    for place, draft in _implied(tree, server):
        rules.append(replace(_finished(draft, {}, place, keys), is_declared=False))
    tables = {place.table: _table(place, node) for place, node in tables_in(tree, server)}
    return CompiledContract(tuple(_limited(rules)), tuple(issues), tables)


def _table(place: Place, node: JSONObject) -> CheckedTable:
    columns = nested_nodes(node)
    keys = [item for item in columns if item.get("primaryKey") is True]
    keys = keys or [item for item in columns if item.get("unique") is True]
    return CheckedTable(place.names, tuple(map(physical_name, keys)))


def _declared(tree: Mapping[str, object], server: JSONObject) -> Iterator[tuple[Place, JSONObject]]:
    for place, node in tables_in(tree, server):
        yield from _rules_of(node, place)
        for column, item in _columns_in(node, place):
            yield from _rules_of(item, column)


def _implied(tree: Mapping[str, object], server: JSONObject) -> Iterator[tuple[Place, Draft]]:
    tables = list(tables_in(tree, server))
    for place, node in tables:
        for column, item in _columns_in(node, place):
            for draft in column_drafts(item, column):
                yield column, draft
        for draft in (*key_drafts(node), *relationship_drafts(node, tables)):
            yield place, draft
    yield from service_level_drafts(tree, tables)


def tables_in(tree: Mapping[str, object], server: JSONObject) -> Iterator[tuple[Place, JSONObject]]:
    schema = tree.get("schema")
    for index, node in enumerate(schema if isinstance(schema, list) else ()):
        if isinstance(node, dict):
            names = (str(node.get("name") or ""), physical_name(node))
            place = Place(
                location=f"/schema/{index}",
                table=table_name(node, server),
                names=tuple(dict.fromkeys(filter(None, names))),
                server=server,
            )
            yield place, node


def _columns_in(node: JSONObject, place: Place) -> Iterator[tuple[Place, JSONObject]]:
    """Yield the properties of a table or an object, those nested in objects too."""
    properties = node.get("properties")
    for index, item in enumerate(properties if isinstance(properties, list) else ()):
        if not isinstance(item, dict):
            continue
        column = place.below(f"properties/{index}", physical_name(item))
        yield column, item
        if nested_nodes(item):
            yield from _columns_in(item, column)
        items = item.get("items")
        if isinstance(items, dict):
            nested = replace(column, location=f"{column.location}/items", is_in_array=True)
            yield nested, items
            yield from _columns_in(items, nested)


def _rules_of(node: JSONObject, place: Place) -> Iterator[tuple[Place, JSONObject]]:
    rules = node.get("quality")
    for index, rule in enumerate(rules if isinstance(rules, list) else ()):
        if isinstance(rule, dict):
            yield replace(place, location=f"{place.location}/quality/{index}"), rule


def _compile(rule: JSONObject, place: Place) -> Draft:
    """Return what a rule asks for. Raises RuleProblem."""
    kind = rule.get("type") or ("sql" if rule.get("query") else "library")
    if kind == TEXT or not _is_checkable(rule):
        return Draft(kind=TEXT, reason="The rule is text; no check is derived from it.")
    if kind == "custom":
        return compile_custom(rule, place)
    if kind == "sql":
        return compile_sql(rule, place)
    if kind == "library":
        return compile_library(rule, place)
    hint = "Use library, sql, custom or text."
    raise RuleProblem(f"Unknown type of quality rule: {kind!r}.", hint, "/type")


def _is_checkable(rule: JSONObject) -> bool:
    return any(rule.get(key) for key in ("metric", "rule", "query", "implementation", "engine"))


def _finished(draft: Draft, rule: JSONObject, place: Place, keys: Counter[str]) -> QualityRule:
    """Return a rule with its key, title, dimension and severity."""
    name = str(rule.get("id") or rule.get("name") or draft.name or draft.kind)
    columns = draft.columns or ((place.column,) if place.column else ())
    stem = ".".join(filter(None, (place.table, ",".join(columns), name)))[: MAX_KEY - 8]
    keys[stem] += 1
    key = stem if keys[stem] == 1 else f"{stem}#{keys[stem]}"
    severity = str(rule.get("severity") or "").strip().casefold()
    description = str(rule.get("description") or "")
    title = str(rule.get("name") or draft.title or description or f"Rule of type {draft.kind}")
    compiled = QualityRule(
        key=key,
        location=place.location,
        kind=draft.kind,
        title=title[:300],
        table=place.table,
        columns=columns,
        description=description,
        dimension=dimension_named(rule.get("dimension")) or draft.dimension,
        severity=Severity.WARNING if severity in LOW_SEVERITIES else Severity.ERROR,
        unit=draft.unit,
        threshold=draft.threshold,
        check=replace(draft.check, key=key) if draft.check else None,
        reference=draft.reference,
        reason=draft.reason,
    )
    if compiled.check and place.is_in_array:
        reason = "Rules on the items of an array are not run yet."
        compiled = replace(compiled, check=None, reason=reason)
    return compiled


def _limited(rules: Sequence[QualityRule]) -> Iterable[QualityRule]:
    """Yield the rules; those beyond the limit are not run."""
    reason = f"Only the first {MAX_RULES} rules of a contract are run."
    for index, rule in enumerate(rules):
        is_beyond = index >= MAX_RULES and rule.is_runnable
        yield replace(rule, check=None, reason=reason) if is_beyond else rule
