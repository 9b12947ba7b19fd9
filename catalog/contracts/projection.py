"""Between a contract's tree (ODCS) and the rows beside it; pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from catalog.identifiers import is_slug
from catalog.products.projection import Tree
from catalog.products.tree_reader import TreeReading

API_VERSION = "v3.1.0"
MOST_PROPERTIES = 20_000
MOST_DEPTH = 30


@dataclass(frozen=True, kw_only=True)
class DeclaredServer:
    """One entry of `servers`."""

    name: str
    type: str
    environment: str = ""
    location: str = ""
    format: str = ""
    description: str = ""


@dataclass(frozen=True, kw_only=True)
class DeclaredProperty:
    """One column or nested field; `parent` is the path of the one above it, or empty."""

    path: str
    parent: str
    name: str
    depth: int
    business_name: str = ""
    logical_type: str = ""
    physical_type: str = ""
    classification: str = ""
    term: str = ""
    description: str = ""
    is_required: bool = False
    is_unique: bool = False
    is_primary_key: bool = False


@dataclass(frozen=True, kw_only=True)
class DeclaredObject:
    """One entry of `schema` with its properties, each behind the one it lies in."""

    name: str
    physical_name: str = ""
    physical_type: str = ""
    business_name: str = ""
    description: str = ""
    properties: tuple[DeclaredProperty, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ContractColumns:
    """What the catalog keeps of a contract's tree in rows."""

    identifier: str
    version: str
    name: str = ""
    status: str = ""
    purpose: str = ""
    servers: tuple[DeclaredServer, ...] = ()
    objects: tuple[DeclaredObject, ...] = ()


@dataclass
class _Reading(TreeReading):
    properties: int = 0


def parse_columns(tree: Tree) -> ContractColumns:
    """Return what a contract's tree declares. Raises Invalid with every fault's pointer."""
    reading = _Reading()
    description = tree.get("description")
    columns = ContractColumns(
        identifier=reading.text(tree, "id", "", 400),
        version=reading.text(tree, "version", "", 60) or "0.1.0",
        name=reading.text(tree, "name", "", 200),
        status=reading.text(tree, "status", "", 60),
        purpose=reading.text(description, "purpose", "/description")
        if isinstance(description, Mapping)
        else "",
        servers=tuple(
            _server(reading, item, at) for at, item in reading.objects(tree, "servers", "")
        ),
        objects=tuple(
            _object(reading, item, at) for at, item in reading.objects(tree, "schema", "")
        ),
    )
    if not columns.identifier:
        reading.issue("/id", "A contract needs an id.")
    reading.finish()
    return columns


def new_tree(*, identifier: str, name: str, servers: list[dict[str, Any]]) -> Tree:
    """Return the tree of a contract that starts here: draft 0.1.0 with an empty schema."""
    return {
        "apiVersion": API_VERSION,
        "kind": "DataContract",
        "id": identifier,
        "name": name,
        "version": "0.1.0",
        "status": "draft",
        "servers": servers,
        "schema": [],
    }


def bump_version(version: str) -> str:
    """Return the next version of the same kind: 0.1.0 becomes 0.2.0, any other text gains `.1`."""
    parts = version.split(".")
    if len(parts) == 3 and all(part.isascii() and part.isdigit() for part in parts):
        return f"{parts[0]}.{int(parts[1]) + 1}.0"
    return f"{version}.1"


def _server(reading: _Reading, item: Mapping[str, Any], at: str) -> DeclaredServer:
    location = next(
        (
            text
            for key in ("location", "path", "endpointUrl", "host", "url")
            if (text := reading.text(item, key, at, 2000))
        ),
        "",
    )
    return DeclaredServer(
        name=reading.text(item, "server", at, 120) or reading.text(item, "id", at, 120) or "server",
        type=reading.text(item, "type", at, 60),
        environment=reading.text(item, "environment", at, 60),
        location=location,
        format=reading.text(item, "format", at, 60),
        description=reading.text(item, "description", at),
    )


def _object(reading: _Reading, item: Mapping[str, Any], at: str) -> DeclaredObject:
    name = reading.text(item, "name", at, 300)
    if not name:
        reading.issue(f"{at}/name", "A schema object needs a name.")
    return DeclaredObject(
        name=name,
        physical_name=reading.text(item, "physicalName", at, 300),
        physical_type=reading.text(item, "physicalType", at, 120),
        business_name=reading.text(item, "businessName", at, 300),
        description=reading.text(item, "description", at),
        properties=tuple(_properties(reading, item, at, parent="", depth=0)),
    )


def _properties(
    reading: _Reading, item: Mapping[str, Any], at: str, *, parent: str, depth: int
) -> Iterator[DeclaredProperty]:
    if depth > MOST_DEPTH:
        reading.issue(at, f"Properties are nested over {MOST_DEPTH} deep.", "Flatten them.")
        return
    for location, inner in reading.objects(item, "properties", at):
        reading.properties += 1
        if reading.properties > MOST_PROPERTIES:
            reading.issue(location, f"A contract has at most {MOST_PROPERTIES} properties.")
            return
        declared = _property(reading, inner, location, parent, depth)
        yield declared
        yield from _properties(reading, inner, location, parent=declared.path, depth=depth + 1)
        items = inner.get("items")
        if isinstance(items, Mapping):
            yield from _properties(
                reading, items, f"{location}/items", parent=declared.path, depth=depth + 1
            )


def _property(
    reading: _Reading, item: Mapping[str, Any], at: str, parent: str, depth: int
) -> DeclaredProperty:
    name = reading.text(item, "name", at, 300)
    if not name:
        reading.issue(f"{at}/name", "A property needs a name.")
    path = f"{parent}.{name}" if parent else name
    if len(path) > 1000:
        reading.issue(f"{at}/name", "The path to this property has over 1000 characters.")
    return DeclaredProperty(
        path=path[:1000],
        parent=parent,
        name=name,
        depth=depth,
        business_name=reading.text(item, "businessName", at, 300),
        logical_type=reading.text(item, "logicalType", at, 60),
        physical_type=reading.text(item, "physicalType", at, 200),
        classification=reading.text(item, "classification", at, 60),
        term=_term(item),
        description=reading.text(item, "description", at),
        is_required=item.get("required") is True,
        is_unique=item.get("unique") is True,
        is_primary_key=item.get("primaryKey") is True,
    )


def _term(item: Mapping[str, Any]) -> str:
    """Return the slug of the business term that a property names by its definition's URL."""
    definitions = item.get("authoritativeDefinitions")
    for entry in definitions if isinstance(definitions, list) else ():
        if isinstance(entry, Mapping) and entry.get("type") == "businessDefinition":
            _, marker, slug = str(entry.get("url", "")).rpartition("/glossary/")
            if marker and is_slug(slug):
                return slug
    return ""
