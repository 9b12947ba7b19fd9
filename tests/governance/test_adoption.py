"""A contract that takes over the schema of its source: only what drifted changes."""

import json

import pytest

from catalog.contracts.services import save_contract
from governance.inspection.adoption import adopted_schema
from governance.inspection.declarations import table_name, tables_of
from governance.inspection.models import Inspection
from governance.inspection.schema_drift import find_drift
from governance.inspection.services import adopt_schema, inspect_port, inspection_summary
from governance.sandbox.types import ColumnProfile, TableProfile
from tests.factories import FACTORY, make_product, with_port, write_file


def column(name, logical="string", physical="", **more):
    return ColumnProfile(
        name=name, physical_type=physical or logical.upper(), logical_type=logical, **more
    )


def table(*columns, name="orders", **more):
    return TableProfile(name=name, rows=100, columns=columns, **more)


def adopted(schema, *tables, server=None, **options):
    return adopted_schema(schema, tables, server=server or {}, **options)


def drift_codes(schema, *tables, server=None):
    return {drift.code for drift in find_drift(tables_of(schema, server or {}), tables)}


def declared(*properties, **more):
    return [{"name": "orders", "properties": list(properties), **more}]


# The physical name


def test_a_column_is_compared_by_its_physical_name():
    schema = declared({"name": "Customer", "physicalName": "a", "logicalType": "string"})

    assert drift_codes(schema, table(column("a"))) == set()


def test_a_column_without_its_physical_name_in_the_source_is_missing_under_both_names():
    schema = declared({"name": "Customer", "physicalName": "a"})

    drifts = find_drift(tables_of(schema, {}), [table(column("b"))])

    assert [(drift.column, drift.code, drift.message) for drift in drifts] == [
        ("Customer", "column-missing", "Column not found in the source as a."),
        ("b", "column-undeclared", "Column not in the contract (STRING)."),
    ]


def test_adopting_keeps_a_column_with_a_physical_name_word_for_word():
    customer = {
        "name": "Customer",
        "physicalName": "a",
        "logicalType": "string",
        "description": "Who ordered.",
        "classification": "personal",
    }

    (result,) = adopted(declared(customer), table(column("a"), column("b", "integer")))

    assert result["properties"] == [
        customer,
        {"name": "b", "logicalType": "integer", "physicalType": "INTEGER"},
    ]


POSTGRES = {"type": "postgres", "database": "shop", "schema": "sales"}
NAMES = [
    ("orders", {}, "orders"),
    ("sales.orders", POSTGRES, "orders"),
    ("shop.sales.orders", POSTGRES, "orders"),
    ('"Sales"."Orders"', POSTGRES, "Orders"),
    ("other.orders", POSTGRES, "other.orders"),
    ("public.orders", {"type": "postgres", "database": "shop"}, "orders"),
    ("`shop`.`orders`", {"type": "mysql", "database": "shop"}, "orders"),
    ("[sales].[orders]", POSTGRES, "orders"),
    ("main.orders", {"type": "local", "path": "sales/shop.db"}, "orders"),
    ("orders.csv.gz", {"type": "local", "path": "sales/orders.csv.gz"}, "orders"),
    ("sales/orders.csv", {"type": "local", "path": "sales/orders.csv"}, "orders"),
    ("a.b", {"type": "local", "path": "sales/shop.db"}, "a.b"),
]


@pytest.mark.parametrize(("physical", "server", "name"), NAMES)
def test_a_table_is_found_with_or_without_its_schema_and_database(physical, server, name):
    assert table_name({"name": "Orders", "physicalName": physical}, server) == name


def test_a_qualified_table_among_others_does_not_drift():
    schema = [
        {"name": "Orders", "physicalName": "sales.orders", "properties": [{"name": "id"}]},
        {"name": "Items", "physicalName": "shop.sales.items", "properties": [{"name": "id"}]},
    ]
    observed = [table(column("id")), table(column("id"), name="items")]

    assert drift_codes(schema, *observed, server=POSTGRES) == set()
    assert [node["name"] for node in adopted(schema, *observed, server=POSTGRES)] == [
        "Orders",
        "Items",
    ]


PLACE = column(
    "place",
    "object",
    fields=(column("lat", "number"), column("label")),
)
TAGS = column("tags", "array", items=column("items", "object", fields=(column("code"),)))


def test_nested_columns_are_compared_by_their_physical_names_too():
    schema = declared(
        {
            "name": "Place",
            "physicalName": "place",
            "logicalType": "object",
            "properties": [
                {"name": "Latitude", "physicalName": "lat", "logicalType": "integer"},
                {"name": "gone"},
            ],
        },
        {
            "name": "tags",
            "logicalType": "array",
            "items": {"logicalType": "object", "properties": [{"name": "code"}, {"name": "old"}]},
        },
    )

    drifts = find_drift(tables_of(schema, {}), [table(PLACE, TAGS)])

    assert {(drift.column, drift.code) for drift in drifts} == {
        ("Place.Latitude", "type-changed"),
        ("Place.gone", "column-missing"),
        ("Place.label", "column-undeclared"),
        ("tags.old", "column-missing"),
    }


