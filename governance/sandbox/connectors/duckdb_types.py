"""The types of DuckDB, by their full names, as logical types and nested columns."""

from duckdb.sqltypes import DuckDBPyType

from governance.sandbox.types import ColumnProfile

LOGICAL_TYPES = {
    "boolean": "boolean",
    **dict.fromkeys(("tinyint", "smallint", "integer", "bigint", "hugeint"), "integer"),
    **dict.fromkeys(("utinyint", "usmallint", "uinteger", "ubigint", "uhugeint"), "integer"),
    "bignum": "integer",
    **dict.fromkeys(("float", "double", "decimal"), "number"),
    "date": "date",
    **dict.fromkeys(("timestamp", "timestamp_s", "timestamp_ms", "timestamp_ns"), "timestamp"),
    **dict.fromkeys(("timestamp with time zone", "timestamp_ns with time zone"), "timestamp"),
    **dict.fromkeys(("time", "time_ns", "time with time zone"), "time"),
    **dict.fromkeys(("varchar", "enum", "uuid", "blob", "bit", "interval"), "string"),
    **dict.fromkeys(("struct", "map", "union", "variant", "geometry"), "object"),
    **dict.fromkeys(("list", "array"), "array"),
    # The type of a column that is null in every row.
    "null": "",
}
MAX_DEPTH = 12
MAX_NAME = 120


def column_of(name: str, kind: DuckDBPyType, *, depth: int = 0) -> ColumnProfile:
    """Return a column with its types and all that is nested in it, without figures."""
    nested = [
        column_of(key, child, depth=depth + 1)
        for key, child in (children_of(kind).items() if depth < MAX_DEPTH else ())
    ]
    logical_type = "object" if str(kind) == "JSON" else LOGICAL_TYPES.get(kind.id, "string")
    is_array = logical_type == "array"
    return ColumnProfile(
        name=name,
        physical_type=short_name(kind),
        logical_type=logical_type,
        fields=() if is_array else tuple(nested),
        items=nested[0] if is_array and nested else None,
    )


def children_of(kind: DuckDBPyType) -> dict[str, DuckDBPyType]:
    """Return the members of a struct, or the one item of a list."""
    if kind.id not in ("struct", "list", "array"):
        return {}
    return {
        "items" if kind.id != "struct" else name: child
        for name, child in kind.children
        if isinstance(child, DuckDBPyType)
    }


def short_name(kind: DuckDBPyType) -> str:
    """Return the name of a type; what is nested in it is left to the nested columns."""
    if kind.id in ("list", "array"):
        size = dict(kind.children).get("size", "")
        return f"{short_name(children_of(kind)['items'])}[{size}]"
    name = str(kind)
    if kind.id == "struct" or len(name) > MAX_NAME:
        return kind.id.upper()
    return name.strip('"')
