"""The Open Data Contract Standard (ODCS): contracts as manifests."""

import json
from dataclasses import replace
from functools import cache
from importlib.resources import files

from jsonpointer import JsonPointer, resolve_pointer

from catalog.contracts.projection import ContractDocument, parse_contract
from catalog.issues import Severity
from catalog.manifests.formats.types import Format
from catalog.manifests.issues import DocumentIssue
from catalog.manifests.manifest import Manifest, parse_manifest, version_issue
from catalog.manifests.schemas import DocumentSchema
from catalog.manifests.source_map import Document
from catalog.types import JSONObject, JSONValue

SYSTEM = "odcs"
KIND = "DataContract"
CURRENT = "v3.2.0"
VERSIONS = (CURRENT, "v3.1.0", "v3.0.2", "v3.0.1", "v3.0.0")
FORMAT = Format(
    name=SYSTEM,
    title="Open Data Contract Standard (ODCS)",
    versions="3.0, 3.1, 3.2",
    files="contracts as YAML or JSON",
    detects=lambda value: isinstance(value, dict) and value.get("kind") == KIND,
    read=None,
)
_HINT_FOR_V2 = f"Convert it to {CURRENT} first: 3.0 renamed dataset to schema and much in it."
# Changed since 3.0 and 3.1: only the schema of 3.2 is available, so there it warns.
_CHANGED = {"quality", "team", "relationships", "slaProperties", "logicalTypeOptions", "price"}
_ALWAYS = {"odcs.type", "odcs.required", "odcs.const"}
TARGETS = ("v3.2.0", "v3.1.0")
# What version 3.2 added to the schema of 3.1, as pointers below `$defs`.
_ADDED = (
    "CustomProperty/properties/vendor",
    "RelationshipBase/properties/id",
    "SchemaBaseProperty/properties/enum",
    "SchemaBaseProperty/properties/semanticType",
    "SchemaElement/properties/deprecated",
    "SchemaElement/properties/synonyms",
    "SchemaObject/properties/context",
    "ServerSource/AthenaServer/properties/workgroup",
    "ServiceLevelAgreementProperty/properties/authoritativeDefinitions",
    "ServiceLevelAgreementProperty/properties/customProperties",
)
_ADDED_TYPES = {
    "SchemaBaseProperty/properties/logicalType": ("map", "vector"),
    "SchemaObject/properties/logicalType": ("blob",),
    "Server/properties/type": (
        "btrieve",
        "exasol",
        "fastobjects",
        "hana",
        "iceberg",
        "ingres",
        "poet",
        "teradata",
        "vectorwise",
        "versant",
    ),
}
_NAME = "[A-Za-z_][A-Za-z0-9_]*"
_PATTERNS = {
    "StableId": "^[A-Za-z0-9_-]+$",
    "ShorthandReference": rf"^{_NAME}\.{_NAME}$",
}
# The nearest types of 3.1.
NEAREST_TYPES = {"map": "object", "vector": "array", "blob": "object"}
_MAP = ("$defs", "SchemaBaseProperty", "allOf", 8, "if")


def published_schema() -> JSONObject:
    text = files("open_data_contract_standard").joinpath("schema.json").read_text("utf-8")
    schema: JSONObject = json.loads(text)
    return schema


def corrected_schema() -> JSONObject:
    """Return the standard's schema with its one wrong node fixed.

    As published, every property without a logicalType is asked for a `map`.
    """
    schema = published_schema()
    node: JSONValue = schema
    for step in _MAP:
        node = node[step]
    node["required"] = ["logicalType"]
    return schema


def schema_of(version: str) -> JSONObject:
    """Return the JSON Schema of a target; that of 3.1 is that of 3.2 without what it added."""
    schema = corrected_schema()
    return schema if version == CURRENT else _as_3_1(schema)


@cache
def contract_schema() -> DocumentSchema:
    return DocumentSchema(corrected_schema(), rule=SYSTEM)


def parse(document: Document) -> Manifest[ContractDocument]:
    """Parse a contract; unquoted versions and ids become strings."""
    if issue := version_issue(document, VERSIONS, code=SYSTEM, hint_for_v2=_HINT_FOR_V2):
        return Manifest(document, (issue,))
    declared = document.tree.get("apiVersion")
    issues = [_as_declared(issue, declared) for issue in contract_schema().check(document)]
    return parse_manifest(document, parse_contract, issues, code=SYSTEM)


def check(document: Document) -> list[DocumentIssue]:
    return list(parse(document).issues)


def _as_declared(issue: DocumentIssue, declared: JSONValue) -> DocumentIssue:
    """Turn an error into a warning where the version that the contract declares may allow it."""
    path = set(JsonPointer(issue.location).parts)
    is_strict = issue.code in _ALWAYS and not path & _CHANGED
    if issue.code == "odcs.required" and "servers" in path:
        is_strict = False
    if declared == CURRENT or is_strict or not issue.is_error:
        return issue
    message = f"{issue.message} (by {CURRENT}; this contract declares {declared})"
    return replace(issue, severity=Severity.WARNING, message=message)


def _as_3_1(schema: JSONObject) -> JSONObject:
    definitions = schema["$defs"]
    for place in _ADDED:
        parent, _slash, key = place.rpartition("/")
        resolve_pointer(definitions, f"/{parent}").pop(key)
    for place, added in _ADDED_TYPES.items():
        types = resolve_pointer(definitions, f"/{place}")
        types["enum"] = [name for name in types["enum"] if name not in added]
    for server in definitions["ServerSource"].values():
        server.get("properties", {}).pop("encoding", None)
    for name, pattern in _PATTERNS.items():
        definitions[name]["pattern"] = pattern
    definitions["Port"] = {"type": "integer"}
    definitions["ServerSource"]["AthenaServer"]["required"] = ["stagingDir", "schema"]
    schema["properties"].pop("context")
    schema["properties"]["apiVersion"]["enum"] = ["v3.1.0", "v3.0.2", "v3.0.1", "v3.0.0"]
    schema["required"] = [*schema["required"], "status"]
    return schema
