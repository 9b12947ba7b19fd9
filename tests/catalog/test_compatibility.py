"""How changes of a contract are classed: one case for each kind of change, and laws of all."""

import copy
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.contracts.compatibility import compare_contracts
from catalog.products.changes import ChangeClass, greatest_class
from catalog.types import JSONObject
from tests.contract_mutations import mutated, mutations_of

BREAKING, COMPATIBLE, TEXT = ChangeClass.BREAKING, ChangeClass.COMPATIBLE, ChangeClass.TEXT
CONTRACT: JSONObject = {
    "apiVersion": "v3.1.0",
    "kind": "DataContract",
    "id": "orders",
    "version": "1.0.0",
    "status": "active",
    "slaProperties": [{"property": "freshness", "value": 1, "unit": "d", "element": "orders.id"}],
    "servers": [{"server": "files", "type": "local", "path": "sales/a.csv", "format": "csv"}],
    "schema": [
        {
            "name": "orders",
            "quality": [{"metric": "rowCount", "mustBeGreaterThan": 10}],
            "properties": [
                {"name": "id", "logicalType": "integer", "required": True, "primaryKey": True},
                {
                    "name": "amount",
                    "logicalType": "number",
                    "logicalTypeOptions": {"minimum": 0, "maximum": 100},
                    "quality": [{"name": "known", "metric": "nullValues", "mustBeLessThan": 5}],
                },
                {
                    "name": "state",
                    "logicalType": "string",
                    "enum": [{"value": "open"}, {"value": "paid"}],
                    "logicalTypeOptions": {"pattern": "^[a-z]+$"},
                },
                {
                    "name": "lines",
                    "logicalType": "array",
                    "items": {
                        "logicalType": "object",
                        "properties": [{"name": "sku", "logicalType": "string"}],
                    },
                },
            ],
        }
    ],
}
TABLE = "/schema/0"
AMOUNT, STATE = f"{TABLE}/properties/1", f"{TABLE}/properties/2"


def changed(path: str, value: object) -> JSONObject:
    """Return the contract with another value at a JSON Pointer; None removes it."""
    contract = copy.deepcopy(CONTRACT)
    *parents, last = path.strip("/").split("/")
    node = contract
    for key in parents:
        node = node[int(key)] if isinstance(node, list) else node.setdefault(key, {})
    place = int(last) if isinstance(node, list) else last
    if value is None:
        del node[place]
    elif isinstance(node, list) and place == len(node):
        node.append(value)
    else:
        node[place] = value
    return contract


@pytest.mark.parametrize(
    ("path", "value", "change_class", "message"),
    [
        (AMOUNT, None, BREAKING, "Column amount of orders was removed."),
        (TABLE, None, BREAKING, "Table orders was removed."),
        (f"{TABLE}/properties/4", {"name": "new"}, COMPATIBLE, "Column new of orders was added."),
        ("/schema/1", {"name": "customers"}, COMPATIBLE, "Table customers was added."),
        (f"{AMOUNT}/logicalType", "integer", BREAKING, "logicalType changed from “number”"),
        (f"{AMOUNT}/physicalType", "decimal", COMPATIBLE, "physicalType was added"),
        (f"{AMOUNT}/logicalType", None, BREAKING, "logicalType was removed"),
        (f"{AMOUNT}/physicalName", "amt", BREAKING, "physicalName was added"),
        (f"{AMOUNT}/physicalName", "amount", COMPATIBLE, "physicalName was added"),
        (f"{TABLE}/properties/0/required", False, BREAKING, "required changed from true to false"),
        (f"{AMOUNT}/required", True, COMPATIBLE, "required was added"),
        (f"{AMOUNT}/logicalTypeOptions/maximum", 200, BREAKING, "maximum changed from 100 to 200"),
        (f"{AMOUNT}/logicalTypeOptions/maximum", 50, COMPATIBLE, "maximum changed"),
        (f"{AMOUNT}/logicalTypeOptions/minimum", None, BREAKING, "minimum was removed"),
        (f"{STATE}/enum/2", {"value": "lost"}, BREAKING, "new allowed values: “lost”"),
        (f"{STATE}/enum/0", None, COMPATIBLE, "values no longer allowed: “open”"),
        (f"{STATE}/enum/0/description", "Not yet paid.", TEXT, "descriptions"),
        (f"{STATE}/logicalTypeOptions/pattern", "^[a-z]{3}$", BREAKING, "pattern changed"),
        (f"{AMOUNT}/description", "In euros.", TEXT, "description was added: “In euros.”"),
        (f"{AMOUNT}/classification", "restricted", COMPATIBLE, "classification was added"),
        (f"{AMOUNT}/quality/0/mustBeLessThan", 9, BREAKING, "quality rule known changed"),
        (f"{AMOUNT}/quality/0/mustBeLessThan", 3, COMPATIBLE, "quality rule known changed"),
        (f"{AMOUNT}/quality/0/description", "Seldom.", TEXT, "quality rule known changed"),
        (f"{TABLE}/quality/0", None, BREAKING, "quality rule rowCount was removed"),
        (f"{TABLE}/properties/3/items/properties/0", None, BREAKING, "Column sku of orders"),
        ("/slaProperties/0/value", 7, BREAKING, "Service level freshness changed"),
        ("/slaProperties/0/unit", "h", COMPATIBLE, "Service level freshness changed"),
        ("/servers/0", None, BREAKING, "Server files was removed."),
        ("/servers/0/format", "parquet", BREAKING, "format changed from “csv” to “parquet”"),
        ("/servers/0/path", "sales/b.csv", COMPATIBLE, "path changed"),
        ("/status", "deprecated", COMPATIBLE, "status changed"),
        ("/description", {"purpose": "Reports."}, TEXT, "description was added"),
    ],
)
def test_each_kind_of_change_has_its_class(
    path: str, value: object, change_class: ChangeClass, message: str
) -> None:
    changes = compare_contracts(CONTRACT, changed(path, value))

    assert [change.change_class for change in changes] == [change_class]
    assert message in changes[0].message


