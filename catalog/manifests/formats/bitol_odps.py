"""Bitol's Open Data Product Standard (ODPS): products as manifests."""

import json
import pathlib
from collections.abc import Iterator
from functools import cache

from jsonpointer import escape

from catalog.identifiers import slug_of
from catalog.issues import Issue, Severity, did_you_mean, shortened
from catalog.manifests.formats.types import Format
from catalog.manifests.issues import DocumentIssue
from catalog.manifests.manifest import Manifest, parse_manifest, version_issue
from catalog.manifests.schemas import DocumentSchema, Path
from catalog.manifests.source_map import Document
from catalog.products.document import ProductDocument, parse_document
from catalog.products.projection import DOCUMENT_SYSTEM, export_tree
from catalog.types import JSONObject, JSONValue

SYSTEM = DOCUMENT_SYSTEM
KIND = "DataProduct"
VERSIONS = ("v1.1.0", "v1.0.0", "v0.9.0")
TARGETS = VERSIONS
FORMAT = Format(
    name=SYSTEM,
    title="Bitol Open Data Product Standard (ODPS)",
    versions="0.9, 1.0, 1.1",
    files="products as YAML or JSON, with their contracts in ODCS",
    detects=lambda value: isinstance(value, dict) and value.get("kind") == KIND,
    read=None,
)
STATUSES = {
    "proposed": "draft",
    "draft": "draft",
    "active": "published",
    "deprecated": "deprecated",
    "retired": "retired",
}
_HERE = pathlib.Path(__file__).parent
# What 1.1 added, in every object; of the whole document also `type`.
_ADDED_IN_1_1 = {"id", "deprecated", "synonyms", "context", "vendor"}
_TEXT_FORMATS = {"url": "uri", "invitationUrl": "uri", "dateIn": "date", "dateOut": "date"}
_TEXT_FORMATS["productCreatedTs"] = "date-time"
_LINKS_OF_0_9 = (
    "businessDefinition",
    "implementation",
    "transformationImplementation",
    "tutorial",
    "videoTutorial",
)
# Lists of ports that may have our own keys, and what the schemas of those keys call them.
_PORTS = (("outputPorts", "outputPort"), ("inputPorts", "inputPort"))


@cache
def product_schema() -> DocumentSchema:
    return DocumentSchema(json.loads((_HERE / "bitol_odps.schema.json").read_text()), rule=SYSTEM)


def schema_of(version: str) -> JSONObject:
    """Return the strict JSON Schema of a version; those before 1.1 lack what it added."""
    schema: JSONObject = json.loads((_HERE / "bitol_odps.schema.json").read_text())
    definitions, properties = schema["$defs"], schema["properties"]
    properties |= {"apiVersion": {"const": version}, "team": {"$ref": "#/$defs/team"}}
    for node in _objects(schema):
        node["properties"] |= {
            name: node["properties"][name] | {"format": format_of}
            for name, format_of in _TEXT_FORMATS.items()
            if name in node["properties"]
        }
        if version != VERSIONS[0]:
            for name in _ADDED_IN_1_1 - set(node.get("required", ())):
                node["properties"].pop(name, None)
    if version == VERSIONS[0]:
        return schema
    properties.pop("type")
    schema["required"] = [*schema["required"], "status"]
    definitions["outputPort"]["required"] = ["name", "version"]
    definitions["inputPort"]["required"] = ["name", "version", "contractId"]
    definitions["support"]["required"] = ["channel", "url"]
    if version == VERSIONS[2]:
        properties["team"] = {"type": "array", "items": {"$ref": "#/$defs/member"}}
        definitions["member"]["required"] = []
        definitions["links"]["items"]["properties"]["type"]["enum"] = list(_LINKS_OF_0_9)
        for port in ("outputPort", "inputPort"):
            for name in ("tags", "customProperties", "authoritativeDefinitions"):
                definitions[port]["properties"].pop(name)
    return schema


