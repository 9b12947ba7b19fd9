"""Columns of a contract edited by hand: every field, nested ones, arrays and maps, terms."""

import pytest

from catalog.contracts.columns import (
    LOGICAL_TYPES,
    apply_edits,
    find_column,
    iter_columns,
    move_column,
    set_fields,
)
from catalog.glossary.services import define_term
from catalog.manifests.formats.odcs import published_schema
from catalog.products.json_diff import make_patch
from tests.factories import FACTORY, give_schema, make_domain, make_product, make_users, with_port
from tests.forms import read_page

TABLE = {
    "name": "t",
    "properties": [
        {"name": "id", "required": False, "description": "one\ntwo"},
        {"name": "tags", "logicalType": "array", "items": {"logicalType": "string"}},
        {
            "name": "pairs",
            "logicalType": "map",
            "map": {
                "key": {"logicalType": "string"},
                "value": {"logicalType": "object", "properties": [{"name": "inner"}]},
            },
        },
    ],
}


def test_the_types_are_those_of_the_standard():
    base = published_schema()["$defs"]["SchemaBaseProperty"]["properties"]

    assert set(LOGICAL_TYPES) == set(base["logicalType"]["enum"])


def test_columns_in_items_and_in_maps_are_listed_below_theirs():
    columns = iter_columns(TABLE)

    assert [(c.node["name"], c.depth) for c in columns][-1] == ("inner", 1)
    assert columns[-1].pointer == "/properties/2/map/value/properties/0"
    assert all(find_column(TABLE, column.pointer) == column for column in columns)


@pytest.mark.parametrize(
    "pointer",
    ["", "/", "/properties", "/properties/9", "/name", "/properties/1/items", "/-", "x"],
)
def test_what_is_no_column_is_not_found(pointer):
    assert find_column(TABLE, pointer) is None


@pytest.mark.parametrize(
    ("fields", "changes"),
    [
        ({"required": True}, [("replace", "/properties/0/required", True)]),
        ({"unique": True}, [("add", "/properties/0/unique", True)]),
        ({"unique": False}, []),
        ({"key_position": 1}, [("add", "/properties/0/primaryKeyPosition", 1)]),
        ({"physical_name": "ID"}, [("add", "/properties/0/physicalName", "ID")]),
        ({"description": ""}, [("remove", "/properties/0/description", None)]),
        (
            {"term": "customer"},
            [
                (
                    "add",
                    "/properties/0/authoritativeDefinitions",
                    [{"type": "businessDefinition", "url": "/glossary/customer"}],
                )
            ],
        ),
    ],
)
def test_one_field_changes_one_pointer(fields, changes):
    after = apply_edits(TABLE, changed={"/properties/0": fields})

    steps = [(s["op"], s["path"], s.get("value")) for s in make_patch(TABLE, after)]
    assert steps == changes


def test_another_term_takes_the_place_of_the_one_named_and_other_definitions_stay():
    other = {"type": "videoTutorial", "url": "https://example.org/v"}
    definition = {"type": "businessDefinition", "url": "https://x.example/glossary/old"}
    column = {"name": "a", "authoritativeDefinitions": [definition, other]}

    set_fields(column, {"term": "new"}, term_url="https://y.example/glossary/")

    urls = [entry["url"] for entry in column["authoritativeDefinitions"]]
    assert urls == [other["url"], "https://y.example/glossary/new"]


def test_a_new_map_has_what_the_standard_requires():
    column = set_fields({}, {"name": "m", "type": "map", "map_value": "integer"})

    assert column["map"] == {"key": {"logicalType": "string"}, "value": {"logicalType": "integer"}}


def test_a_column_moves_within_its_list():
    moved, pointer = move_column(TABLE, "/properties/2", 1)

    assert [column["name"] for column in moved["properties"]] == ["pairs", "id", "tags"]
    assert pointer == "/properties/0"
    assert TABLE["properties"][0]["name"] == "id"


@pytest.fixture
def users():
    return make_users(make_domain("sales"))


@pytest.fixture
def edit(users, client):
    """Return the table's page of a draft with the columns id and amount, and its product."""
    product = give_schema(with_port(make_product("Orders", domain=users.domain)), "id", "amount")
    client.force_login(users.owner)
    return product, f"{product.path}/edit/schema/{product.contracts.get().uuid}/tables/0"


def column_of(product, pointer="/properties/0"):
    column = find_column(product.contracts.get().tree["schema"][0], pointer)
    return column and column.node


