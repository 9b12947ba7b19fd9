"""Files of other catalogs: DataHub, OpenMetadata, data.json and CKAN, each value read or kept."""

import json
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from catalog.exceptions import ValidationFailed
from catalog.issues import Issue
from catalog.manifests.formats import bitol_odps, ckan, data_json, datahub, odcs, openmetadata
from catalog.manifests.formats.registry import get_format
from catalog.manifests.formats.types import KEPT_FIELDS, Format, ImportedProduct, SourceFile
from catalog.manifests.import_report import ImportReport
from catalog.manifests.issues import ParseError
from catalog.manifests.plan import Action
from catalog.manifests.readers import Source, read_values
from catalog.manifests.services import import_manifests
from catalog.manifests.source_map import Document, SourcePosition
from catalog.products.models import DataProduct
from catalog.products.projection import custom
from catalog.types import JSONObject, JSONValue
from tests.factories import FACTORY, make_domain, make_users

SAMPLES = Path(__file__).parents[3] / "shared" / "samples"
FOLDERS = {
    "datahub": ("datahub",),
    "openmetadata": ("openmetadata",),
    "data-json": ("data-json", "ckan"),
}
ORDERS = "urn:li:dataset:(urn:li:dataPlatform:hive,shop.orders,PROD)"
CUSTOMERS = "urn:li:dataset:(urn:li:dataPlatform:hive,shop.customers,PROD)"


def read(known: Format, *values: JSONValue) -> list[ImportedProduct]:
    assert known.read is not None
    files = [SourceFile(name=f"{n}.json", values=(value,)) for n, value in enumerate(values)]
    return list(known.read(files))


def extras_of(product: ImportedProduct, name: str) -> JSONObject:
    return (custom(product.tree, KEPT_FIELDS) or {}).get(name, {})


def properties(product: ImportedProduct) -> dict[str, JSONObject]:
    (table,) = product.contracts[0]["schema"]
    return {column["name"]: column for column in table["properties"]}


def issues_of(error: pytest.ExceptionInfo[ValidationFailed]) -> list[tuple[str, str]]:
    return [(issue.location, issue.message) for issue in error.value.issues]


def proposal(urn: str, aspect: str, value: JSONValue, **members: Any) -> JSONObject:
    kind = urn.split(":")[2]
    body = {"entityType": kind, "entityUrn": urn, "aspectName": aspect, "changeType": "UPSERT"}
    return body | {"aspect": {"json": value}} | members


SCHEMA = {
    "fields": [
        {
            "fieldPath": "[version=2.0].[type=string].sex",
            "type": {"type": {"com.linkedin.schema.StringType": {}}},
            "nativeDataType": "varchar(1)",
            "nullable": False,
            "isPartOfKey": True,
            "globalTags": {"tags": [{"tag": "urn:li:tag:pii"}]},
            "glossaryTerms": {"terms": [{"urn": "urn:li:glossaryTerm:Classification.Sensitive"}]},
            "recursive": False,
        },
        {"fieldPath": "home", "type": {"type": {"x.RecordType": {}}}, "nativeDataType": "struct"},
        {"fieldPath": "home.city", "type": {"type": {"x.StringType": {}}}, "nativeDataType": "s"},
    ],
    "platformSchema": {"x.MySqlDDL": {"tableSchema": "create table"}},
}
PROPOSALS = [
    proposal(ORDERS, "datasetProperties", {"name": "Orders", "customProperties": {"a": "b"}}),
    proposal(ORDERS, "editableDatasetProperties", {"description": "All orders."}),
    proposal(ORDERS, "schemaMetadata", SCHEMA),
    proposal(ORDERS, "upstreamLineage", {"upstreams": [{"dataset": CUSTOMERS, "type": "COPY"}]}),
    proposal(ORDERS, "globalTags", {"tags": [{"tag": "urn:li:tag:pii"}]}),
    proposal(ORDERS, "glossaryTerms", {"terms": [{"urn": "urn:li:glossaryTerm:g1"}]}),
    proposal(ORDERS, "domains", {"domains": ["urn:li:domain:d1"]}),
    proposal(
        ORDERS, "ownership", {"owners": [{"owner": "urn:li:corpuser:jd", "type": "DATAOWNER"}]}
    ),
    proposal(ORDERS, "datasetProfile", {"fieldProfiles": [{"sampleValues": ["secret"]}]}),
    proposal(ORDERS, "status", {"removed": False}, systemMetadata={"runId": "r"}),
    proposal("urn:li:tag:pii", "tagProperties", {"name": "Personal"}),
    proposal("urn:li:glossaryTerm:g1", "glossaryTermInfo", {"name": "Order", "definition": "x"}),
    proposal("urn:li:domain:d1", "domainProperties", {"name": "Web Sales"}),
    proposal("urn:li:corpuser:jd", "corpUserInfo", {"displayName": "Jane Doe"}),
    {
        "entityType": "dataset",
        "entityUrn": CUSTOMERS,
        "aspectName": "datasetProperties",
        "aspect": {"value": '{"description": "People."}', "contentType": "application/json"},
    },
]


