"""Compares the observed schema of a source with its contract; pure."""

from collections.abc import Iterable, Mapping, Sequence, Sized
from dataclasses import dataclass

from governance.inspection.declarations import DeclaredColumn, compound_key
from governance.sandbox.types import ColumnProfile, TableProfile


@dataclass(frozen=True)
class SchemaDrift:
    """One difference; `is_breaking` is True if a consumer of the contract would be affected."""

    code: str
    table: str
    message: str
    column: str = ""
    is_breaking: bool = True


# The accuracy of an estimated number of distinct values.
ESTIMATE_IS_WITHIN = 0.9


def find_drift(
    declared: Mapping[str, Iterable[DeclaredColumn]], observed: Iterable[TableProfile]
) -> list[SchemaDrift]:
    """Return the differences between a contract's tables (by physical name) and observed ones.

    A file has one table, whatever its name; if there is one declared and one observed table,
    they are compared whatever their names.
    """
    tables = {table.name: table for table in observed}
    if is_one_table(declared, tables):
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


def is_one_table(declared: Sized, observed: Sized) -> bool:
    """Return True if a declared and an observed table are the same, whatever their names."""
    return len(declared) == 1 and len(observed) == 1


def _table_drift(
    name: str, columns: Sequence[DeclaredColumn], table: TableProfile
) -> list[SchemaDrift]:
    drift = _columns_drift(name, columns, table.columns, table)
    return drift + _key_drift(name, compound_key(columns), table)


def _columns_drift(
    name: str,
    declared: Sequence[DeclaredColumn],
    listed: Sequence[ColumnProfile],
    table: TableProfile,
    *,
    parent: str = "",
) -> list[SchemaDrift]:
    """Return the drift of columns, and of those nested in the column `parent`."""
    observed = {column.name: column for column in listed}
    drift = []
    for column in declared:
        path = f"{parent}{column.name}"
        if column.key in observed:
            drift += _column_drift(name, path, column, observed[column.key], table)
        elif not table.is_cut:
            alias = f" as {column.key}" if column.key != column.name else ""
            message = f"Column not found in the source{alias}."
            drift.append(SchemaDrift("column-missing", name, message, path))
    known = {column.key for column in declared}
    return drift + [
        SchemaDrift(
            "column-undeclared",
            name,
            f"Column not in the contract ({column.physical_type}).",
            f"{parent}{column.name}",
            is_breaking=False,
        )
        for column in listed
        if column.name not in known
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
    name: str,
    path: str,
    declared: DeclaredColumn,
    observed: ColumnProfile,
    table: TableProfile,
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
    drift = [SchemaDrift(code, name, message, path) for code, message in messages.items()]
    if declared.items and observed.items:
        drift += _column_drift(name, path, declared.items, observed.items, table)
    if declared.fields and observed.fields:
        nested = declared.fields, observed.fields
        drift += _columns_drift(name, *nested, table, parent=f"{path}.")
    return drift


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
