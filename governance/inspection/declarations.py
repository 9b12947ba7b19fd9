"""What a contract declares of its source, by the names that the source has; pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from catalog.types import JSONObject
from governance.sandbox.types import ColumnProfile

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
QUALIFIERS = ("schema", "dataset", "database", "catalog", "project")
# The members of a property that hold other ones.
NESTING = ("properties", "items", "map", "key", "value")
NAME_PART = re.compile(r'"[^"]*"|`[^`]*`|\[[^\]]*\]|[^.]+')


@dataclass(frozen=True, kw_only=True)
class DeclaredColumn:
    """A property of a contract, and those nested in it; `source_name` is its physical name."""

    name: str
    logical_type: str
    source_name: str = ""
    is_required: bool = False
    is_unique: bool = False
    is_key_part: bool = False
    fields: tuple[DeclaredColumn, ...] = ()
    items: DeclaredColumn | None = None

    @property
    def key(self) -> str:
        """The name of the column in the source."""
        return self.source_name or self.name

    def accepts_type(self, observed: ColumnProfile, *, is_text: bool) -> bool:
        """Return True if an observed column has a type that satisfies the declared one.

        A column without values says nothing of its type.
        """
        declared = self.logical_type
        if "" in (declared, observed.logical_type) or declared == observed.logical_type:
            return True
        if declared == "string" and is_text:
            return True
        if declared == "boolean" and observed.logical_type == "integer":
            return observed.n_distinct is None or observed.n_distinct <= BOOLEAN_VALUES
        if declared == "integer" and observed.physical_type == MYSQL_BOOLEAN:
            return True
        return observed.logical_type in COMPATIBLE_TYPES.get(declared, ())


def compound_key(columns: Iterable[DeclaredColumn]) -> tuple[str, ...]:
    """Return the columns that are declared a key together; of one column its own drift tells."""
    key = tuple(column.key for column in columns if column.is_key_part)
    return key if len(key) > 1 else ()


def tables_of(
    schema: Iterable[JSONObject], server: Mapping[str, object]
) -> dict[str, list[DeclaredColumn]]:
    """Return the top-level properties of a contract's tables, by the tables' names in a source."""
    return {table_name(node, server): columns_of(node) for node in schema}


def columns_of(node: Mapping[str, object]) -> list[DeclaredColumn]:
    properties = nested_nodes(node)
    # The columns of a compound key are unique only together.
    n_keys = sum(item.get("primaryKey") is True for item in properties)
    return [_column(item, has_simple_key=n_keys == 1) for item in properties]


def nested_nodes(node: Mapping[str, object]) -> list[JSONObject]:
    nested = node.get("properties")
    return [item for item in nested if isinstance(item, dict)] if isinstance(nested, list) else []


def physical_name(node: Mapping[str, object]) -> str:
    return str(node.get("physicalName") or node.get("name") or "")


def table_name(node: Mapping[str, object], server: Mapping[str, object]) -> str:
    """Return the name that a declared table has in the source: without its schema and database.

    A name that is qualified with another schema than the server's remains as it is written.
    """
    name = physical_name(node)
    if str(server.get("type")) == "local":
        stem = file_stem(str(server.get("path") or server.get("location") or ""))
        if file_stem(name) == stem:
            return stem
    parts = [match[0].strip('"`[]') for match in NAME_PART.finditer(name)]
    known = {str(server[key]).casefold() for key in QUALIFIERS if server.get(key)}
    if server.get("type") in ("postgres", "postgresql") and not server.get("schema"):
        known.add("public")
    if server.get("type") == "local":
        known.add("main")
    if len(parts) > 1 and known.issuperset(part.casefold() for part in parts[:-1]):
        return parts[-1]
    return parts[0] if len(parts) == 1 else name


def classifications_in(node: Mapping[str, object]) -> Iterator[str]:
    """Yield the classifications of a property and of all that is nested in it, in lower case."""
    for key, value in node.items():
        if key == "classification":
            yield str(value or "").strip().casefold()
        elif key in NESTING:
            parts = value if isinstance(value, list) else [value]
            for part in parts:
                if isinstance(part, dict):
                    yield from classifications_in(part)


def file_stem(path: str) -> str:
    """Return the name of a file's one table: that of the file."""
    return PurePosixPath(path).name.split(".")[0]


def _column(node: JSONObject, *, has_simple_key: bool = False) -> DeclaredColumn:
    is_key = node.get("primaryKey") is True
    items = node.get("items")
    return DeclaredColumn(
        name=str(node.get("name") or "items"),
        source_name=str(node.get("physicalName") or ""),
        logical_type=str(node.get("logicalType") or ""),
        is_required=node.get("required") is True,
        is_unique=node.get("unique") is True or (is_key and has_simple_key),
        is_key_part=is_key and not has_simple_key,
        fields=tuple(_column(item) for item in nested_nodes(node)),
        items=_column(items) if isinstance(items, dict) else None,
    )
