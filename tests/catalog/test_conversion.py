"""Contracts in another version of ODCS: valid by the official schema, and every loss reported."""

import json

import jsonschema_rs
import pytest

from catalog.manifests.conversion import convert, convert_strictly
from catalog.manifests.formats.odcs import TARGETS, schema_of
from catalog.manifests.readers import read_documents
from catalog.manifests.schemas import refuse_reference

CONTRACT = {
    "apiVersion": "v3.2.0",
    "kind": "DataContract",
    "id": "orders",
    "version": "1.0.0",
    "status": "active",
    "schema": [
        {
            "name": "t",
            "synonyms": [{"name": "rows"}],
            "properties": [
                {"name": "a", "logicalType": "string", "semanticType": "dimension"},
                {
                    "name": "m",
                    "logicalType": "map",
                    "map": {"key": {"logicalType": "string"}, "value": {"logicalType": "string"}},
                },
            ],
        }
    ],
}


def official(shared_folder, version):
    path = shared_folder / f"samples/odcs/schema/odcs-json-schema-{version}.json"
    return jsonschema_rs.Draft201909Validator(
        json.loads(path.read_text()), retriever=refuse_reference
    )


def samples(shared_folder):
    for path in sorted((shared_folder / "samples/odcs").rglob("*.y*ml")):
        tree = read_documents(path.read_bytes(), name=path.name)[0].tree
        if tree.get("kind") == "DataContract":
            yield path.name, tree


def leaves(value, at=""):
    if isinstance(value, dict):
        for key, member in value.items():
            yield from leaves(member, f"{at}/{key}")
    elif isinstance(value, list):
        for index, member in enumerate(value):
            yield from leaves(member, f"{at}/{index}")
    else:
        yield at, value


def locations(issues):
    return [issue.location for issue in issues]


def test_what_3_1_lacks_is_removed_and_reported():
    converted = convert(CONTRACT, "v3.1.0")

    assert (converted.issues, converted.unknown) == ([], [])
    assert sorted(locations(converted.losses)) == [
        "/schema/0/properties/0/semanticType",
        "/schema/0/properties/1/logicalType",
        "/schema/0/properties/1/map",
        "/schema/0/synonyms",
    ]
    assert converted.tree["schema"][0]["properties"][1] == {"name": "m", "logicalType": "object"}
    assert CONTRACT["schema"][0]["synonyms"]


def test_what_a_version_lacks_can_be_kept_as_a_custom_property():
    converted = convert(CONTRACT, "v3.1.0", moves_unknown=True)

    assert locations(converted.losses) == ["/schema/0/properties/1/logicalType"]
    assert len(converted.moved) == 3
    properties = converted.tree["schema"][0]["customProperties"]
    assert properties == [{"property": "synonyms", "value": [{"name": "rows"}]}]


def test_a_version_that_is_not_written_is_never_replaced_silently():
    stored = CONTRACT | {"apiVersion": "v3.0.2"}

    default = convert_strictly(stored)
    requested = convert_strictly(stored, "v3.2.0")

    assert default.tree["apiVersion"] == requested.tree["apiVersion"] == "v3.2.0"
    assert set(locations(default.losses)) - set(locations(requested.losses)) == {"/apiVersion"}


def test_an_unknown_key_keeps_a_strict_document_from_being_valid():
    tree = CONTRACT | {"owner": "me", "price": {"priceAmount": 1, "more": True}}

    strict = convert(tree, "v3.2.0")
    moved = convert(tree, "v3.2.0", moves_unknown=True)

    assert sorted(locations(strict.unknown)) == ["/owner", "/price/more"]
    assert (moved.unknown, moved.losses, moved.issues) == ([], [], [])
    assert moved.tree["price"] == {"priceAmount": 1}
    assert moved.tree["customProperties"] == [
        {"property": "/price/more", "value": True},
        {"property": "owner", "value": "me"},
    ]


def test_what_is_required_and_missing_is_an_issue():
    tree = {key: value for key, value in CONTRACT.items() if key != "status"}

    assert convert(tree, "v3.2.0").issues == []
    (issue,) = convert(tree, "v3.1.0").issues
    assert issue.message == "status is missing"


def test_a_server_of_a_new_type_becomes_a_custom_one():
    tree = CONTRACT | {"servers": [{"server": "s", "type": "hana", "host": "h", "port": 1}]}

    converted = convert(tree, "v3.1.0")

    assert converted.issues == []
    assert converted.tree["servers"][0]["type"] == "custom"
    assert "/servers/0/type" in locations(converted.losses)


@pytest.mark.parametrize("version", TARGETS)
def test_our_schema_judges_every_sample_as_the_official_one(shared_folder, version):
    ours = jsonschema_rs.Draft201909Validator(schema_of(version), retriever=refuse_reference)
    theirs = official(shared_folder, version)

    for name, tree in samples(shared_folder):
        document = tree | {"apiVersion": version}
        # Their schema of 3.2 demands `map` of every property without a logicalType.
        if version == "v3.2.0" and not theirs.is_valid(document):
            continue
        assert ours.is_valid(document) == theirs.is_valid(document), name


@pytest.mark.parametrize("moves_unknown", [False, True])
@pytest.mark.parametrize("version", TARGETS)
def test_every_sample_converts_to_what_the_official_schema_accepts(
    shared_folder, version, moves_unknown
):
    theirs = official(shared_folder, version)
    count = 0
    for name, tree in samples(shared_folder):
        converted = convert(tree, version, moves_unknown=moves_unknown)
        if converted.issues:
            continue
        count += 1
        assert not moves_unknown or not converted.unknown, name
        errors = [error.message for error in theirs.iter_errors(converted.tree)]
        assert errors == [] or (version == "v3.2.0" and "map" in str(errors)), (name, errors)
    assert count > 55


@pytest.mark.parametrize("version", TARGETS)
def test_nothing_outside_the_report_is_lost(shared_folder, version):
    for name, tree in samples(shared_folder):
        converted = convert(tree, version)
        reported = tuple(
            f"{location}/" for location in locations([*converted.losses, *converted.unknown])
        )
        result = dict(leaves(converted.tree))
        for at, value in leaves(tree):
            if at != "/apiVersion" and not f"{at}/".startswith(reported):
                assert result.get(at, "missing") == value, (name, at)


def test_a_conversion_is_deterministic_and_again_changes_nothing(shared_folder):
    for _name, tree in samples(shared_folder):
        first = convert(tree, "v3.1.0", moves_unknown=True)

        assert convert(tree, "v3.1.0", moves_unknown=True).tree == first.tree
        if not first.issues:
            again = convert(first.tree, "v3.1.0", moves_unknown=True)
            assert (again.tree, again.losses) == (first.tree, [])
