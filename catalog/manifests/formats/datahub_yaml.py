"""YAML files of DataHub: data products and data contracts; others are refused by name; pure."""

from collections.abc import Iterator

from catalog.exceptions import ValidationFailed
from catalog.issues import Issue
from catalog.manifests.formats.datahub_urns import dataset_name, platform_of
from catalog.manifests.formats.source_object import Slugs, SourceObject, links
from catalog.manifests.formats.tables import Table, build_product, table_contract
from catalog.manifests.formats.types import ImportedProduct, SourceFile
from catalog.types import JSONObject, JSONValue

SYSTEM = "datahub"
_URN = "urn:li:"
PRODUCT, CONTRACT = "data product", "data contract"
# Why a file holds no product, and what can be done with it.
_HINTS = {
    "business glossary": "Terms are imported as CSV on the page of the glossary.",
    "lineage": "Export the datasets as metadata change proposals: their lineage is read with them.",
    "users": "People sign in or are invited; owners are read with the products they own.",
}
_LOGICAL_TYPES = ("string", "number", "integer", "boolean", "object", "array")


def kind_of(value: JSONValue) -> str:
    """Return which file of DataHub's command line a value is; empty for any other."""
    if isinstance(value, list):
        first = value[0] if value else None
        is_user = isinstance(first, dict) and "id" in first and bool({"slack", "email"} & {*first})
        return "users" if is_user else ""
    if not isinstance(value, dict):
        return ""
    if str(value.get("entity", "")).startswith(f"{_URN}dataset"):
        return CONTRACT
    assets = value.get("assets") or value.get("output_ports")
    if "id" in value and isinstance(assets, list) and str(assets[:1]).find(_URN) == 2:
        return PRODUCT
    if "version" in value and isinstance(value.get("nodes"), list):
        return "business glossary"
    return "lineage" if "version" in value and isinstance(value.get("lineage"), list) else ""


def read(file: SourceFile, slugs: Slugs) -> Iterator[ImportedProduct]:
    """Yield the product of a file. Raises ValidationFailed for files of other things."""
    kind = kind_of(file.value)
    if kind in _HINTS:
        message = f"A {kind} file of DataHub holds no product."
        raise ValidationFailed([Issue(location="", message=message, hint=_HINTS[kind])])
    read_one = _read_product if kind == PRODUCT else _read_contract
    yield read_one(SourceObject(file.value), slugs)


def _read_product(source: SourceObject, slugs: Slugs) -> ImportedProduct:
    identifier = source.text("id")
    name = source.text("display_name") or identifier
    assets, ports = source.texts("assets"), source.texts("output_ports")
    urns = [urn for urn in dict.fromkeys(ports or assets) if dataset_name(urn)]
    others = [urn for urn in assets if urn not in urns]
    memory = source.object("institutional_memory").objects("elements")
    owners = [_member(owner) for owner in source.objects("owners")]
    terms = source.texts("terms")
    purpose, domain = source.text("description"), str(source.value.get("domain") or "")
    tags = [urn.rpartition(":")[2] for urn in (*source.texts("tags"), *terms)]
    pages = [("documentation", one.text("url"), one.text("description", "title")) for one in memory]
    definitions = links([*pages, *(("businessDefinition", urn, "") for urn in terms)])
    rest = dict(source.rest()) | ({"/assets": others} if others else {})
    return build_product(
        SYSTEM,
        identifier=identifier if identifier.startswith(_URN) else f"{_URN}dataProduct:{identifier}",
        name=name,
        slug=slugs.unique(name, identifier),
        purpose=purpose,
        domain=domain.rpartition(":")[2],
        tags=tags,
        members=owners,
        definitions=definitions,
        tables=[_table(urn, []) for urn in urns],
        extras=rest,
    )


def _read_contract(source: SourceObject, slugs: Slugs) -> ImportedProduct:
    urn = source.text("entity")
    name = dataset_name(urn) or urn
    schema = source.object("schema")
    document = schema.object("json-schema")
    schema.discard("type")
    source.discard("version")
    required = set(document.texts("required"))
    members = document.object("properties")
    columns = [
        _column(name, members.object(name), is_required=name in required) for name in members.value
    ]
    rest = dict(source.rest())
    return build_product(
        SYSTEM,
        identifier=urn,
        name=name,
        slug=slugs.unique(name, f"{name}-{platform_of(urn)}"),
        tables=[_table(urn, columns)],
        extras=rest,
    )


def _table(urn: str, columns: list[JSONObject]) -> Table:
    name = dataset_name(urn)
    return Table(
        name=name,
        physical_name=name,
        port_type=platform_of(urn),
        description="",
        contract=table_contract(urn, name, name, columns),
    )


def _column(name: str, source: SourceObject, *, is_required: bool) -> JSONObject:
    kind = source.text("type")
    column = {
        "name": name[:300],
        "logicalType": kind if kind in _LOGICAL_TYPES else "",
        "physicalType": source.text("native_type")[:200],
        "description": source.text("description"),
        "required": is_required or None,
    }
    return {key: value for key, value in column.items() if value}


def _member(owner: SourceObject) -> JSONObject:
    member = {name: owner.text(key) for name, key in (("username", "id"), ("role", "type"))}
    return {key: text.rpartition(":")[2] for key, text in member.items() if text}
