"""dbt's artifacts become products with ports, contracts, quality rules and service levels."""

import time

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.exceptions import ValidationFailed
from catalog.manifests.formats import bitol_odps, dbt, odcs
from catalog.manifests.formats.dbt.contracts import logical_type
from catalog.manifests.formats.dbt.products import read_by_group, read_by_model
from catalog.manifests.formats.types import ImportedProduct, SourceFile
from catalog.manifests.import_report import ImportReport
from catalog.manifests.plan import Action
from catalog.manifests.readers import Source
from catalog.manifests.services import import_manifests
from catalog.manifests.source_map import Document, SourcePosition
from catalog.ports.models import InputPort
from catalog.products.models import DataProduct
from catalog.products.projection import custom
from catalog.types import JSONObject, JSONValue
from tests.factories import FACTORY, make_domain

FILES = ("/srv/manifest.json", "/srv/catalog.json", "/srv/run_results.json")
SCHEMA = "https://schemas.getdbt.com/dbt/{}/v{}.json"


def model(name: str, *reads: str, package: str = "shop", **members: JSONValue) -> JSONObject:
    node = {"resource_type": "model", "name": name, "package_name": package, "schema": "main"}
    return (
        node
        | {"unique_id": f"model.{package}.{name}", "depends_on": {"nodes": list(reads)}}
        | members
    )


def source(table: str, **members: JSONValue) -> JSONObject:
    node = {"resource_type": "source", "name": table, "source_name": "erp", "package_name": "shop"}
    return node | {"unique_id": f"source.shop.erp.{table}"} | members


def check_of(target: str, name: str, column: str = "", **members: JSONValue) -> JSONObject:
    metadata = {"name": name, "kwargs": {"column_name": column, **members.pop("kwargs", {})}}
    node = {"resource_type": "test", "name": f"{name}_{target}", "test_metadata": metadata}
    node |= {"unique_id": f"test.shop.{name}_{target}_{column}", "column_name": column}
    return node | {"attached_node": target, "depends_on": {"nodes": [target]}} | members


def manifest(*nodes: JSONObject, version: int = 12, **sections: JSONValue) -> JSONObject:
    by_id = {node["unique_id"]: node for node in nodes}
    return {
        "metadata": {
            "dbt_schema_version": SCHEMA.format("manifest", version),
            "project_name": "shop",
            "adapter_type": "postgres",
        },
        "nodes": {key: node for key, node in by_id.items() if node["resource_type"] != "source"},
        "sources": {key: node for key, node in by_id.items() if node["resource_type"] == "source"},
        **sections,
    }


def read(*values: JSONValue, by: object = read_by_group) -> dict[str, ImportedProduct]:
    files = [
        SourceFile(name=name, values=(value,)) for name, value in zip(FILES, values, strict=False)
    ]
    return {product.identifier: product for product in by(files)}  # type: ignore[operator]


def ports(product: ImportedProduct, key: str = "outputPorts") -> list[str]:
    return [port["name"] for port in product.tree.get(key, ())]


def columns(product: ImportedProduct) -> dict[str, JSONObject]:
    [contract] = product.contracts
    return {column["name"]: column for column in contract["schema"][0]["properties"]}


def test_a_product_serves_what_is_public_contracted_or_read_by_others():
    nodes = [
        model("staging", "source.shop.erp.orders"),
        model("orders", "model.shop.staging", access="public"),
        model("agreed", "model.shop.staging", config={"contract": {"enforced": True}}),
        model("shown", "model.shop.staging"),
        model("inner", "model.shop.orders", group="finance"),
        model("report", "model.shop.inner", group="finance"),
        source("orders"),
    ]
    exposure = {"resource_type": "exposure", "name": "board", "type": "dashboard", "label": "Board"}
    exposure |= {"depends_on": {"nodes": ["model.shop.shown"]}, "url": "https://bi.example/1"}
    owner = {"name": "Finance", "email": "finance@example.org"}
    group = {"name": "finance", "resource_type": "group", "package_name": "shop", "owner": owner}

    products = read(
        manifest(
            *nodes,
            exposures={"exposure.shop.board": exposure},
            groups={"group.shop.finance": group},
        )
    )

    assert sorted(products) == ["group.shop.finance", "package.shop", "source.shop.erp"]
    shop, finance = products["package.shop"], products["group.shop.finance"]
    assert ports(shop) == ["orders", "agreed", "shown"]
    assert ports(shop, "inputPorts") == ["erp.orders"]
    assert custom(shop.tree, "assayUsedIn") == [
        {"title": "Board", "kind": "dashboard", "url": "https://bi.example/1"}
    ]
    assert ports(finance) == ["report"]
    assert finance.tree["inputPorts"] == [
        {"name": "orders", "version": "1.0.0", "contractId": "model.shop.orders"}
    ]
    assert finance.tree["team"]["name"] == "Finance"
    assert [loss.location for loss in finance.losses] == ["/nodes/model.shop.inner"]