def test_datahub_datasets_become_products_with_port_contract_owners_tags_and_lineage():
    orders, customers = read(datahub.FORMAT, PROPOSALS)

    assert (orders.identifier, orders.tree["name"]) == (ORDERS, "Orders")
    assert orders.tree["description"] == {"purpose": "All orders."}
    assert orders.tree["tags"] == ["Personal", "Order"]
    assert orders.tree["domain"] == "web-sales"
    assert orders.tree["team"]["members"] == [
        {"username": "jd", "name": "Jane Doe", "role": "DATAOWNER"}
    ]
    (port,) = orders.tree["outputPorts"]
    assert (port["contractId"], port["type"]) == (ORDERS, "hive")
    (upstream,) = orders.tree["inputPorts"]
    assert upstream["contractId"] == customers.contracts[0]["id"] == CUSTOMERS
    assert customers.tree["description"] == {"purpose": "People."}


def test_datahub_columns_have_types_keys_classes_and_nesting():
    orders, _ = read(datahub.FORMAT, PROPOSALS)
    columns = properties(orders)

    assert columns["sex"]["logicalType"] == "string"
    assert columns["sex"]["physicalType"] == "varchar(1)"
    assert columns["sex"]["primaryKey"] is columns["sex"]["required"] is True
    assert (columns["sex"]["tags"], columns["sex"]["classification"]) == (
        ["Personal"],
        "Sensitive",
    )
    assert [inner["name"] for inner in columns["home"]["properties"]] == ["city"]


def test_what_datahub_says_beyond_that_is_kept_but_for_values_of_the_data():
    orders, _ = read(datahub.FORMAT, PROPOSALS)
    extras = extras_of(orders, "datahub")

    assert extras["/0/aspect/json/customProperties"] == {"a": "b"}
    assert extras["/2/aspect/json/fields/0/recursive"] is False
    assert extras["/3/aspect/json/upstreams/0/type"] == "COPY"
    assert "secret" not in json.dumps(extras)
    losses = {loss.location: loss.message for loss in orders.losses}
    assert "values of the data" in losses["/8/aspect/json"]
    assert any("glossaryTerm (1" in message for message in losses.values())


def test_a_data_product_of_datahub_exposes_its_output_ports_and_the_rest_are_products():
    assets = [
        {"destinationUrn": ORDERS, "outputPort": True},
        {"destinationUrn": CUSTOMERS, "outputPort": False},
    ]
    shop = proposal(
        "urn:li:dataProduct:shop", "dataProductProperties", {"name": "Shop", "assets": assets}
    )
    product, customers = read(datahub.FORMAT, [shop, *PROPOSALS])

    assert product.tree["name"] == "Shop"
    assert [port["contractId"] for port in product.tree["outputPorts"]] == [ORDERS]
    assert [port["contractId"] for port in product.tree["inputPorts"]] == [CUSTOMERS]
    assert customers.identifier == CUSTOMERS


