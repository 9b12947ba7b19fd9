"""Entries of the AWS Open Data registry as external products; pure."""

from collections.abc import Mapping

from catalog.contracts.projection import new_tree
from catalog.identifiers import slug_of
from catalog.manifests.external import (
    ExternalCatalog,
    ExternalEntry,
    FieldReader,
    build_external_document,
    build_tags,
    to_plain_text,
)
from catalog.types import JSONObject, JSONValue

CATALOG = ExternalCatalog(
    system="aws-open-data",
    slug="aws-open-data",
    name="AWS Open Data",
    mission="Entries of the registry of open data on AWS, shown as they are there.",
)
SERVER_TYPES = {"S3 Bucket": "s3"}


def entry_of(fields: Mapping[str, JSONValue]) -> ExternalEntry:
    """Return the product and the contract of one registry entry. Raises ValidationFailed."""
    record = FieldReader(fields)
    identifier, name = record.text("slug"), record.text("name") or record.text("slug")
    resources = enumerate(record.objects("resources"))
    servers = [_server(resource, index) for index, resource in resources]
    manager, url = to_plain_text(record.text("managed_by")), record.text("documentation")
    is_url = url.startswith(("https://", "http://")) and not url.split()[1:]
    tree = build_external_document(
        record,
        CATALOG,
        name=name,
        description={"purpose": record.text("description")},
        tags=build_tags(record.texts("tags")),
        team={"name": manager[:400]} if manager else None,
        outputPorts=[_port(server, identifier) for server in servers],
        deprecated=record.fields.get("deprecated") is True or None,
        authoritativeDefinitions=[{"type": "documentation", "url": url}] if is_url else None,
        answers={
            "source": manager,
            "period": record.text("update_frequency"),
            "contact": to_plain_text(record.text("contact")),
        },
        custom={"license": record.text("license"), "citation": record.text("citation")},
    )
    contract = new_tree(identifier=identifier, name=name[:200], servers=servers)
    contract |= {"version": "1.0.0", "status": "active"}
    return ExternalEntry(identifier=identifier, tree=tree, contract=contract if servers else None)


def _port(server: JSONObject, identifier: str) -> JSONObject:
    port = {"name": server["server"], "version": "1.0.0", "contractId": identifier}
    return port | {key: server[key] for key in ("type", "description")}


def _server(resource: Mapping[str, JSONValue], index: int) -> JSONObject:
    arn = str(resource.get("arn") or "")
    place = arn.rpartition(":::")[2] or arn
    kind = SERVER_TYPES.get(str(resource.get("type")), "custom")
    return {
        "server": f"{slug_of(place)[:100] or 'resource'}-{index + 1}",
        "type": kind,
        "location": f"s3://{place}" if kind == "s3" else arn,
        "description": to_plain_text(str(resource.get("description") or ""))[:10_000],
    }