def test_by_model_each_served_model_is_a_product_with_its_inputs_through_the_others():
    nodes = [
        model("staging", "source.shop.erp.orders"),
        model("orders", "model.shop.staging", access="public"),
        model("report", "model.shop.orders", access="public"),
        source("orders"),
    ]

    products = read(manifest(*nodes), by=read_by_model)

    assert ports(products["model.shop.orders"], "inputPorts") == ["erp.orders"]
    assert ports(products["model.shop.report"], "inputPorts") == ["orders"]


def test_models_of_installed_packages_are_products_only_if_they_are_read():
    nodes = [
        model("runs", package="elementary"),
        model("dates", package="calendar"),
        model("orders", "model.calendar.dates"),
    ]

    products = read(manifest(*nodes))

    assert sorted(products) == ["package.calendar", "package.shop"]
    losses = [loss.location for product in products.values() for loss in product.losses]
    assert losses.count("/nodes/model.elementary.runs") == 1


def test_versions_of_a_model_are_versions_of_a_port():
    nodes = [
        model("orders", access="public", version=number, unique_id=f"model.shop.orders.v{number}")
        for number in (1, 2)
    ]

    [product] = read(manifest(*nodes)).values()

    keys = [(port["version"], port["contractId"]) for port in product.tree["outputPorts"]]
    assert keys == [("1.0.0", "model.shop.orders.v1"), ("2.0.0", "model.shop.orders.v2")]


def test_columns_have_the_types_of_the_catalog_and_the_words_of_the_manifest():
    documented = {
        "id": {"name": "id", "description": "The key.", "constraints": [{"type": "primary_key"}]},
        "mail": {"name": "mail", "meta": {"contains_pii": True, "owner": "x"}, "tags": ["gdpr"]},
        "gone": {"name": "gone", "data_type": "date"},
    }
    nodes = [
        model("orders", columns=documented, constraints=[{"type": "check", "expression": "a>0"}])
    ]
    listed = {
        "MAIL": {"name": "MAIL", "type": "character varying(20)", "index": 2},
        "ID": {"name": "ID", "type": "NUMBER(38,0)", "index": 1},
    }
    catalog = {
        "metadata": {"dbt_schema_version": SCHEMA.format("catalog", 1)},
        "nodes": {"model.shop.orders": {"metadata": {"type": "VIEW"}, "columns": listed}},
    }

    [product] = read(manifest(*nodes), catalog).values()

    listed_columns = columns(product)
    assert list(listed_columns) == ["id", "mail", "gone"]
    assert listed_columns["id"] == {
        "name": "id",
        "physicalName": "ID",
        "logicalType": "number",
        "physicalType": "NUMBER(38,0)",
        "description": "The key.",
        "primaryKey": True,
    }
    assert listed_columns["mail"]["classification"] == "pii"
    assert listed_columns["mail"]["tags"] == ["gdpr"]
    remaining = custom(listed_columns["mail"], "assayKeptFields")["dbt"]
    assert remaining["/nodes/model.shop.orders/columns/mail/meta"] == {
        "contains_pii": True,
        "owner": "x",
    }
    [table] = product.contracts[0]["schema"]
    assert table["physicalType"] == "view"
    assert table["quality"][0]["implementation"] == '{"constraint": "check", "expression": "a>0"}'


