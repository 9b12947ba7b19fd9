"""Compares the observed schema of a source with its contract; pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from catalog.types import JSONObject
from governance.sandbox.types import ColumnProfile, TableProfile


@dataclass(frozen=True)
class SchemaDrift:
    """One difference; `is_breaking` is True if a consumer of the contract would be affected."""

    code: str
    table: str
    message: str
    column: str = ""
    is_breaking: bool = True


@dataclass(frozen=True, kw_only=True)
class DeclaredColumn:
    """A top-level property of a contract."""

    name: str
    logical_type: str
    is_required: bool = False
    is_unique: bool = False
    is_key_part: bool = False

    def accepts_type(self, observed: ColumnProfile, *, is_text: bool) -> bool:
        """Return True if an observed column has a type that satisfies the declared one."""
        declared = self.logical_type
        if declared in ("", observed.logical_type) or (declared == "string" and is_text):
            return True
        if not observed.logical_type:
            return True
        if declared == "boolean" and observed.logical_type == "integer":
            return observed.n_distinct is None or observed.n_distinct <= BOOLEAN_VALUES
        if declared == "integer" and observed.physical_type == MYSQL_BOOLEAN:
            return True
        return observed.logical_type in COMPATIBLE_TYPES.get(declared, ())


# Observed types that satisfy a declared one although their names differ.
COMPATIBLE_TYPES = {
    "number": {"integer"},
    "timestamp": {"date"},
    "string": {"string", "time"},
    "object": {"string"},
    "array": {"string"},
}
# Formats without booleans write them as two numbers.
BOOLEAN_VALUES = 2
# MySQL's own name for a boolean, which is a number all the same.
MYSQL_BOOLEAN = "tinyint(1)"
# The accuracy of an estimated number of distinct values.
ESTIMATE_IS_WITHIN = 0.9


def compound_key(columns: Iterable[DeclaredColumn]) -> tuple[str, ...]:
    """Return the columns that are declared a key together; of one column its own drift tells."""
    key = tuple(column.name for column in columns if column.is_key_part)
    return key if len(key) > 1 else ()


def find_drift(
    declared: Mapping[str, Iterable[DeclaredColumn]], observed: Iterable[TableProfile]
) -> list[SchemaDrift]:
    """Return the differences between a contract's tables (by physical name) and observed ones.

    A file has one table, whatever its name; if there is one declared and one observed table,
    they are compared whatever their names.
    """
    tables = {table.name: table for table in observed}
    if len(declared) == 1 and len(tables) == 1:
        tables = dict(zip(declared, tables.values(), strict=True))
    drift: list[SchemaDrift] = []
    for name, columns in declared.items():
        if name in tables:
            drift += _table_drift(name, list(columns), tables[name])
        else:
            drift.append(SchemaDrift("table-missing", name, "Table not found in the source."))
    return drift + [
        SchemaDrift("table-undeclared", name, "Table not in the contract.", is_breaking=False)
        for name in tables
        if name not in declared and declared
    ]


def _table_drift(
    name: str, columns: list[DeclaredColumn], table: TableProfile
) -> list[SchemaDrift]:
    observed = {column.name: column for column in table.columns}
    drift = []
    for column in columns:
        if column.name in observed:
            drift += _column_drift(name, column, observed[column.name], table)
        elif not table.is_cut:
            message = "Column not found in the source."
            drift.append(SchemaDrift("column-missing", name, message, column.name))
    drift += _key_drift(name, compound_key(columns), table)
    declared_names = {column.name for column in columns}
    return drift + [
        SchemaDrift(
            "column-undeclared",
            name,
            f"Column not in the contract ({column.physical_type}).",
            column.name,
            is_breaking=False,
        )
        for column in table.columns
        if column.name not in declared_names
    ]


def _key_drift(name: str, key: tuple[str, ...], table: TableProfile) -> list[SchemaDrift]:
    """Return the drift of a compound key that the source does not enforce and that repeats."""
    if any(known.is_enforced and set(known.columns) <= set(key) for known in table.keys):
        return []
    return [
        SchemaDrift(
            "key-repeated",
            name,
            f"Key ({', '.join(key)}), but {known.duplicates:,} of {table.rows or 0:,} rows repeat"
            " an earlier one.",
        )
        for known in table.keys
        if set(known.columns) == set(key) and known.duplicates
    ]


def _column_drift(
    name: str, declared: DeclaredColumn, observed: ColumnProfile, table: TableProfile
) -> list[SchemaDrift]:
    messages = {}
    if not declared.accepts_type(observed, is_text=table.is_text):
        messages["type-changed"] = (
            f"Declared {declared.logical_type}, observed {observed.logical_type}"
            f" ({observed.physical_type})."
        )
    if declared.is_required and observed.null_share:
        share = f"{observed.null_share:.1%}" if observed.null_share >= 0.001 else "under 0.1%"
        messages["required-but-empty"] = f"Required, but {share} are null."
    if declared.is_unique and (duplicates := duplicate_count(observed, table.rows)):
        messages["unique-but-repeated"] = f"Unique, but {duplicates}."
    return [SchemaDrift(code, name, message, declared.name) for code, message in messages.items()]


def duplicate_count(observed: ColumnProfile, rows: int | None) -> str:
    """Return the number of duplicate values as text; empty if there are none for certain."""
    if observed.n_distinct is None or observed.is_unique or rows is None:
        return ""
    present = observed.n_values
    if present is None:
        present = round(rows * (1 - (observed.null_share or 0)))
    if observed.is_exact:
        duplicates = present - observed.n_distinct
        return f"{duplicates:,} of {present:,} values are duplicates" if duplicates else ""
    if observed.n_distinct >= present * ESTIMATE_IS_WITHIN:
        return ""
    return f"about {observed.n_distinct:,} distinct values in {present:,} rows"


def proposed_schema(
    observed: Iterable[TableProfile], current: Mapping[str, JSONObject]
) -> list[JSONObject]:
    """Return the `schema` of a contract that describes the observed tables.

    `current` holds the schema objects of the contract by name: what people wrote about a table
    or a column that still exists is kept word for word.
    """
    tables = list(observed)
    if len(tables) == 1 and len(current) == 1:
        return [_schema_object(tables[0], next(iter(current.values())))]
    return [_schema_object(table, current.get(table.name, {})) for table in tables]


def _schema_object(table: TableProfile, current: JSONObject) -> JSONObject:
    described = {
        item.get("name"): item for item in current.get("properties") or () if isinstance(item, dict)
    }
    properties: list[JSONObject] = []
    for column in table.columns:
        observed: JSONObject = {
            "name": column.name,
            "logicalType": column.logical_type,
            "physicalType": column.physical_type,
        }
        if not described.get(column.name):
            observed |= {"required": True} if column.is_required else {}
            observed |= {"primaryKey": True} if column.is_primary_key else {}
            observed |= {"unique": True} if column.is_unique else {}
        properties.append({**described.get(column.name, {}), **observed})
    names = {"name": table.name, "physicalName": table.name, "physicalType": "table"}
    return {**names, **current, "properties": properties}