def test_snapshots_patches_and_yaml_of_datahub_are_read_alike():
    snapshot = {
        "proposedSnapshot": {
            "com.linkedin.pegasus2avro.metadata.snapshot.DatasetSnapshot": {
                "urn": ORDERS,
                "aspects": [{"com.linkedin.x.DatasetProperties": {"description": "Snapped."}}],
            }
        }
    }
    operations = [
        {"op": "add", "path": "/name", "value": "Patched"},
        {"op": "add", "path": f"/assets/{ORDERS}", "value": {"destinationUrn": ORDERS}},
    ]
    patch = proposal("urn:li:dataProduct:p", "dataProductProperties", operations)
    patch["changeType"] = "PATCH"
    document = {"id": "pets", "display_name": "Pets", "assets": [ORDERS, "urn:li:dashboard:(x,1)"]}

    assert read(datahub.FORMAT, [snapshot])[0].tree["description"]["purpose"] == "Snapped."
    assert read(datahub.FORMAT, [patch])[0].tree["name"] == "Patched"
    (pets,) = read(datahub.FORMAT, document)
    assert pets.identifier == "urn:li:dataProduct:pets"
    assert extras_of(pets, "datahub") == {"/assets": ["urn:li:dashboard:(x,1)"]}


@pytest.mark.parametrize(
    ("value", "location", "message"),
    [
        ([proposal(ORDERS, "status", {}), 7], "/1", "must be an object"),
        ([proposal(ORDERS, "status", {}) | {"entityUrn": 3}], "/0/entityUrn", "needs the text"),
        ([proposal("orders:x:y", "status", {})], "/0", "is no URN"),
        ([proposal(ORDERS, "status", {}) | {"aspect": 1}], "/0/aspect", "needs its value"),
        ([proposal(ORDERS, "s", {}) | {"aspect": {"value": "{"}}], "/0/aspect/value", "Invalid"),
        ([proposal("urn:li:chart:(x,1)", "status", {})], "", "holds no dataset"),
        ({"version": 1, "nodes": []}, "", "holds no product"),
    ],
)
def test_an_invalid_file_of_datahub_is_refused_with_place_and_rule(
    value: JSONValue, location: str, message: str
):
    with pytest.raises(ValidationFailed) as error:
        read(datahub.FORMAT, value)

    assert issues_of(error)[0][0] == location
    assert message in issues_of(error)[0][1]


TABLE = {
    "name": "orders",
    "displayName": "Orders",
    "fullyQualifiedName": 'shop.db.public."web.orders"',
    "description": "All orders.",
    "owners": [{"name": "jd", "displayName": "Jane Doe", "type": "user"}],
    "domain": {"name": "Web Sales", "type": "domain"},
    "tags": [
        {"tagFQN": "Tier.Tier1", "source": "Classification"},
        {"tagFQN": "Shop.Order", "source": "Glossary"},
    ],
    "columns": [
        {
            "name": "sex",
            "dataType": "VARCHAR",
            "dataLength": 1,
            "dataTypeDisplay": "varchar(1)",
            "constraint": "NOT_NULL",
            "tags": [{"tagFQN": "PII.Sensitive", "source": "Classification"}],
            "profile": {"max": "secret"},
        },
        {"name": "tags", "dataType": "ARRAY", "arrayDataType": "STRING"},
        {
            "name": "home",
            "dataType": "STRUCT",
            "children": [{"name": "city", "dataType": "STRING"}],
        },
    ],
    "tableConstraints": [{"constraintType": "PRIMARY_KEY", "columns": ["sex"]}],
    "sampleData": {"rows": [["secret"]]},
    "usageSummary": {"daily": 3},
}


def test_openmetadata_tables_become_products():
    (orders,) = read(openmetadata.FORMAT, {"tables": [TABLE]})
    columns = properties(orders)

    assert (orders.identifier, orders.tree["name"]) == (TABLE["fullyQualifiedName"], "Orders")
    assert orders.tree["tags"] == ["Tier.Tier1", "Shop.Order"]
    assert orders.tree["domain"] == "web-sales"
    assert orders.tree["team"]["members"][0]["username"] == "jd"
    assert columns["sex"]["classification"] == "PII.Sensitive"
    assert columns["sex"]["logicalTypeOptions"] == {"maxLength": 1}
    assert (columns["sex"]["primaryKey"], columns["sex"]["required"]) == (True, True)
    assert columns["tags"]["items"] == {"logicalType": "string"}
    assert columns["home"]["properties"][0]["name"] == "city"
    assert extras_of(orders, "openmetadata")["/tables/0/usageSummary"] == {"daily": 3}