def test_tests_are_rules_of_the_standard_where_they_say_the_same():
    target = "model.shop.orders"
    nodes = [
        model("orders", columns={"id": {"name": "id"}}),
        check_of(target, "not_null", "id"),
        check_of(target, "unique", "id", config={"severity": "warn"}),
        check_of(target, "accepted_values", "id", kwargs={"values": ["a", "b"]}),
        check_of(target, "not_null", "other", config={"where": "x = 1"}),
    ]

    [product] = read(manifest(*nodes)).values()

    rules = columns(product)["id"]["quality"]
    assert [(rule["metric"], rule["severity"]) for rule in rules] == [
        ("nullValues", "error"),
        ("duplicateValues", "warn"),
        ("invalidValues", "error"),
    ]
    assert rules[2]["arguments"] == {"validValues": ["a", "b"]}
    [unlisted] = product.contracts[0]["schema"][0]["quality"]
    assert (unlisted["type"], unlisted["engine"]) == ("custom", "dbt")
    assert '"where": "x = 1"' in unlisted["implementation"]


def test_an_older_test_of_references_belongs_to_the_model_that_it_is_written_at():
    reference = check_of(
        "", "relationships", "customer_id", kwargs={"model": "{{ ref('orders') }}"}
    )
    reference["depends_on"] = {"nodes": ["model.shop.orders", "model.shop.customers"]}
    nodes = [model("customers", access="public"), model("orders", access="public"), reference]

    [product] = read(manifest(*nodes, version=4)).values()

    by_name = {contract["name"]: contract["schema"][0] for contract in product.contracts}
    assert "quality" in by_name["orders"]
    assert "quality" not in by_name["customers"]


def test_the_freshness_of_a_source_is_a_service_level():
    freshness = {"error_after": {"count": 24, "period": "hour"}, "warn_after": {"count": None}}
    nodes = [source("orders", freshness=freshness, loaded_at_field="loaded_at")]

    [product] = read(manifest(*nodes)).values()

    [level] = product.contracts[0]["slaProperties"]
    assert (level["property"], level["value"], level["unit"]) == ("freshness", 24, "hour")
    assert level["element"] == "orders.loaded_at"


def test_run_results_and_sizes_are_losses_because_they_state_no_objective():
    catalog = {"metadata": {"dbt_schema_version": SCHEMA.format("catalog", 1)}, "nodes": {}}
    run = {
        "metadata": {
            "dbt_schema_version": SCHEMA.format("run-results", 6),
            "generated_at": "2026-03-12T05:46:46Z",
        },
        "results": [{"status": "pass"}, {"status": "fail"}],
    }

    [product] = read(manifest(model("orders")), catalog, run).values()

    messages = {loss.location: loss.message for loss in product.losses}
    assert (
        "2 results of the run of 2026-03-12, 1 of them"
        in messages["/srv/run_results.json#/results"]
    )
    assert "/srv/catalog.json#/nodes" in messages
    assert "/srv/manifest.json#/nodes" in messages


@pytest.mark.parametrize(
    ("values", "location"),
    [
        ([{"metadata": {"dbt_schema_version": SCHEMA.format("catalog", 1)}}], "/metadata"),
        ([manifest(version=3)], "/srv/manifest.json#/metadata/dbt_schema_version"),
        ([manifest(), manifest()], "/srv/catalog.json#/metadata"),
        ([{"nodes": {}}], "/srv/manifest.json#/metadata/dbt_schema_version"),
        ([manifest() | {"nodes": []}], "/srv/manifest.json#/nodes"),
    ],
)
def test_what_is_no_project_of_a_known_version_is_refused_at_its_place(values, location):
    with pytest.raises(ValidationFailed) as refused:
        read(*values)

    assert [issue.location for issue in refused.value.issues] == [location]


def test_a_newer_manifest_is_read_with_a_warning():
    [product] = read(manifest(model("orders"), version=13)).values()

    assert [issue.code for issue in product.issues] == ["newer"]


WRONG = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2)
    ),
    max_leaves=4,
)
MEMBERS = st.sampled_from(
    "resource_type name package_name depends_on config columns tags meta group access contract "
    "constraints version freshness description schema alias primary_key test_metadata "
    "attached_node column_name materialized".split()
)


