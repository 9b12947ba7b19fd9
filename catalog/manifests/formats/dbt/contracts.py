"""A model, snapshot, seed or source table of dbt as a contract of ODCS; pure."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from jsonpointer import escape

from catalog.contracts.projection import new_tree
from catalog.issues import Issue
from catalog.manifests.formats.dbt.artifacts import (
    Artifacts,
    Node,
    items,
    mapping,
    text,
    texts,
    without_empty,
)
from catalog.manifests.formats.dbt.grouping import name_of
from catalog.manifests.formats.dbt.quality import ENGINE, service_levels
from catalog.manifests.formats.types import kept_fields
from catalog.types import JSONObject, JSONValue

STANDARD = "dbt"
MAX_KEPT_CHARACTERS = 100_000
# What dbt computes from the rest at each run, or repeats from it.
DERIVED = frozenset(
    "build_path checksum compiled compiled_code compiled_path compiled_sql config_call_dict "
    "created_at deferred extra_ctes extra_ctes_injected fqn relation_name root_path "
    "unique_id unrendered_config unrendered_config_call_dict unrendered_database "
    "unrendered_schema".split()
)
# What the documents of ours say, each in its own place.
_MODELLED = frozenset(
    "alias columns database depends_on description freshness group identifier loaded_at_field name "
    "package_name resource_type schema source_description source_name tags version".split()
)
_MODELLED_COLUMN = frozenset({"name", "description", "data_type", "tags", "constraints"})
_TYPES = (
    ("boolean", r"bool|bit$"),
    ("timestamp", r"timestamp|datetime"),
    ("date", r"date"),
    ("time", r"time"),
    ("array", r"array|list|.*\[\]$"),
    ("object", r"struct|record|row\b|object|json|variant|super|map"),
    ("integer", r"u?(big|small|tiny|medium|huge|byte)?int(eger)?\d*\b|serial|bigserial|long|short"),
    ("number", r"float|double|real|numeric|decimal|bignumeric|dec\b|number|money"),
    ("string", r"(n?var)?char|n?text|string|uuid|character|clob|enum|citext|bpchar"),
)
_LOGICAL_TYPES = [(name, re.compile(rf"(?:{pattern})", re.IGNORECASE)) for name, pattern in _TYPES]
# Types of constraints that are members of a column.
_FLAGS = {"not_null": "required", "unique": "unique", "primary_key": "primaryKey"}


@dataclass
class ContractBuilder:
    """Builds the contracts of an import; `losses` are what no contract has."""

    artifacts: Artifacts
    rules: Mapping[str, Mapping[str, list[JSONObject]]]
    losses: list[Issue] = field(default_factory=list)

    def contract(self, node: Node) -> JSONObject:
        tree = new_tree(identifier=node.id, name=name_of(node), servers=self.servers(node))
        tree["version"] = node.version
        if levels := list(service_levels(node)):
            tree["slaProperties"] = levels
        return tree | {"schema": [self.table(node)]}

    def servers(self, node: Node) -> list[JSONObject]:
        """Return where the table is, if the manifest says enough: dbt keeps hosts in profiles."""
        database, schema = text(node.values.get("database")), text(node.values.get("schema"))
        if self.artifacts.adapter == "bigquery" and database and schema:
            place = {"type": "bigquery", "project": database, "dataset": schema}
            return [{"server": "production"} | place]
        return []

    def table(self, node: Node) -> JSONObject:
        listed = mapping(self.artifacts.catalog_of(node).get("metadata"))
        physical = text(node.values.get("alias")) or text(node.values.get("identifier"))
        path = (text(node.values.get(key)) for key in ("database", "schema"))
        table: JSONObject = {
            "name": node.name,
            "physicalName": ".".join(filter(None, (*path, physical or node.name))),
            "logicalType": "object",
            "physicalType": _table_type(node, text(listed.get("type"))),
            "description": text(node.values.get("description")) or text(listed.get("comment")),
            "tags": texts(node.get("tags")),
        }
        rules = dict(self.rules.get(node.id, {}))
        table["quality"] = [*rules.pop("", ()), *_constraint_rules(node.values.get("constraints"))]
        table["properties"] = list(self.columns(node, rules))
        # Rules of columns that neither the manifest nor the catalog lists.
        table["quality"] += [rule for unlisted in rules.values() for rule in unlisted]
        table["customProperties"] = kept_fields(STANDARD, dict(self.other_fields(node)))
        return without_empty(table)

    def columns(self, node: Node, rules: dict[str, list[JSONObject]]) -> Iterator[JSONObject]:
        """Yield the columns of the catalog in their order, then those that only the manifest has.

        Names are compared without case, as warehouses change it.
        """
        documented = {
            text(values.get("name")) or key: values
            for key, values in mapping(node.values.get("columns")).items()
            if isinstance(values, Mapping)
        }
        by_name = {name.casefold(): (name, values) for name, values in documented.items()}
        listed = mapping(self.artifacts.catalog_of(node).get("columns"))
        for column in sorted(map(mapping, listed.values()), key=_index):
            actual = text(column.get("name"))
            name, values = by_name.pop(actual.casefold(), (actual, {}))
            if name:
                yield self.column(node, name, values, column, rules)
        for name, values in by_name.values():
            yield self.column(node, name, values, {}, rules)

    def column(
        self,
        node: Node,
        name: str,
        values: Mapping[str, JSONValue],
        listed: Mapping[str, JSONValue],
        rules: dict[str, list[JSONObject]],
    ) -> JSONObject:
        actual = text(listed.get("name"))
        physical_type = text(listed.get("type")) or text(values.get("data_type"))
        column: JSONObject = {
            "name": name,
            "physicalName": actual if actual != name else "",
            "logicalType": logical_type(physical_type),
            "physicalType": physical_type,
            "description": text(values.get("description")) or text(listed.get("comment")),
            "classification": _classification(values),
            "tags": texts(values.get("tags")) or texts(mapping(values.get("config")).get("tags")),
        }
        for kind in self.constraint_kinds(node, name, values):
            column[_FLAGS[kind]] = True
        column["quality"] = [
            *rules.pop(name.casefold(), ()),
            *_constraint_rules(values.get("constraints")),
        ]
        fields = {
            f"{node.pointer}/columns/{escape(name)}/{escape(key)}": value
            for key, value in without_empty(values).items()
            if key not in _MODELLED_COLUMN and not _is_trivial(value)
        }
        column["customProperties"] = kept_fields(STANDARD, self.bounded(fields))
        return without_empty(column)

    def constraint_kinds(
        self, node: Node, name: str, values: Mapping[str, JSONValue]
    ) -> Iterator[str]:
        """Yield the constraints of a column that are members of it, its own and the model's."""
        for constraint in map(mapping, items(values.get("constraints"))):
            if constraint.get("type") in _FLAGS:
                yield str(constraint["type"])
        for constraint in map(mapping, items(node.values.get("constraints"))):
            columns = texts(constraint.get("columns"))
            is_key = constraint.get("type") == "primary_key" and name in columns
            if is_key or (constraint.get("type") in _FLAGS and columns == [name]):
                yield str(constraint["type"])
        if name in texts(node.values.get("primary_key")):
            yield "primary_key"

    def other_fields(self, node: Node) -> Iterator[tuple[str, JSONValue]]:
        """Yield what dbt says of a node and we do not model, by its JSON Pointer."""
        fields = {
            f"{node.pointer}/{escape(key)}": value
            for key, value in without_empty(node.values).items()
            if key not in _MODELLED | DERIVED and not _is_trivial(value)
        }
        for model in self.artifacts.semantic_models.get(node.id, ()):
            fields[model.pointer] = {
                key: value for key, value in model.values.items() if key not in DERIVED
            }
        yield from self.bounded(fields).items()

    def bounded(self, fields: Mapping[str, JSONValue]) -> JSONObject:
        """Return the fields that are not too long to keep; the others are losses."""
        short: JSONObject = {}
        for pointer, value in fields.items():
            if len(json.dumps(value, ensure_ascii=False)) <= MAX_KEPT_CHARACTERS:
                short[pointer] = value
            else:
                message = f"Longer than {MAX_KEPT_CHARACTERS:,} characters, so it is not kept."
                self.losses.append(Issue(location=pointer, message=message))
        return short


