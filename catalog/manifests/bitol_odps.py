"""Bitol's Open Data Product Standard: what is wrong with a document that is a product."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from catalog.issues import Severity, did_you_mean, shortened
from catalog.manifests.issues import DocumentIssue, by_position
from catalog.manifests.projection_checks import problems_of
from catalog.manifests.schemas import DocumentSchema
from catalog.manifests.source_map import Document
from catalog.ports.projection import input_ports, output_ports
from catalog.products.projection import export_tree, parse_columns
from catalog.provenance.projection import provenance_of
from catalog.types import JSONObject

SYSTEM = "bitol-odps"
KIND = "DataProduct"
CURRENT = "v1.1.0"
VERSIONS = ("v1.1.0", "v1.0.0", "v0.9.0")
STATUSES = {
    "proposed": "draft",
    "draft": "draft",
    "active": "published",
    "deprecated": "deprecated",
    "retired": "retired",
}
_READINGS = (parse_columns, output_ports, input_ports, provenance_of)
_HERE = Path(__file__).parent
# Where our own keys may stand: the list that holds the ports, and the name of their place.
_PORTS = (("outputPorts", "outputPort"), ("inputPorts", "inputPort"))


@cache
def product_schema() -> DocumentSchema:
    """Return the schema of a product, compiled once in a process."""
    return DocumentSchema(json.loads((_HERE / "bitol_odps.schema.json").read_text()), rule=SYSTEM)


@cache
def key_schemas() -> dict[str, dict[str, DocumentSchema]]:
    """Return the schema of each of our own keys, by the place where it may stand."""
    held = json.loads((_HERE / "assay_keys.schema.json").read_text())
    return {
        place: {key: DocumentSchema(schema, rule=f"assay.{key}") for key, schema in keys.items()}
        for place, keys in held.items()
        if place != "title"
    }


def check(document: Document) -> list[DocumentIssue]:
    """Return what is wrong with a product; unquoted versions and ids become texts on the way."""
    if refused := _refused_version(document):
        return [refused]
    problems = (
        product_schema().check(document) + _key_problems(document) + _status_problems(document)
    )
    for reading in _READINGS:
        problems += problems_of(reading, document, rule=SYSTEM, beside=problems)
    return by_position(problems)


def wanted_status(tree: JSONObject) -> str:
    """Return our status for the one that a document declares; what nobody knows is a draft."""
    return STATUSES.get(str(tree.get("status") or "draft").strip().lower(), "draft")


def exported(tree: JSONObject, *, status: str, domain: str) -> JSONObject:
    """Return the document to hand out: its status and domain as they stand now, all else as kept.

    A status that says the same in other words stays, and nothing is added that was not there.
    """
    document = dict(tree)
    if wanted_status(tree) != status:
        document["status"] = export_tree(tree, status=status, domain=domain)["status"]
    if "domain" in tree:
        document["domain"] = domain
    return document


def _refused_version(document: Document) -> DocumentIssue | None:
    declared = document.tree.get("apiVersion")
    if declared in VERSIONS:
        return None
    if declared is None:
        return document.issue(
            (),
            f"{SYSTEM}.version",
            "apiVersion is missing",
            f"Add a line `apiVersion: {CURRENT}`.",
        )
    return document.issue(
        ("apiVersion",),
        f"{SYSTEM}.version",
        f"{shortened(str(declared), 40)} is no version of the product standard that is read",
        f"Use one of {', '.join(VERSIONS)}.",
    )


def _status_problems(document: Document) -> list[DocumentIssue]:
    status = document.tree.get("status")
    if status is None or str(status).strip().lower() in STATUSES:
        return []
    return [
        document.issue(
            ("status",),
            f"{SYSTEM}.status",
            f"{shortened(str(status), 40)} is no known status; the product is taken as a draft",
            did_you_mean(str(status), list(STATUSES)) or f"Use one of {', '.join(STATUSES)}.",
            Severity.WARNING,
        )
    ]


def _key_problems(document: Document) -> list[DocumentIssue]:
    problems: list[DocumentIssue] = []
    for place, path, item in _own_keys(document.tree):
        known, key = key_schemas()[place], str(item["property"])
        if schema := known.get(key):
            problems += schema.check(document, (*path, "value"))
        else:
            problems.append(_unknown_key(document, place, path, key))
    return problems


def _own_keys(tree: JSONObject) -> Iterator[tuple[str, tuple[str | int, ...], dict[str, Any]]]:
    """Yield each custom property whose key is one of ours, with its place and path."""
    holders: list[tuple[str, tuple[str | int, ...], Any]] = [("product", (), tree)]
    for key, place in _PORTS:
        holders += [(place, (key, index), port) for index, port in enumerate(_list(tree, key))]
    for place, path, holder in holders:
        for index, item in enumerate(_list(holder, "customProperties")):
            if isinstance(item, dict) and "value" in item and _is_ours(item.get("property")):
                yield place, (*path, "customProperties", index), item


def _is_ours(key: Any) -> bool:
    return isinstance(key, str) and key.casefold().startswith("assay")


def _list(holder: Any, key: str) -> list[Any]:
    held = holder.get(key) if isinstance(holder, dict) else None
    return held if isinstance(held, list) else []


def _unknown_key(
    document: Document, place: str, path: tuple[str | int, ...], key: str
) -> DocumentIssue:
    known = sorted(key_schemas()[place])
    elsewhere = [other for other, keys in key_schemas().items() if key in keys]
    message = f"Assay reads no key {shortened(key)} here"
    if elsewhere:
        message = f"{key} belongs to the {elsewhere[0]}, not here"
    return document.issue(
        (*path, "property"),
        "assay.unknown-key",
        message,
        did_you_mean(key, known) or f"The keys here are {', '.join(known)}.",
    )