def test_adopting_reaches_nested_columns_and_keeps_their_words():
    schema = declared(
        {
            "name": "Place",
            "physicalName": "place",
            "logicalType": "object",
            "properties": [
                {"name": "Latitude", "physicalName": "lat", "description": "WGS 84."},
                {"name": "gone"},
            ],
        },
        {"name": "tags", "logicalType": "array", "items": {"logicalType": "object"}},
    )

    (result,) = adopted(schema, table(PLACE, TAGS))

    place, tags = result["properties"]
    assert place["properties"] == [
        {
            "name": "Latitude",
            "physicalName": "lat",
            "description": "WGS 84.",
            "logicalType": "number",
            "physicalType": "NUMBER",
        },
        {"name": "label", "logicalType": "string", "physicalType": "STRING"},
    ]
    assert tags == schema[0]["properties"][1]


# Only what drifted


FITTING = [
    ("number", column("a", "integer")),
    ("boolean", column("a", "integer", n_distinct=2)),
    ("object", column("a")),
    ("timestamp", column("a", "date")),
    ("integer", column("a", "")),
]


@pytest.mark.parametrize(("logical", "observed"), FITTING)
def test_a_type_that_the_source_satisfies_is_not_replaced(logical, observed):
    schema = declared({"name": "a", "logicalType": logical})

    assert drift_codes(schema, table(observed)) == set()
    assert adopted(schema, table(observed)) == schema


def test_a_type_that_drifted_is_replaced_and_nothing_else():
    schema = declared(
        {"name": "a", "logicalType": "integer", "physicalType": "int", "description": "Ours."},
        description="Ours too.",
        quality=[{"rule": "rowCount"}],
    )

    (result,) = adopted(schema, table(column("a", "string", "VARCHAR")))

    assert result == {
        **schema[0],
        "properties": [
            {
                "name": "a",
                "logicalType": "string",
                "physicalType": "VARCHAR",
                "description": "Ours.",
            }
        ],
    }


def test_a_column_that_is_gone_goes_and_one_that_was_not_looked_at_stays():
    schema = declared({"name": "a", "description": "First."}, {"name": "z", "description": "Last."})

    (complete,) = adopted(schema, table(column("a")))
    (cut,) = adopted(schema, table(column("a"), is_cut=True))

    assert [item["name"] for item in complete["properties"]] == ["a"]
    assert [item["name"] for item in cut["properties"]] == ["a", "z"]


def test_a_table_that_was_not_read_keeps_what_people_wrote():
    schema = [*declared({"name": "a"}), {"name": "other", "properties": [{"name": "b"}]}]
    unread = table(name="other", is_cut=True, reason="The user of the source may not read it.")

    result = adopted(schema, table(column("a", "integer")), unread)

    assert result[1] == schema[1]
    assert drift_codes(schema, table(column("a", "integer")), unread) == set()


def test_only_chosen_tables_are_added():
    observed = [table(column("a")), table(column("b"), name="items")]

    assert [node["name"] for node in adopted([], *observed, adds=["items"])] == ["items"]
    assert [node["name"] for node in adopted([], *observed)] == ["orders", "items"]


# A contract that can be saved


@pytest.fixture
def files(settings, tmp_path):
    settings.ASSAY_FILES_ROOT = tmp_path
    return tmp_path


def json_port(content):
    product = make_product()
    path = f"{product.domain.slug}/orders.json"
    port = with_port(product, path=path, format="json").output_ports.get()
    write_file(port.product.domain, content, "orders.json")
    return port


AWKWARD = {
    "a nested type of thousands of letters": [{"a": {f"member_{n}": n for n in range(400)}}],
    "a deep one": [json.loads('{"a":' * 40 + "1" + "}" * 40)],
    "arrays in arrays": [{"a": [[[1]]], "b": [{"c": [{"d": 1}]}]}],
    "a long name": [{"n" * 500: 1, " ": 2, "": 3}],
    "names that differ in case": [{"id": 1, "ID": 2}],
    "a control character": [{"a\x00b": 1, "tab\there": 2}],
    "no values": [{"a": None}],
    "mixed values": [{"a": 1}, {"a": "x"}, {"a": [1]}],
}


@pytest.mark.django_db
@pytest.mark.parametrize("content", AWKWARD.values(), ids=AWKWARD)
def test_whatever_a_file_holds_its_schema_can_be_saved_and_then_does_not_drift(files, content):
    port = json_port(json.dumps(content))

    inspection = inspect_port(port=port, actor=FACTORY)
    contract, _ = adopt_schema(port=port, edition=port.product.edition, actor=FACTORY)

    assert inspection.failure == ""
    assert contract.schema_objects.get().properties.exists()
    assert Inspection.objects.get(port=port).drifts == []


@pytest.mark.django_db
def test_values_are_allowed_by_the_name_that_the_source_has(files):
    port = with_port(make_product(assaySensitivity="public")).output_ports.get()
    write_file(port.product.domain, "a,b\nopen,secret\n")
    properties = [
        {"name": "b", "physicalName": "a"},
        {"name": "a", "physicalName": "b", "classification": "pii"},
    ]
    tree = port.port_contract.contract.tree | {
        "schema": [{"name": "orders", "properties": properties}]
    }
    _, product = save_contract(
        product=port.product, tree=tree, edition=port.product.edition, actor=FACTORY
    )

    inspection = inspect_port(port=product.output_ports.get(), actor=FACTORY)

    summary = json.dumps(inspection_summary(inspection))
    assert "open" in summary
    assert "secret" not in summary
    assert inspection.drifts == []