def test_values_of_the_data_in_openmetadata_are_reported_and_not_kept():
    (orders,) = read(openmetadata.FORMAT, {"tables": [TABLE]})

    assert "secret" not in json.dumps([orders.tree, orders.contracts])
    assert {loss.location for loss in orders.losses} == {
        "/tables/0/sampleData",
        "/tables/0/columns/0/profile",
    }


def test_lineage_of_openmetadata_goes_through_pipelines_and_ends_at_itself():
    raw = {"name": "raw", "fullyQualifiedName": "shop.db.public.raw", "columns": []}
    ends = [
        ("shop.db.public.raw", "table", "etl.load", "pipeline"),
        ("etl.load", "pipeline", "etl.clean", "pipeline"),
        ("etl.clean", "pipeline", TABLE["fullyQualifiedName"], "table"),
        (TABLE["fullyQualifiedName"], "table", "etl.load", "pipeline"),
    ]
    edges = [{"from": {"fqn": a, "type": b}, "to": {"fqn": c, "type": d}} for a, b, c, d in ends]
    orders, _raw = read(openmetadata.FORMAT, {"tables": [TABLE, raw]}, edges)

    assert [port["contractId"] for port in orders.tree["inputPorts"]] == ["shop.db.public.raw"]


def test_topics_have_the_fields_of_their_avro_schema():
    text = json.dumps(
        {
            "type": "record",
            "name": "E",
            "fields": [
                {"name": "id", "type": "long"},
                {"name": "note", "type": ["null", "string"], "doc": "Free text."},
            ],
        }
    )
    topic = {"name": "events", "schemaType": "Avro", "schemaText": text, "partitions": 3}
    (events,) = read(openmetadata.FORMAT, {"topics": [topic]})
    columns = properties(events)

    assert (columns["id"]["logicalType"], columns["id"]["required"]) == ("integer", True)
    assert columns["note"]["description"] == "Free text."
    assert extras_of(events, "openmetadata") == {"/topics/0/partitions": 3}


def test_files_of_openmetadata_without_tables_are_refused_by_what_they_are():
    for value, what in (
        ({"users": []}, "users"),
        ([{"from": {"fqn": "a"}, "to": {"fqn": "b"}}], "lineage"),
        ({"tables": [{"description": "no name"}]}, "must be an object with a name"),
    ):
        with pytest.raises(ValidationFailed) as error:
            read(openmetadata.FORMAT, value)
        assert what in issues_of(error)[0][1]


DATASET = {
    "@type": "dcat:Dataset",
    "identifier": "https://doi.org/10.1/x",
    "title": "Widgets",
    "description": "Production of widgets.",
    "keyword": ["widget"],
    "theme": [{"prefLabel": "Industry"}],
    "publisher": {"@type": "org:Organization", "name": "Widget Office"},
    "contactPoint": {"fn": "Jane Doe", "hasEmail": "mailto:jane@example.org"},
    "license": "https://creativecommons.org/publicdomain/zero/1.0/",
    "accessLevel": "public",
    "temporal": "2010/2020",
    "landingPage": "https://example.org/widgets",
    "bureauCode": ["018:10"],
    "distribution": [
        {"title": "widgets.csv", "mediaType": "text/csv", "downloadURL": "https://example.org/w"},
        {"title": "Widgets API", "format": "API", "accessURL": "https://example.org/api"},
    ],
}


