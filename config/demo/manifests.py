"""Prints the demo mesh as manifests: Bitol ODPS for products, ODCS for contracts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from catalog.manifests.serializers import yaml_of
from config.demo.notation import Column, DomainSpec, Port, Product, Table
from config.demo.terms import term_held_by

Tree = dict[str, Any]
TENANT = "Tversund"
GLOSSARY = "https://data.tversund.example/glossary"
STATUSES = {"published": "active", "external": "active"}
KINDS = {"source": "sourceAligned", "aggregate": "aggregate", "consumer": "consumerAligned"}
PORT_TYPES = {"api": "api", "kafka": "topic", "postgres": "table"}
OBJECT_TYPES = {"api": "endpoint", "kafka": "topic", "sqlite": "table", "postgres": "view"}
SQL_TYPES = {
    "string": "VARCHAR",
    "integer": "BIGINT",
    "number": "DOUBLE",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "timestamp": "TIMESTAMP",
    "object": "STRUCT",
}
SQLITE_TYPES = {"integer": "INTEGER", "number": "REAL", "boolean": "INTEGER"}
JSON_TYPES = {"integer": "number", "number": "number", "boolean": "boolean", "object": "object"}


@dataclass(frozen=True, kw_only=True)
class Printer:
    """Prints one mesh. `source_url` is where the demo's HTTP source answers, without a slash."""

    mesh: tuple[DomainSpec, ...]
    source_url: str

    def write(self, folder: Path) -> list[Path]:
        """Write `<domain>/<product>/*.yaml` below a folder; return the files."""
        return [
            path
            for sketch, product in self.products()
            for path in self.write_product(sketch, product, folder)
        ]

    def products(self) -> Iterator[tuple[DomainSpec, Product]]:
        """Return every product, those that others read first."""
        everything = {
            product.address: (sketch, product)
            for sketch in self.mesh
            for product in sketch.products
        }
        done: set[str] = set()
        for address in everything:
            yield from self._with_sources(address, everything, done)

    def write_product(self, sketch: DomainSpec, product: Product, folder: Path) -> list[Path]:
        """Write one product's folder; return its files, the product itself first."""
        home = folder / product.domain / product.slug
        home.mkdir(parents=True, exist_ok=True)
        trees = {home / "product.odps.yaml": self.product(sketch, product)}
        for port, tree in self.contracts(product):
            name = product.slug if len(product.ports) == 1 else f"{product.slug}-{port.name}"
            trees[home / f"{name}.odcs.yaml"] = tree
        for path, tree in trees.items():
            path.write_text(yaml_of(tree), encoding="utf-8")
        return list(trees)

    def product(self, sketch: DomainSpec, product: Product) -> Tree:
        """Return the tree of a product."""
        tree: Tree = {
            "apiVersion": "v1.1.0",
            "kind": "DataProduct",
            "id": str(uuid5(NAMESPACE_URL, f"https://tversund.example/{product.address}")),
            "name": product.name,
            "version": product.version,
            "status": STATUSES.get(product.status, product.status),
            "domain": product.domain,
            "tenant": TENANT,
            "type": KINDS[product.type],
            "tags": list(product.tags),
            "synonyms": [{"synonym": synonym} for synonym in product.synonyms],
            "description": _description(product.purpose, product.limitations, product.usage),
            "inputPorts": [self._input_port(address) for address in product.inputs],
            "outputPorts": [_output_port(product, port) for port in product.ports],
            "support": _support(sketch),
            "team": {"name": sketch.team, "description": f"Looks after {product.name.lower()}."},
            "customProperties": list(_custom_properties(product)),
        }
        if not sketch.team:
            tree.pop("team")
        return {key: value for key, value in tree.items() if value != []}

    def contracts(self, product: Product) -> Iterator[tuple[Port, Tree]]:
        """Return the contract of each output port."""
        for port in product.ports:
            tables = product.tables if port.kind != "api" else product.tables[:1]
            objects = [_schema_object(table, port) for table in tables]
            yield (
                port,
                {
                    "apiVersion": "v3.2.0" if _has_choices(tables) else "v3.1.0",
                    "kind": "DataContract",
                    "id": contract_id(product, port),
                    "name": f"{product.name}, {port.name}",
                    "version": product.version if product.version.count(".") == 2 else "1.0.0",
                    "status": "draft" if product.status == "draft" else "active",
                    "domain": product.domain,
                    "tenant": TENANT,
                    "description": _description(
                        f"{port.description} {tables[0].description}", product.limitations
                    ),
                    "servers": [self._server(product, port)],
                    "schema": objects,
                },
            )

    def _with_sources(
        self,
        address: str,
        everything: dict[str, tuple[DomainSpec, Product]],
        done: set[str],
    ) -> Iterator[tuple[DomainSpec, Product]]:
        if address in done:
            return
        done.add(address)
        product = everything[address][1]
        for other in (*product.inputs, *filter(None, [product.successor])):
            yield from self._with_sources(other, everything, done)
        yield everything[address]

    def _input_port(self, address: str) -> Tree:
        domain, slug = address.split("/")
        (source,) = (
            product
            for sketch in self.mesh
            if sketch.slug == domain
            for product in sketch.products
            if product.slug == slug
        )
        return {
            "name": source.slug,
            "version": source.version,
            "contractId": contract_id(source, source.ports[0]),
        }

    def _server(self, product: Product, port: Port) -> Tree:
        server: Tree = {"server": port.name, "environment": "demo", "description": port.description}
        if port.kind == "api":
            return server | {"type": "api", "location": f"{self.source_url}/v1/{port.path}"}
        if port.kind == "kafka":
            return server | {"type": "kafka", "host": port.host, "format": "avro"}
        if port.kind == "postgres":
            place = {"host": port.host, "port": 5432, "database": "warehouse", "schema": "media"}
            return server | {"type": "postgres"} | place
        return server | {
            "type": "local",
            "path": str(data_file(product, port)),
            "format": port.kind,
        }