def test_a_new_version_number_alone_is_no_change() -> None:
    assert compare_contracts(CONTRACT, changed("/version", "1.1.0")) == []


def test_columns_in_another_order_are_one_compatible_change() -> None:
    contract = copy.deepcopy(CONTRACT)
    contract["schema"][0]["properties"].reverse()

    changes = compare_contracts(CONTRACT, contract)

    assert [change.message for change in changes] == ["The order of columns changed."]
    assert greatest_class(changes) is COMPATIBLE


def test_one_bound_in_two_notations_is_not_breaking() -> None:
    before = changed("/schema/0/properties/0/logicalTypeOptions", {"minimum": 1})
    after = changed("/schema/0/properties/0/logicalTypeOptions", {"exclusiveMinimum": 0})

    assert greatest_class(compare_contracts(before, after)) is COMPATIBLE


def test_a_column_that_joins_the_key_breaks_what_the_key_says() -> None:
    after = changed(f"{AMOUNT}/primaryKey", True)

    assert greatest_class(compare_contracts(CONTRACT, after)) is BREAKING


def test_a_server_may_be_replaced_by_one_of_its_kind() -> None:
    other = CONTRACT["servers"][0] | {"server": "moved", "path": "sales/b.csv"}

    changes = compare_contracts(CONTRACT, CONTRACT | {"servers": [other]})

    assert greatest_class(changes) is COMPATIBLE


def test_odd_documents_are_compared_without_an_error() -> None:
    odd: JSONObject = {
        "schema": [1, {"name": None}, {"name": "a", "properties": "none", "quality": {"a": 1}}],
        "servers": "here",
        "slaProperties": [{"value": 1}, None],
    }
    for before, after in ((CONTRACT, odd), (odd, CONTRACT), ({}, odd), (odd, {})):
        assert compare_contracts(before, after)
    assert compare_contracts(odd, copy.deepcopy(odd)) == []


ALL_MUTATIONS = sorted(mutations_of(CONTRACT))
names = st.sets(st.sampled_from(ALL_MUTATIONS), max_size=6)


@given(names=names, seed=st.integers(0, 1000))
def test_a_contract_does_not_differ_from_itself(names: set[str], seed: int) -> None:
    contract = mutated(CONTRACT, names, seed)

    assert compare_contracts(contract, json.loads(json.dumps(contract))) == []


@given(first=names, further=names, seed=st.integers(0, 1000))
def test_the_class_never_gets_milder_when_changes_are_added(
    first: set[str], further: set[str], seed: int
) -> None:
    fewer = greatest_class(compare_contracts(CONTRACT, mutated(CONTRACT, first, seed)))
    more = greatest_class(compare_contracts(CONTRACT, mutated(CONTRACT, first | further, seed)))

    assert (more or 0) >= (fewer or 0)


@given(names=names, seed=st.integers(0, 1000))
def test_every_difference_is_a_change(names: set[str], seed: int) -> None:
    contract = mutated(CONTRACT, names, seed)
    is_equal = without_empty(contract) == without_empty(CONTRACT)

    assert (compare_contracts(CONTRACT, contract) == []) == is_equal


def without_empty(value: object) -> object:
    """Return JSON without members that are null, an empty list or an empty object."""
    if isinstance(value, dict):
        cleaned = {key: without_empty(member) for key, member in value.items()}
        return {key: member for key, member in cleaned.items() if member not in (None, [], {})}
    return [without_empty(item) for item in value] if isinstance(value, list) else value
