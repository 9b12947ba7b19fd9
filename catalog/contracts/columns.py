"""One table of a contract as a flat list of columns, and the table after edits; pure."""

import copy
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from jsonpointer import resolve_pointer

from catalog.contracts.projection import term_of
from catalog.types import JSONObject, JSONValue

# Those of ODCS 3.2; the last two are not known to older versions.
LOGICAL_TYPES = (
    "string",
    "integer",
    "number",
    "boolean",
    "date",
    "timestamp",
    "time",
    "object",
    "array",
    "map",
    "vector",
)
NEW_IN_3_2 = frozenset({"map", "vector"})
# The classifications that policies and suggestions know; a document may have others.
CLASSIFICATIONS = ("none", "pii", "quasi-identifier", "special-category", "pseudonym")
# Their values form groups of people, while a name or a pseudonym is one person.
GROUP_CLASSIFICATIONS = frozenset({"quasi-identifier", "special-category"})
# The fields of a column that an editor shows, and their keys in the contract.
TEXT_KEYS = {
    "name": "name",
    "physical_name": "physicalName",
    "business_name": "businessName",
    "type": "logicalType",
    "physical_type": "physicalType",
    "description": "description",
    "classification": "classification",
}
FLAG_KEYS = {"required": "required", "unique": "unique", "key": "primaryKey"}
NUMBER_KEYS = {"key_position": "primaryKeyPosition"}
# Types of what is in an array or a map, and where that is described.
INNER_KEYS = {"item_type": ("items",), "map_key": ("map", "key"), "map_value": ("map", "value")}
CONTAINERS = {"object": "", "array": "/items", "map": "/map/value"}
COLUMN_POINTER = re.compile(r"(?:(?:/items|/map/key|/map/value)*/properties/(?:0|[1-9]\d{0,5}))+\Z")


@dataclass(frozen=True)
class Column:
    """One column or nested field: its JSON Pointer in the table, its depth, and its object."""

    pointer: str
    depth: int
    node: Mapping[str, JSONValue]

    def fields(self) -> JSONObject:
        """Return the values that an editor shows; `term` is a slug."""
        node = self.node
        fields: JSONObject = {name: node.get(key) or "" for name, key in TEXT_KEYS.items()}
        fields |= {name: node.get(key) is True for name, key in FLAG_KEYS.items()}
        fields |= {name: node.get(key) for name, key in NUMBER_KEYS.items()}
        for name, path in INNER_KEYS.items():
            inner = _inner(node, path)
            fields[name] = (inner.get("logicalType") if inner else "") or ""
        return fields | {"term": term_of(node)}


def iter_columns(table: Mapping[str, JSONValue]) -> list[Column]:
    """Return the columns of a table, each after the one that it is nested in."""
    return list(_walk(table, "", 0))


def find_column(table: JSONObject, pointer: str) -> Column | None:
    if not COLUMN_POINTER.match(pointer):
        return None
    node = resolve_pointer(table, pointer, None)
    depth = pointer.count("/properties/") - 1
    return Column(pointer, depth, node) if isinstance(node, Mapping) else None


def container_of(column: Column) -> str:
    """Return the pointer of what has the nested columns of a column: itself, its items, values."""
    return column.pointer + CONTAINERS.get(str(column.node.get("logicalType")), "")


def nested_columns(table: JSONObject, column: Column) -> list[Column]:
    """Return the columns directly below one."""
    container = container_of(column)
    inner = resolve_pointer(table, container, None)
    items = inner.get("properties") if isinstance(inner, Mapping) else None
    return [
        Column(f"{container}/properties/{index}", column.depth + 1, item)
        for index, item in enumerate(items if isinstance(items, list) else ())
    ]


def apply_edits(
    table: Mapping[str, JSONValue],
    *,
    changed: Mapping[str, Mapping[str, JSONValue]],
    removed: Sequence[str] = (),
    added: Sequence[Mapping[str, JSONValue]] = (),
    parent: str = "",
    term_url: str = "/glossary/",
) -> JSONObject:
    """Return a table with columns changed and removed, by pointer, and others added below a parent.

    A change has some keys of `Column.fields`; all else of a column is kept.
    """
    result: JSONObject = copy.deepcopy(dict(table))
    for pointer, fields in changed.items():
        set_fields(resolve_pointer(result, pointer), fields, term_url=term_url)
    if added:
        _properties_at(result, parent).extend(
            set_fields({}, fields, term_url=term_url) for fields in added
        )
    # From the last to the first, so that the pointers of the others stay right.
    indexes = {pointer: list(map(int, re.findall(r"[0-9]+", pointer))) for pointer in removed}
    for pointer in sorted(indexes, key=lambda pointer: indexes[pointer], reverse=True):
        parent_pointer, _slash, index = pointer.rpartition("/")
        resolve_pointer(result, parent_pointer).pop(int(index))
    return result


