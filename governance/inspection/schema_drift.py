"""How a source has moved away from its contract; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from governance.sandbox.types import ColumnProfile, TableProfile


@dataclass(frozen=True, kw_only=True)
class Drift:
    """One difference; `breaks` says that a consumer who trusts the contract would stumble."""

    code: str
    table: str
    column: str
    message: str
    breaks: bool


@dataclass(frozen=True, kw_only=True)
class DeclaredColumn:
    """A top-level property of a contract."""

    name: str
    logical_type: str
    is_required: bool = False
    is_unique: bool = False


COMPATIBLE_TYPES = {
    "number": {"integer"},
    "timestamp": {"date"},
    "string": {"string", "time"},
    "object": {"string"},
    "array": {"string"},
}
"""Observed types that keep a declared one's promise although their names differ."""
# Formats without booleans write them as two numbers.
BOOLEAN_VALUES = 2
# How near an estimate of different values comes to the truth.
ESTIMATE_IS_WITHIN = 0.9


def drifts(
    declared: Mapping[str, Iterable[DeclaredColumn]], seen: Iterable[TableProfile]
) -> list[Drift]:
    """Return every difference between a contract's tables (by physical name) and what was seen.

    A file has one table, whatever it is called; where a contract declares one table and one was
    seen, they are compared whatever their names.
    """
    tables = {table.name: table for table in seen}
    if len(declared) == 1 and len(tables) == 1:
        tables = dict(zip(declared, tables.values(), strict=True))
    found: list[Drift] = []
    for name, columns in declared.items():
        if name not in tables:
            found.append(_drift("table-missing", name, "", "The table is gone.", breaks=True))
        else:
            found += _of_table(name, list(columns), tables[name])
    return found + [
        _drift("table-undeclared", name, "", "The contract does not know this table.", breaks=False)
        for name in tables
        if name not in declared and declared
    ]


def _of_table(name: str, columns: list[DeclaredColumn], table: TableProfile) -> list[Drift]:
    standing = {column.name: column for column in table.columns}
    found = []
    for column in columns:
        if column.name not in standing:
            found.append(
                _drift("column-missing", name, column.name, "The column is gone.", breaks=True)
            )
        else:
            found += _of_column(name, column, standing[column.name], table)
    known = {column.name for column in columns}
    return found + [
        _drift(
            "column-undeclared",
            name,
            column.name,
            f"The contract does not know this column ({column.physical_type}).",
            breaks=False,
        )
        for column in table.columns
        if column.name not in known
    ]


def _of_column(
    name: str, declared: DeclaredColumn, seen: ColumnProfile, table: TableProfile
) -> list[Drift]:
    found = []
    if not _is_sound(declared.logical_type, seen, is_text=table.is_text):
        found.append(
            _drift(
                "type-changed",
                name,
                declared.name,
                f"Declared {declared.logical_type}, seen {seen.logical_type}"
                f" ({seen.physical_type}).",
                breaks=True,
            )
        )
    if declared.is_required and seen.null_share:
        share = f"{seen.null_share:.1%}"
        found.append(
            _drift(
                "required-but-empty",
                name,
                declared.name,
                f"Required, but {share} of the rows have no value.",
                breaks=True,
            )
        )
    if declared.is_unique and (repeats := _repeats(seen, table.rows)):
        found.append(_drift("unique-but-repeated", name, declared.name, repeats, breaks=True))
    return found


def _repeats(seen: ColumnProfile, rows: int) -> str:
    """Say how few different values there are, where some must stand twice."""
    if seen.distinct is None or seen.is_unique:
        return ""
    present = round(rows * (1 - (seen.null_share or 0)))
    if seen.is_counted:
        repeated = present - seen.distinct
        return f"Unique, but {repeated:,} of {present:,} values repeat another." if repeated else ""
    if seen.distinct >= present * ESTIMATE_IS_WITHIN:
        return ""
    return f"Unique, but about {seen.distinct:,} values stand in {present:,} rows."


def _is_sound(declared: str, seen: ColumnProfile, *, is_text: bool) -> bool:
    if declared == "string" and is_text:
        return True
    if declared == "boolean" and seen.logical_type == "integer":
        return seen.distinct is not None and seen.distinct <= BOOLEAN_VALUES
    return declared in ("", seen.logical_type) or seen.logical_type in COMPATIBLE_TYPES.get(
        declared, set()
    )


def _drift(code: str, table: str, column: str, message: str, *, breaks: bool) -> Drift:
    return Drift(code=code, table=table, column=column, message=message, breaks=breaks)


def proposed_schema(
    seen: Iterable[TableProfile], standing: Mapping[str, Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Return the `schema` of a contract that describes what was seen.

    `standing` holds the schema objects that the contract has, by name: what people wrote about a
    table or a column that is still there is kept word for word.
    """
    tables = list(seen)
    if len(tables) == 1 and len(standing) == 1:
        return [_object(tables[0], next(iter(standing.values())))]
    return [_object(table, standing.get(table.name, {})) for table in tables]


def _object(table: TableProfile, standing: Mapping[str, Any]) -> dict[str, Any]:
    known = {
        item.get("name"): item
        for item in standing.get("properties") or ()
        if isinstance(item, Mapping)
    }
    head = {"name": table.name, "physicalName": table.name, "physicalType": "table"}
    properties = [_property(column, known.get(column.name, {})) for column in table.columns]
    return head | dict(standing) | {"properties": properties}


def _property(column: ColumnProfile, standing: Mapping[str, Any]) -> dict[str, Any]:
    observed: dict[str, Any] = {
        "name": column.name,
        "logicalType": column.logical_type,
        "physicalType": column.physical_type,
    }
    if not standing:
        observed |= {"required": True} if column.is_required else {}
        observed |= {"primaryKey": True} if column.is_primary_key else {}
        observed |= {"unique": True} if column.is_unique else {}
    return dict(standing) | observed