def adapt(tree: JSONObject, version: str) -> list[Issue]:
    """Give the team the shape of a version: a list of members in 0.9, an object since."""
    team = tree.get("team")
    if version != VERSIONS[2] and isinstance(team, list):
        tree["team"] = {"members": team}
    if version != VERSIONS[2] or not isinstance(team, dict):
        return []
    tree["team"] = team.get("members", [])
    message = f"Bitol ODPS {version} has members of a team only."
    return [
        Issue(location=f"/team/{escape(key)}", message=message) for key in team if key != "members"
    ]


@cache
def key_schemas() -> dict[str, dict[str, DocumentSchema]]:
    places = json.loads((_HERE / "assay_keys.schema.json").read_text())
    return {
        place: {key: DocumentSchema(schema, rule=f"assay.{key}") for key, schema in keys.items()}
        for place, keys in places.items()
        if place != "title"
    }


def parse(document: Document) -> Manifest[ProductDocument]:
    """Parse a product; unquoted versions and ids become strings."""
    if issue := version_issue(document, VERSIONS, code=SYSTEM):
        return Manifest(document, (issue,))
    issues = product_schema().check(document) + _key_issues(document)
    status = document.tree.get("status")
    if status is not None and str(status).strip().lower() not in STATUSES:
        message = f"Unknown status {shortened(str(status), 40)}; the product is read as a draft"
        hint = did_you_mean(str(status), STATUSES) or f"Use one of {', '.join(STATUSES)}."
        code, severity = f"{SYSTEM}.status", Severity.WARNING
        issues.append(document.issue(("status",), code, message, hint, severity))
    return parse_manifest(document, parse_document, issues, code=SYSTEM)


def check(document: Document) -> list[DocumentIssue]:
    return list(parse(document).issues)


def target_status(tree: JSONObject) -> str:
    """Return our status for the one that a document declares; an unknown one is a draft."""
    return STATUSES.get(str(tree.get("status") or "draft").strip().lower(), "draft")


def export(tree: JSONObject, *, status: str, domain: str) -> JSONObject:
    """Return the document to hand out: current status and domain, everything else as stored.

    A status that means the same in other words stays, and nothing is added that was not there.
    """
    document = dict(tree)
    if target_status(tree) != status:
        document["status"] = export_tree(tree, status=status, domain=domain)["status"]
    if "domain" in tree and slug_of(str(tree["domain"])) != domain:
        document["domain"] = domain
    return document


def _key_issues(document: Document) -> list[DocumentIssue]:
    issues: list[DocumentIssue] = []
    for place, path, item in _own_properties(document.tree):
        key = str(item["property"])
        if schema := key_schemas()[place].get(key):
            issues += schema.check(document, (*path, "value"))
            continue
        message = f"Unknown key {shortened(key)}"
        if places := [other for other, keys in key_schemas().items() if key in keys]:
            message = f"{key} belongs to the {places[0]}, not here"
        known = sorted(key_schemas()[place])
        hint = did_you_mean(key, known) or f"The keys here are {', '.join(known)}."
        issues.append(document.issue((*path, "property"), "assay.unknown-key", message, hint))
    return issues


def _own_properties(tree: JSONObject) -> Iterator[tuple[str, Path, JSONObject]]:
    """Yield each custom property whose key is one of ours, with its place and path."""
    owners: list[tuple[str, Path, JSONValue]] = [("product", (), tree)]
    for key, place in _PORTS:
        owners += [(place, (key, index), port) for index, port in enumerate(_list(tree, key))]
    for place, path, owner in owners:
        for index, item in enumerate(_list(owner, "customProperties")):
            if not isinstance(item, dict) or "value" not in item:
                continue
            name = item.get("property")
            if isinstance(name, str) and name.casefold().startswith("assay"):
                yield place, (*path, "customProperties", index), item


def _objects(schema: JSONValue) -> Iterator[JSONObject]:
    """Yield every object in a schema that has properties."""
    if isinstance(schema, dict):
        if isinstance(schema.get("properties"), dict):
            yield schema
        for node in list(schema.values()):
            yield from _objects(node)


def _list(owner: JSONValue, key: str) -> list[JSONValue]:
    value = owner.get(key) if isinstance(owner, dict) else None
    return value if isinstance(value, list) else []
