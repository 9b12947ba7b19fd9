"""Entries of the AWS Open Data registry as external products; pure."""

from collections.abc import Mapping

from catalog.contracts.projection import new_tree
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
    manager, documentation = record.text("managed_by"), record.text("documentation")
    is_url = documentation.startswith(("https://", "http://")) and not documentation.split()[1:]
    links = [{"type": "documentation", "url": documentation}]
    identifier = record.text("slug")
    tree = build_external_document(
        identifier=identifier,
        name=name,
        slug=slug,
        domain=CATALOG.slug,
        description={"purpose": record.text("description")},
        tags=unique(record.texts("tags"), max_length=120, max_items=200),
        team={"name": to_plain_text(manager)[:400]} if manager else None,
        outputPorts=[
            {
                "name": server["server"],
                "version": "1.0.0",
                "type": server["type"],
                "description": server["description"],
                "contractId": identifier,
            }
            for server in servers
        ],
        deprecated=record.fields.get("deprecated") is True or None,
        authoritativeDefinitions=links if is_url else None,
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
    contract = new_tree(identifier=identifier, name=name[:200], servers=servers)
    contract |= {"version": "1.0.0", "status": "active"}
    return ExternalEntry(identifier=identifier, tree=tree, contract=contract if servers else None)


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
