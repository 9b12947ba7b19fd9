"""Writes what was observed of a source into the schema of a contract; pure.

Only what drifted changes. What people wrote remains, in its order; a column that the source no
longer has goes, a table never.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from catalog.types import JSONObject
from governance.inspection.declarations import (
    DeclaredColumn,
    columns_of,
    nested_nodes,
    table_name,
)
from governance.inspection.schema_drift import is_one_table
from governance.sandbox.types import ColumnProfile, TableProfile

# A contract holds no more properties than this; nested ones are left out first.
MAX_PROPERTIES = 10_000
MAX_NAME = 300


def adopted_schema(
    schema: Sequence[JSONObject],
    observed: Iterable[TableProfile],
    *,
    server: Mapping[str, object],
    adds: Iterable[str] | None = None,
) -> list[JSONObject]:
    """Return the `schema` of a contract after it took over the observed tables.

    `adds` names those of them that are added if they are not declared; None adds all.
    """
    tables = {table.name: table for table in observed}
    names = [table_name(node, server) for node in schema]
    if is_one_table(names, tables):
        names = list(tables)
    chosen = tables if adds is None else set(adds)
    added = [table for name, table in tables.items() if name in chosen and name not in names]
    n_columns = sum(_size(column) for table in added for column in table.columns)
    is_nested = n_columns <= MAX_PROPERTIES
    return [
        *(
            _adopted_table(node, tables[name]) if name in tables else node
            for name, node in zip(names, schema, strict=True)
        ),
        *(_new_table(table, is_nested=is_nested) for table in added),
    ]


def _adopted_table(node: JSONObject, table: TableProfile) -> JSONObject:
    if not table.columns:
        return node
    table_node = (
        node
        if node.get("physicalName") or node.get("name") == table.name
        else {
            **node,
            "physicalName": table.name,
        }
    )
    return {**table_node, "properties": _adopted_columns(node, table.columns, table)}


def _adopted_columns(
    node: JSONObject, listed: Sequence[ColumnProfile], table: TableProfile
) -> list[JSONObject]:
    """Return the properties of a table or an object, as far as they agree with the source."""
    observed = {column.name: column for column in listed}
    declared = columns_of(node)
    properties = []
    for item, column in zip(nested_nodes(node), declared, strict=True):
        if column.key in observed:
            properties.append(_adopted_column(item, column, observed[column.key], table))
        elif table.is_cut:
            properties.append(item)
    known = {column.key for column in declared}
    return properties + [new_property(column) for column in listed if column.name not in known]


def _adopted_column(
    item: JSONObject, declared: DeclaredColumn, column: ColumnProfile, table: TableProfile
) -> JSONObject:
    """Return a property whose type is changed only if it does not hold, and so what it nests."""
    if not declared.logical_type or not declared.accepts_type(column, is_text=table.is_text):
        return _with_type(item, column)
    if declared.fields and column.fields:
        return {**item, "properties": _adopted_columns(item, column.fields, table)}
    if declared.items and column.items:
        items = _adopted_column(item["items"], declared.items, column.items, table)
        return {**item, "items": items}
    return item


def _with_type(item: JSONObject, column: ColumnProfile) -> JSONObject:
    """Return a property with the observed type, without what was nested in another one."""
    types = _types(column)
    if not types:
        return item
    nested = {"properties", "items"} if item.get("logicalType") else set()
    return {key: value for key, value in item.items() if key not in nested} | types


def _types(column: ColumnProfile, *, is_nested: bool = True) -> dict[str, Any]:
    if not column.logical_type:
        return {}
    types: dict[str, Any] = {
        "logicalType": column.logical_type,
        "physicalType": column.physical_type,
    }
    if column.fields and is_nested:
        types["properties"] = [new_property(field) for field in column.fields]
    if column.items and is_nested:
        types["items"] = _types(column.items)
    return types


def _new_table(table: TableProfile, *, is_nested: bool) -> JSONObject:
    node: JSONObject = {
        "name": table.name,
        "physicalName": table.name,
        "physicalType": table.physical_type,
    }
    if table.description:
        node["description"] = table.description
    columns = [new_property(column, is_nested=is_nested) for column in table.columns]
    return {**node, "properties": columns}


def new_property(column: ColumnProfile, *, is_nested: bool = True) -> JSONObject:
    """Return the property of a column that no contract declares yet."""
    name = column.name[:MAX_NAME].strip() or "unnamed"
    item: JSONObject = {"name": name}
    if name != column.name:
        item["physicalName"] = column.name
    item |= _types(column, is_nested=is_nested)
    if column.description:
        item["description"] = column.description
    flags = {
        "required": column.is_required,
        "primaryKey": column.is_primary_key,
        "unique": column.is_unique,
    }
    return item | {key: True for key, is_set in flags.items() if is_set}


def _size(column: ColumnProfile) -> int:
    inner = (*column.fields, *((column.items,) if column.items else ()))
    return 1 + sum(map(_size, inner))