def form_of(client, address):
    forms, _links = read_page(client.get(address).content.decode())
    return next(form.data for form in forms if "edition" in form.data)


@pytest.mark.django_db
def test_the_page_of_a_column_saves_each_of_its_fields(client, edit):
    product, table = edit
    define_term(name="Order Number", definition="One order.", actor=FACTORY)
    address = f"{table}/column?at=/properties/0"
    sent = form_of(client, address) | {
        "physical_name": "ORD_ID",
        "physical_type": "STRUCT<a: INT>",
        "business_name": "Order",
        "type": "integer",
        "unique": "on",
        "required": "on",
        "key": "on",
        "key_position": "1",
        "classification": "quasi-identifier",
        "description": "one\r\ntwo",
        "term": "order number",
    }

    answer = client.post(address, sent)

    assert answer.status_code == 302
    definition = {
        "type": "businessDefinition",
        "url": "http://127.0.0.1:8000/glossary/order-number",
    }
    assert column_of(product) == {
        "name": "id",
        "logicalType": "integer",
        "physicalName": "ORD_ID",
        "physicalType": "STRUCT<a: INT>",
        "businessName": "Order",
        "unique": True,
        "required": True,
        "primaryKey": True,
        "primaryKeyPosition": 1,
        "classification": "quasi-identifier",
        "description": "one\ntwo",
        "authoritativeDefinitions": [definition],
    }
    assert "Order Number" in client.get(address).content.decode()


@pytest.mark.django_db
def test_nested_columns_are_added_to_objects_and_to_items_of_arrays(client, edit):
    product, table = edit
    for number, kind in enumerate(("object", "array")):
        address = f"{table}/column?at=/properties/{number}"
        sent = {"type": kind, "columns-0-name": "inner", "columns-0-type": "string"}
        assert client.post(address, form_of(client, address) | sent).status_code == 302

    inner = {"name": "inner", "logicalType": "string"}
    assert column_of(product)["properties"] == [inner]
    items = {"logicalType": "object", "properties": [inner]}
    assert column_of(product, "/properties/1")["items"] == items
    deeper = f"{table}/column?at=/properties/1/items/properties/0"
    client.post(deeper, form_of(client, deeper) | {"name": "renamed"})
    assert column_of(product, "/properties/1/items/properties/0")["name"] == "renamed"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"name": ""}, "name"),
        ({"term": "unknown words"}, "term"),
        ({"classification": "made up"}, "classification"),
        ({"key_position": "first"}, "key_position"),
        ({"position": "0"}, "position"),
        ({"type": "map"}, "type"),
        ({"type": "string", "columns-0-name": "inner"}, "type"),
        ({"address": "/properties/1=amount", "unique": "on"}, "name"),
    ],
)
def test_what_a_column_may_not_be_is_said_at_its_field(client, edit, fields, field):
    product, table = edit
    address = f"{table}/column?at=/properties/0"

    answer = client.post(address, form_of(client, address) | fields)

    assert answer.status_code == 422
    assert list(answer.context_data["page"].frame.form.errors) == [field]
    assert column_of(product) == {"name": "id", "logicalType": "string"}


@pytest.mark.django_db
def test_a_place_without_a_column_is_not_found(client, edit):
    _product, table = edit

    for pointer in ("", "/properties/7", "/name", "/properties/0/items", "%00"):
        assert client.get(f"{table}/column?at={pointer}").status_code == 404


@pytest.mark.django_db
def test_the_rows_of_a_filtered_table_are_saved_where_they_are(client, edit):
    product, table = edit
    address = f"{table}?filter=amount"

    answer = client.post(address, form_of(client, address) | {"columns-0-unique": "on"})

    assert answer["Location"] == address
    assert column_of(product, "/properties/1")["unique"] is True
    assert "unique" not in column_of(product)


@pytest.mark.django_db
def test_terms_are_suggested_by_name_and_spelling(client):
    define_term(name="Customer", definition="Who buys.", synonyms=["client"], actor=FACTORY)
    define_term(name="Basket", definition="What a customer buys.", actor=FACTORY)

    answers = {
        text: client.get("/term-suggestions", {"q": text}).json()["groups"][0]["items"]
        for text in ("cust", "client", "nothing", "")
    }

    assert [item["query"] for item in answers["cust"]] == ["Customer", "Basket"]
    assert [item["query"] for item in answers["client"]] == ["Customer"]
    assert answers["nothing"] == answers[""] == []
