"""Products in another version of Bitol ODPS: valid by the official schema, every loss reported."""

import json

import jsonschema_rs
import pytest
from jsonpointer import resolve_pointer

from catalog.manifests.conversion import ODPS, ConversionRefused, convert, convert_strictly
from catalog.manifests.readers import read_documents
from catalog.manifests.schemas import refuse_reference
from tests.catalog.api_client import Program
from tests.factories import make_domain, make_product, make_users

FULL = {
    "apiVersion": "v1.1.0",
    "kind": "DataProduct",
    "id": "orders",
    "name": "Orders",
    "version": "1.0.0",
    "status": "active",
    "type": "aggregate",
    "deprecated": False,
    "context": {"instructions": "Ask sales."},
    "description": {"purpose": "Every order."},
    "outputPorts": [
        {
            "name": "table",
            "version": "1.0.0",
            "contractId": "c",
            "context": {"instructions": "Read by day."},
            "customProperties": [{"id": "p1", "property": "assayInterval", "value": 60}],
            "sbom": [{"url": "https://example.org/sbom"}],
            "inputContracts": [{"id": "in", "version": "1.0.0"}],
        }
    ],
    "support": [{"channel": "mail", "url": "mailto:a@example.org", "id": "s1"}],
    "team": {"name": "Sales", "members": [{"username": "ada", "dateIn": "2024-01-01"}]},
    "customProperties": [{"property": "x", "value": 1, "vendor": "acme"}],
}


def official(shared_folder, version):
    path = shared_folder / f"samples/bitol-odps/schema/odps-json-schema-{version}.json"
    return jsonschema_rs.validator_for(
        json.loads(path.read_text()), retriever=refuse_reference, validate_formats=True
    )


def trees(shared_folder):
    yield FULL
    for path in (shared_folder / "samples/bitol-odps").glob("*.yaml"):
        yield read_documents(path.read_bytes(), name=path.name)[0].tree


def locations(issues):
    return {issue.location for issue in issues}


@pytest.mark.parametrize("version", ["v1.0.0", "v0.9.0"])
@pytest.mark.parametrize("moves", [False, True])
def test_the_official_schema_accepts_what_is_converted(shared_folder, version, moves):
    for tree in trees(shared_folder):
        converted = convert_strictly(tree, version, moves_unknown=moves)

        assert list(official(shared_folder, version).iter_errors(converted.tree)) == []
        assert converted.tree["apiVersion"] == version


def test_every_loss_is_named_by_its_place_in_the_stored_document():
    losses = locations(convert(FULL, "v1.0.0").losses)

    assert losses == {
        "/type",
        "/deprecated",
        "/context",
        "/outputPorts/0/context",
        "/outputPorts/0/customProperties/0/id",
        "/support/0/id",
        "/customProperties/0/vendor",
    }
    assert "/team/name" in locations(convert(FULL, "v0.9.0").losses)


@pytest.mark.parametrize("version", ODPS.targets)
def test_nothing_outside_the_report_is_lost(shared_folder, version):
    for tree in trees(shared_folder):
        converted = convert(tree, version)
        lost = locations([*converted.losses, *converted.unknown])
        for pointer, value in leaves(tree):
            if pointer == "/apiVersion" or any(f"{pointer}/".startswith(f"{at}/") for at in lost):
                continue
            # A team is a list of members in 0.9.
            moved = pointer
            if isinstance(tree["team"], list) and version != "v0.9.0":
                moved = pointer.replace("/team/", "/team/members/")
            if isinstance(tree["team"], dict) and version == "v0.9.0":
                moved = pointer.replace("/team/members/", "/team/")
            assert resolve_pointer(converted.tree, moved) == value


def leaves(value, at=""):
    if isinstance(value, dict):
        for key, member in value.items():
            yield from leaves(member, f"{at}/{key}")
    elif isinstance(value, list):
        for index, member in enumerate(value):
            yield from leaves(member, f"{at}/{index}")
    else:
        yield at, value


def test_a_conversion_again_changes_nothing(shared_folder):
    for tree in trees(shared_folder):
        for version in ODPS.targets:
            once = convert(tree, version).tree
            assert convert(once, version).tree == once
            assert json.dumps(convert(tree, version).tree) == json.dumps(once)


def test_custom_properties_can_keep_what_a_version_lacks():
    converted = convert(FULL, "v0.9.0", moves_unknown=True)

    entries = {entry["property"]: entry["value"] for entry in converted.tree["customProperties"]}
    assert entries["type"] == "aggregate"
    assert entries["/outputPorts/0/assayInterval"] == 60


def test_what_cannot_be_made_valid_is_refused_with_its_place():
    tree = FULL | {"outputPorts": [{"name": "table"}]}

    with pytest.raises(ConversionRefused) as caught:
        convert_strictly(tree, "v1.0.0")

    assert locations(caught.value.issues) == {"/outputPorts/0"}


@pytest.mark.django_db
def test_the_api_converts_and_reports_and_refuses_other_versions():
    users = make_users(make_domain("sales"))
    program = Program(users.owner)
    uuid = make_product("Orders", domain=users.domain, tree=FULL | {"domain": "sales"}).uuid
    stored = program.get(f"/products/{uuid}/manifest", accept="application/json")
    converted = program.get(f"/products/{uuid}/manifest?apiVersion=v1.0.0")
    report = program.get(f"/products/{uuid}/conversion?apiVersion=v0.9.0").json()
    other = program.get(f"/products/{uuid}/manifest?apiVersion=v3.2.0")

    assert stored.json()["apiVersion"] == "v1.1.0"
    assert int(converted["Assay-Loss"]) == 7
    assert "/conversion?apiVersion=v1.0.0" in converted["Link"]
    assert report["valid"] is True
    assert "/team/name" in {loss["pointer"] for loss in report["losses"]}
    assert other.status_code == 400