def contract_id(product: Product, port: Port) -> str:
    """Return the id of a port's contract, by which the input ports of others name it."""
    return f"tversund.{product.domain}.{product.slug}.{port.name}"


def data_file(product: Product, port: Port) -> Path:
    """Return where a port's file lies below the root of files."""
    return Path(product.domain, f"{product.slug}.{port.kind}")


def answer_file(port: Port) -> Path:
    """Return where the rows lie that the HTTP source answers with, below its folder."""
    return Path(f"{port.path}.json")


def _description(purpose: str, limitations: str, usage: str = "") -> Tree:
    texts = {"purpose": purpose, "limitations": limitations, "usage": usage}
    return {name: text for name, text in texts.items() if text}


def _output_port(product: Product, port: Port) -> Tree:
    tree: Tree = {
        "name": port.name,
        "version": product.version,
        "description": port.description,
        "type": PORT_TYPES.get(port.kind, "file"),
        "contractId": contract_id(product, port),
    }
    if port.interval:
        tree["customProperties"] = [{"property": "assayInterval", "value": port.interval}]
    return tree


def _support(sketch: DomainSpec) -> list[Tree]:
    mail: Tree = {"channel": sketch.contact, "url": f"mailto:{sketch.contact}", "tool": "email"}
    if sketch.is_external:
        return [mail | {"scope": "issues"}]
    talk = f"https://talk.tversund.example/channels/{sketch.slug}"
    return [
        {"channel": f"#{sketch.slug}-data", "url": talk, "tool": "other", "scope": "interactive"},
        mail | {"scope": "issues"},
    ]


def _custom_properties(product: Product) -> Iterator[Tree]:
    values: Tree = {
        "assaySlug": product.slug,
        "assayVisibility": product.visibility,
        "assaySensitivity": product.sensitivity,
        "assaySuccessor": product.successor,
        "assayProvenance": {
            "questionSet": "2026.1",
            "answers": product.answers,
            "imbalances": list(product.imbalances),
        },
        "assayObjectives": list(product.objectives),
        "assayUsedIn": list(product.used_in),
    }
    for key, value in values.items():
        if value:
            yield {"property": key, "value": value}


def _schema_object(table: Table, port: Port) -> Tree:
    return {
        "name": table.name,
        "physicalName": table.name,
        "physicalType": OBJECT_TYPES.get(port.kind, "file"),
        "logicalType": "object",
        "description": table.description,
        "dataGranularityDescription": table.grain,
        "properties": _properties(table.columns, port),
    }


def _properties(columns: tuple[Column, ...], port: Port) -> list[Tree]:
    keys = [column.name for column in columns if "pk" in column.flags]
    return [_property(column, port, keys) for column in columns]


def _property(column: Column, port: Port, keys: list[str]) -> Tree:
    tree: Tree = {"name": column.name, "logicalType": column.logical_type}
    tree["physicalType"] = column.physical_type or _physical_type(column.logical_type, port.kind)
    tree |= _in_words(column)
    if column.name in keys:
        tree |= {"primaryKey": True, "primaryKeyPosition": keys.index(column.name) + 1}
    if {"pk", "required"} & column.flags:
        tree["required"] = True
    if "unique" in column.flags or keys == [column.name]:
        tree["unique"] = True
    if column.values:
        tree["enum"] = [{"value": value} for value in column.values]
    tree["classification"] = column.classification
    if column.logical_type == "object":
        tree["properties"] = _properties(column.columns, port)
    if column.item_type:
        tree["physicalType"] = f"{_physical_type(column.item_type, port.kind)}[]"
        tree["items"] = {"logicalType": column.item_type}
    return tree


def _in_words(column: Column) -> Tree:
    """Return what a column is called and means, and the term that it holds."""
    tree: Tree = {"businessName": column.business_name} if column.business_name else {}
    tree["description"] = column.description
    if term := term_held_by(column.name):
        definition = {"type": "businessDefinition", "url": f"{GLOSSARY}/{term}"}
        tree["authoritativeDefinitions"] = [definition]
    return tree


def _physical_type(logical_type: str, kind: str) -> str:
    if kind in ("json", "api"):
        return JSON_TYPES.get(logical_type, "string")
    if kind == "sqlite":
        return SQLITE_TYPES.get(logical_type, "TEXT")
    if kind == "postgres":
        return re.sub("VARCHAR", "text", SQL_TYPES[logical_type]).lower()
    return SQL_TYPES.get(logical_type, logical_type.upper())


def _has_choices(tables: tuple[Table, ...]) -> bool:
    return any(column.values for table in tables for column in table.columns)