def test_datasets_of_data_json_become_products():
    (widgets,) = read(data_json.FORMAT, {"dataset": [DATASET]})
    tree = widgets.tree

    assert (widgets.identifier, tree["name"]) == (DATASET["identifier"], "Widgets")
    assert tree["tags"] == ["widget", "Industry"]
    assert tree["team"] == {"name": "Widget Office"}
    assert tree["support"] == [{"channel": "Jane Doe", "url": "mailto:jane@example.org"}]
    assert custom(tree, "license") == DATASET["license"]
    assert custom(tree, "assaySensitivity") == "public"
    assert custom(tree, "assayProvenance")["answers"]["period"]["text"] == "2010/2020"
    assert extras_of(widgets, "data-json")["/dataset/0/bureauCode"] == ["018:10"]
    servers = {server["server"]: server for server in widgets.contracts[0]["servers"]}
    assert [port["name"] for port in tree["outputPorts"]] == list(servers)
    assert servers["widgets.csv"]["location"] == "https://example.org/w"
    assert {server["type"] for server in servers.values()} == {"custom"}


def test_a_dataset_without_identifier_is_alone_in_being_refused():
    first, second = read(data_json.FORMAT, {"dataset": [{"title": "Nameless"}, DATASET]})

    assert [issue.location for issue in first.issues] == ["/dataset/0/identifier"]
    assert second.issues == ()
    schema = {"$schema": "x", "properties": {"a": {}}}
    for value, place in (({"dataset": {}}, "/dataset"), (schema, "")):
        with pytest.raises(ValidationFailed) as error:
            read(data_json.FORMAT, value)
        assert issues_of(error)[0][0] == place


def test_datasets_of_ckan_and_data_packages_become_products():
    package = {
        "id": "c1",
        "name": "taxi",
        "title": "Taxi rides",
        "notes": "Rides by month.",
        "license_id": "cc-by",
        "private": False,
        "organization": {"title": "Ministry"},
        "tags": [{"display_name": "transport"}],
        "extras": [{"key": "a", "value": "b"}],
        "resources": [{"name": "rides", "format": "CSV", "url": "https://example.org/rides"}],
    }
    field = {"name": "id", "type": "integer", "constraints": {"required": True}}
    frictionless = {
        "name": "pack",
        "resources": [{"name": "t", "path": "t.csv", "schema": {"fields": [field]}}],
    }
    (taxi,) = read(ckan.FORMAT, {"success": True, "result": {"results": [package]}})
    (pack,) = read(ckan.FORMAT, frictionless)

    assert (taxi.identifier, taxi.tree["name"]) == ("c1", "Taxi rides")
    assert (taxi.tree["tags"], custom(taxi.tree, "license")) == (["transport"], "cc-by")
    assert extras_of(taxi, "ckan")["/result/results/0/extras"] == package["extras"]
    assert properties(pack)["id"]["required"] is True


@pytest.mark.parametrize(
    ("known", "value"),
    [
        (datahub.FORMAT, PROPOSALS),
        (openmetadata.FORMAT, {"tables": [TABLE]}),
        (data_json.FORMAT, {"dataset": [DATASET]}),
    ],
    ids=lambda known: known.name if isinstance(known, Format) else "",
)
def test_every_value_of_a_source_is_in_the_documents_kept_or_lost(known: Format, value: JSONValue):
    products = read(known, value)
    text = json.dumps([[one.tree, one.contracts] for one in products])
    places = [loss.location for one in products for loss in one.losses]

    missing = [
        pointer
        for pointer, leaf in leaves(value)
        if not any(place and pointer.startswith(place) for place in places)
        and json.dumps(leaf).strip('"').casefold() not in text.casefold()
        and pointer not in text
    ]
    assert [place for place in missing if not is_implied(place)] == []


def leaves(value: JSONValue, pointer: str = "") -> list[tuple[str, JSONValue]]:
    items: list[tuple[str, JSONValue]] = []
    if isinstance(value, dict):
        items = [(key, item) for key, item in value.items()]
    elif isinstance(value, list):
        items = [(str(n), item) for n, item in enumerate(value)]
    if not items:
        return [(pointer, value)]
    return [leaf for key, item in items for leaf in leaves(item, f"{pointer}/{key}")]