@settings(max_examples=60, deadline=None)
@given(wrong=st.dictionaries(MEMBERS, WRONG, max_size=4))
def test_members_of_wrong_types_never_fail_the_import(wrong):
    nodes = [
        model("orders") | wrong,
        model("customers", "model.shop.orders"),
        check_of("model.shop.orders", "not_null", "id") | wrong,
        source("raw") | wrong,
    ]
    for index, node in enumerate(nodes):
        node["unique_id"] = f"node.{index}"
    for by in (read_by_group, read_by_model):
        for product in read(manifest(*nodes), by=by).values():
            bitol_odps.parse(Document("x", product.tree, SourcePosition(0, 0)))
            for contract in product.contracts:
                odcs.parse(Document("x", contract, SourcePosition(0, 0)))


@pytest.mark.parametrize(
    ("physical", "logical"),
    [
        ("VARCHAR", "string"),
        ("character varying(20)", "string"),
        ("INT64", "integer"),
        ("BIGINT", "integer"),
        ("NUMERIC(38, 9)", "number"),
        ("DOUBLE PRECISION", "number"),
        ("TIMESTAMP WITH TIME ZONE", "timestamp"),
        ("DATE", "date"),
        ("ARRAY<STRING>", "array"),
        ("INTEGER[]", "array"),
        ("STRUCT<a INT64>", "object"),
        ("BOOL", "boolean"),
        ("interval", ""),
        ("GEOGRAPHY", ""),
        ("", ""),
    ],
)
def test_types_of_warehouses_have_logical_types(physical, logical):
    assert logical_type(physical) == logical


def bring(paths, chosen=None) -> ImportReport:
    sources = [Source(path.name, path.read_bytes) for path in paths]
    results = import_manifests(
        sources=sources, actor=FACTORY, default_domain="sales", chosen=chosen
    )
    return ImportReport.of(results)


@pytest.mark.django_db
def test_every_manifest_of_the_samples_is_imported_or_refused_with_a_reason(shared_folder):
    make_domain("sales")
    outcomes = {}
    for path in sorted((shared_folder / "samples/dbt").rglob("manifest*.json")):
        report = bring([path])
        problems = [str(issue) for issue in report.all_issues if issue.is_error]
        outcomes[path.relative_to(shared_folder / "samples/dbt").as_posix()] = problems

    refused = {name: problems for name, problems in outcomes.items() if problems}
    assert set(refused) == {
        "manifest/v1/jaffle_shop/manifest.json",
        "openlineage-tests/test/manifest.json",
    }
    assert all("is not read" in problems[0] for problems in refused.values())
    assert len(outcomes) == 10


@pytest.mark.django_db
def test_a_project_is_imported_whole_and_again_without_a_change(shared_folder):
    make_domain("sales")
    samples = shared_folder / "samples/dbt"
    paths = [
        samples / "manifest/v12/jaffle_shop/manifest_1.10.json",
        samples / "catalog/v1/jaffle_shop/catalog_1.11.json",
        samples / "run_results/v6/jaffle_shop/run_results_1.11.json",
    ]

    first, again = bring(paths), bring(paths)

    assert [result.action for result in first.results] == [Action.CREATE] * 2
    assert [result.action for result in again.results] == [Action.NONE] * 2
    assert [str(issue) for issue in first.all_issues] == []
    shop = DataProduct.objects.get(document_id="package.jaffle_shop")
    inputs = InputPort.objects.filter(product=shop).select_related("source")
    assert {port.source.document_id for port in inputs} == {"source.jaffle_shop.ecom"}


def test_a_large_manifest_is_read_in_time_in_proportion_to_its_size():
    def project(size: int) -> JSONObject:
        columns = {f"c{index}": {"name": f"c{index}", "data_type": "int"} for index in range(20)}
        nodes = [
            model(f"m{index}", f"model.shop.m{index - 1}", columns=columns, raw_code="x" * 500)
            for index in range(size)
        ]
        tests = [check_of(node["unique_id"], "not_null", "c1") for node in nodes]
        return manifest(*nodes, *tests)

    def seconds(size: int) -> float:
        value = project(size)
        start = time.process_time()
        read(value)
        return time.process_time() - start

    seconds(10)
    assert seconds(4_000) < 20 * max(seconds(400), 0.05)


def test_only_artifacts_of_dbt_are_detected():
    assert dbt.FORMAT.detects(manifest())
    assert not dbt.FORMAT.detects({"metadata": {"dbt_schema_version": SCHEMA.format("sources", 3)}})
    assert not dbt.BY_MODEL.detects(manifest())
    assert orjson.dumps(manifest())