def logical_type(physical_type: str) -> str:
    """Return the logical type of a type of a warehouse; empty for one that is not known."""
    for name, pattern in _LOGICAL_TYPES:
        if pattern.match(physical_type):
            return name
    return ""


def _is_trivial(value: JSONValue) -> bool:
    """Return True for an object of which every member is empty, as dbt writes its defaults."""
    return isinstance(value, Mapping) and all(
        item in (None, "", [], {}, False) or _is_trivial(item) for item in value.values()
    )


def _table_type(node: Node, listed: str) -> str:
    materialized = text(node.config.get("materialized"))
    if "VIEW" in listed.upper() or (not listed and materialized == "view"):
        return "view"
    return "table"


def _index(column: Mapping[str, JSONValue]) -> int:
    index = column.get("index")
    return index if type(index) is int else 1 << 30


def _classification(values: Mapping[str, JSONValue]) -> str:
    """Return the class of a column as its `meta` states it."""
    meta = mapping(values.get("meta")) or mapping(mapping(values.get("config")).get("meta"))
    if stated := text(meta.get("classification")):
        return stated
    return "pii" if any(meta.get(key) is True for key in ("pii", "contains_pii")) else ""


def _constraint_rules(constraints: JSONValue) -> Iterator[JSONObject]:
    """Yield the constraints that ODCS has no member for, as rules that the warehouse checks."""
    for constraint in map(mapping, items(constraints)):
        kind, expression = text(constraint.get("type")), text(constraint.get("expression"))
        if kind and kind not in _FLAGS:
            stated = without_empty({"constraint": kind, "expression": expression})
            stated |= {key: constraint[key] for key in ("to", "to_columns") if constraint.get(key)}
            name = text(constraint.get("name")) or f"{kind} constraint"
            implementation = json.dumps(stated, sort_keys=True, ensure_ascii=False)
            yield {
                "name": name,
                "type": "custom",
                "engine": ENGINE,
                "implementation": implementation,
            }


def losses_of_nodes(nodes: Sequence[Node], message: str, limit: int = 100) -> Iterator[Issue]:
    """Yield a loss for each node, and one for the rest of many."""
    for node in nodes[:limit]:
        yield Issue(location=node.pointer, message=message)
    if len(nodes) > limit:
        yield Issue(
            location=f"/{nodes[0].section}", message=f"{len(nodes) - limit:,} more: {message}"
        )