def is_implied(pointer: str) -> bool:
    """Return True for what says how to read the rest: kinds, paths and types that were mapped."""
    marks = ("/entityType", "/aspectName", "/changeType", "/contentType", "@type", "/removed")
    mapped = ("/fieldPath", "Type", "/constraint", "/source", "/domains/0", "systemMetadata")
    words = (*marks, *mapped, "/aspect/value", "/tags/", "/accessLevel", "owner", "/definition")
    return any(word in pointer for word in words)


@pytest.mark.slow
def test_products_of_one_name_get_addresses_of_their_own_in_linear_time():
    started = time.monotonic()
    tables = [{"name": "t", "fullyQualifiedName": f"x{n}.t", "columns": []} for n in range(5000)]
    products = read(openmetadata.FORMAT, {"tables": tables})

    assert time.monotonic() - started < 20
    slugs = [custom(one.tree, "assaySlug") or "t" for one in products]
    assert len(set(slugs)) == len(slugs)


def outcome(path: Path, names: tuple[str, ...]) -> tuple[str, list[Issue]]:
    """Return what becomes of a sample: lossless, with losses, or refused, and why."""
    try:
        values = tuple(
            value.tree
            for value in read_values(path.read_bytes(), name=path.name, max_bytes=64 * 2**20)
        )
        known = next((f for f in map(get_format, names) if f.detects(values[0])), None)
        if known is None or known.read is None:
            return "refused: no format claims it", []
        products = list(known.read([SourceFile(name=path.name, values=values)]))
    except ParseError as error:
        return f"refused: {error.issue.message}", []
    except ValidationFailed as error:
        return f"refused: {error.issues[0].message}", []
    assert products
    issues = [issue for product in products for issue in document_issues(product)]
    losses = sum(len(product.losses) for product in products)
    return ("with losses" if losses else "lossless"), issues


def document_issues(product: ImportedProduct) -> list[Issue]:
    """Return what our own schemas find wrong with the documents of a product."""
    tree = {"version": "1.0.0", "status": "draft"} | product.tree | {"domain": "sales"}
    parsed = [bitol_odps.parse(Document("x", tree, SourcePosition(1, 1)))]
    contracts = [odcs.parse(Document("x", c, SourcePosition(1, 1))) for c in product.contracts]
    broken = [issue for document in (*parsed, *contracts) for issue in document.issues]
    return [*product.issues, *(issue for issue in broken if issue.is_error)]


def test_every_sample_is_imported_or_refused_with_a_reason(capsys: pytest.CaptureFixture[str]):
    if not SAMPLES.is_dir():
        pytest.skip(f"{SAMPLES} is not there")
    lines = []
    for folder, names in FOLDERS.items():
        results: Counter[str] = Counter()
        for path in sorted((SAMPLES / folder).rglob("*")):
            if path.is_file() and path.suffix != ".md":
                result, issues = outcome(path, names)
                assert issues == [], path
                results[result] += 1
        lines += [f"{folder:13} {count:3} {result}" for result, count in results.most_common()]
        assert results["lossless"] + results["with losses"] >= 2, folder
    with capsys.disabled():
        print("\n" + "\n".join(lines))


def bring(content: JSONValue, **options: Any) -> ImportReport:
    text = json.dumps(content).encode()
    sources = [Source("datahub.json", lambda: text)]
    results = import_manifests(sources=sources, actor=FACTORY, default_domain="sales", **options)
    return ImportReport.of(results)


@pytest.mark.django_db
def test_an_import_makes_drafts_whose_lineage_is_linked_and_changes_nothing_again():
    make_users(make_domain("sales"))
    make_domain("web-sales")

    first, again = bring(PROPOSALS), bring(PROPOSALS)

    assert [result.action for result in first.results] == [Action.CREATE, Action.CREATE]
    assert [result.action for result in again.results] == [Action.NONE, Action.NONE]
    orders, customers = DataProduct.objects.order_by("name")
    assert (orders.status, orders.domain.slug, customers.domain.slug) == (
        "draft",
        "web-sales",
        "sales",
    )
    assert orders.input_ports.get().source == customers
