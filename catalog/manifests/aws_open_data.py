"""Entries of the AWS Open Data registry as external products; pure."""

from collections.abc import Mapping

from catalog.exceptions import require_valid
from catalog.identifiers import slug_of
from catalog.manifests.external import (
    ExternalCatalog,
    ExternalEntry,
    FieldReader,
    build_answers,
    build_external_document,
    to_plain_text,
    unique,
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
    slug, name = record.slug(), record.text("name") or record.text("slug")
    resources = record.objects("resources")
    servers = [_server(resource, index) for index, resource in enumerate(resources)]
    manager = record.text("managed_by")
    tree = build_external_document(
        identifier=record.text("slug"),
        name=name,
        slug=slug,
        domain=CATALOG.slug,
        description={"purpose": record.text("description")},
        tags=unique(record.texts("tags"), max_length=120, max_items=200),
        team={"name": to_plain_text(manager)[:400]} if manager else None,
        outputPorts=_ports(record.text("slug"), servers),
        deprecated=record.fields.get("deprecated") is True or None,
        authoritativeDefinitions=_documentation(record.text("documentation")),
        answers=build_answers(
            {
                "source": to_plain_text(manager),
                "period": record.text("update_frequency"),
                "contact": to_plain_text(record.text("contact")),
            }
        ),
        custom={"license": record.text("license"), "citation": record.text("citation")},
    )
    require_valid(record.issues)
    return ExternalEntry(
        identifier=record.text("slug"),
        tree=tree,
        contract=_contract(record.text("slug"), name, servers) if servers else None,
    )


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


def _ports(identifier: str, servers: list[JSONObject]) -> list[JSONObject]:
    return [
        {
            "name": server["server"],
            "version": "1.0.0",
            "type": server["type"],
            "description": server["description"],
            "contractId": identifier,
        }
        for server in servers
    ]


def _contract(identifier: str, name: str, servers: list[JSONObject]) -> JSONObject:
    return {
        "apiVersion": "v3.1.0",
        "kind": "DataContract",
        "id": identifier,
        "name": name[:200],
        "version": "1.0.0",
        "status": "active",
        "servers": servers,
        "schema": [],
    }


def _documentation(text: str) -> list[JSONObject]:
    is_address = text.startswith(("https://", "http://")) and not text.split()[1:]
    return [{"type": "documentation", "url": text}] if is_address else []