def move_column(table: JSONObject, pointer: str, position: int) -> tuple[JSONObject, str]:
    """Return a table in which a column has another position (from 1) and its pointer there."""
    result = copy.deepcopy(table)
    parent, _slash, index = pointer.rpartition("/")
    siblings = resolve_pointer(result, parent)
    column = siblings.pop(int(index))
    position = min(max(position, 1), len(siblings) + 1)
    siblings.insert(position - 1, column)
    return result, f"{parent}/{position - 1}"


def set_fields(
    node: JSONObject, fields: Mapping[str, JSONValue], *, term_url: str = "/glossary/"
) -> JSONObject:
    """Set some fields of a column in place and return it; empty ones are removed."""
    for name, value in fields.items():
        if name in TEXT_KEYS:
            _set(node, TEXT_KEYS[name], value)
        elif name in NUMBER_KEYS:
            _set(node, NUMBER_KEYS[name], value, is_empty=value is None)
        elif name in FLAG_KEYS and (value or FLAG_KEYS[name] in node):
            node[FLAG_KEYS[name]] = bool(value)
        elif name == "term":
            _set_term(node, str(value or ""), term_url)
    _set_inner_types(node, fields)
    return node


def _set(node: JSONObject, key: str, value: JSONValue, *, is_empty: bool | None = None) -> None:
    if not value if is_empty is None else is_empty:
        node.pop(key, None)
    else:
        node[key] = value


def _set_inner_types(node: JSONObject, fields: Mapping[str, JSONValue]) -> None:
    if node.get("logicalType") == "map" and not isinstance(node.get("map"), dict):
        # The standard requires both.
        node["map"] = {"key": {"logicalType": "string"}, "value": {"logicalType": "string"}}
    for name, path in INNER_KEYS.items():
        if name not in fields or node.get("logicalType") != ("map" if len(path) > 1 else "array"):
            continue
        inner = node
        for step in path:
            inner = inner.setdefault(step, {})
        _set(inner, "logicalType", fields[name])


def _set_term(node: JSONObject, slug: str, term_url: str) -> None:
    """Name a business term by the URL of its definition, in place of the one that is named now."""
    current = term_of(node)
    definitions = [
        entry
        for entry in node.get("authoritativeDefinitions") or []
        if not current or term_of({"authoritativeDefinitions": [entry]}) != current
    ]
    if slug:
        definitions.append({"type": "businessDefinition", "url": f"{term_url}{slug}"})
    _set(node, "authoritativeDefinitions", definitions)


def _properties_at(table: JSONObject, pointer: str) -> list[JSONValue]:
    """Return the list of columns below a pointer, which is made if it is missing."""
    node: JSONValue = table
    for step in pointer.split("/")[1:]:
        node = node[int(step)] if isinstance(node, list) else node.setdefault(step, {})
    if pointer:
        node.setdefault("logicalType", "object")
    properties: list[JSONValue] = node.setdefault("properties", [])
    return properties


def _inner(node: Mapping[str, JSONValue], path: Sequence[str]) -> Mapping[str, JSONValue] | None:
    inner: JSONValue = node
    for step in path:
        inner = inner.get(step) if isinstance(inner, Mapping) else None
    return inner if isinstance(inner, Mapping) else None


def _walk(node: Mapping[str, JSONValue], at: str, depth: int) -> Iterator[Column]:
    properties = node.get("properties")
    for index, item in enumerate(properties if isinstance(properties, list) else ()):
        pointer = f"{at}/properties/{index}"
        yield Column(pointer, depth, item)
        yield from _walk(item, pointer, depth + 1)
    for path in INNER_KEYS.values() if at else ():
        inner = _inner(node, path)
        if inner is not None:
            yield from _walk(inner, f"{at}/{'/'.join(path)}", depth)
