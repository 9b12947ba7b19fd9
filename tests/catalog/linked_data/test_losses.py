"""What linked data leaves out is listed, and all else is in the graph."""

from collections.abc import Iterator, Mapping

import pytest
import rdflib
from django.test import Client

from catalog.manifests.linked_data.losses import DCAT_AP, PROV, losses_of
from catalog.manifests.readers import read_documents
from catalog.products.services import edited_version, replace_document
from catalog.types import JSONObject, JSONValue
from tests.architecture.trees import ROOT
from tests.catalog.linked_data.meshes import answered
from tests.factories import (
    FACTORY,
    make_domain,
    make_published_product,
    make_users,
    product_tree,
    publish_changes,
)

pytestmark = pytest.mark.django_db
# Words of the standard itself, and values that linked data has as terms of its own.
TERMS = {"/apiVersion", "/kind", "/status", "/domain"}
TERM_PARTS = ("/property", "/state", "/questionSet", "/deprecated")


def leaves(value: JSONValue, at: str = "") -> Iterator[tuple[str, JSONValue]]:
    if isinstance(value, Mapping):
        for name, member in value.items():
            yield from leaves(member, f"{at}/{name}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from leaves(item, f"{at}/{index}")
    else:
        yield at, value


def rich_tree(tree: JSONObject) -> JSONObject:
    """Return a tree with every field of the standard, and some that it does not have."""
    custom = [
        *answered(tree, source="Tills", collection_method="Logged")["customProperties"],
        {"property": "license", "value": "Only for us"},
        {"property": "citation", "value": "Cite me"},
        {"property": "assaySensitivity", "value": "confidential"},
        {"property": "assayUsedIn", "value": [{"title": "A report"}]},
        {"property": "ours", "value": {"deep": [1, 2]}, "description": "Why"},
    ]
    return tree | {
        "description": {
            "purpose": "Everything sold.",
            "limitations": "No returns.",
            "usage": "Join on id.",
            "authoritativeDefinitions": [{"type": "x", "url": "https://example.org/x"}],
        },
        "tags": ["a tag", "b tag"],
        "tenant": "Tversund",
        "type": "sourceAligned",
        "authoritativeDefinitions": [{"type": "canonical", "url": "https://example.org/c"}],
        "support": [
            {"channel": "#sales", "url": "https://example.org/chat", "tool": "slack"},
            {"channel": "odd", "url": "tel:12345"},
            *(
                {"channel": f"c{number}", "url": f"mailto:c{number}@example.org"}
                for number in range(12)
            ),
        ],
        "team": {"members": [{"username": "ada", "role": "owner"}]},
        "managementPorts": [{"name": "manage", "content": "control"}],
        "inputPorts": [
            {
                "name": "seen",
                "version": "2.0.0",
                "contractId": "c-1",
                "customProperties": [{"property": "assaySource", "value": "sales/tills"}],
            },
            {"name": "elsewhere", "contractId": "c-2"},
        ],
        "productCreatedTs": "2026-01-01T00:00:00Z",
        "customProperties": custom,
    }


def test_nothing_outside_the_list_of_losses_is_lost(client: Client):
    domain = make_domain("sales")
    make_users(domain)
    source = make_published_product("Tills", domain=domain)
    product = edited_version(make_published_product("Orders", domain=domain))
    tree = rich_tree(product.tree)
    ports = tree["outputPorts"]
    ports[0] |= {
        "description": "The table",
        "type": "tables",
        "sbom": [{"url": "https://x.example"}],
    }
    product = replace_document(product=product, tree=tree, edition=product.edition, actor=FACTORY)
    product = publish_changes(product)
    path = f"/id/product/{product.uuid}.ttl"

    response = client.get(path)
    report = client.get(f"{path}?loss=1").json()

    graph = rdflib.Graph().parse(data=response.content, format="turtle")
    words = "\n".join(map(str, graph.all_nodes()))
    lost = {loss["pointer"] for loss in report["losses"]}
    assert response["Assay-Loss"] == str(len(lost))
    assert f'<{path}?loss=1>; rel="describedby"' in response["Link"]
    pointers = [
        (at, value)
        for at, value in leaves(product.tree)
        if not any(is_below(at, one) for one in lost)
    ]
    missing = [
        (at, value)
        for at, value in pointers
        if at not in TERMS and not at.endswith(TERM_PARTS) and str(value) not in words
    ]
    # The source is named by its IRI.
    assert missing == [("/inputPorts/0/customProperties/0/value", "sales/tills")]
    assert str(source.uuid) in words


def is_below(pointer: str, other: str) -> bool:
    return pointer == other or pointer.startswith(f"{other}/")


def test_what_is_lost_is_said_once_at_the_highest_place(client: Client):
    tree = rich_tree(product_tree("Orders"))

    losses = {loss.location for loss in losses_of(tree, known_inputs=["seen"], standard=DCAT_AP)}

    assert {
        "/tenant",
        "/team",
        "/managementPorts",
        "/inputPorts/1/contractId",
        "/support/1/url",
    } <= losses
    assert {"/support/0/tool", "/support/10", "/inputPorts/0/version"} <= losses
    assert not [at for at in losses if at.startswith(("/tags", "/description/purpose", "/team/"))]
    in_prov = {loss.location for loss in losses_of(tree, known_inputs=["seen"], standard=PROV)}
    assert {"/tags", "/description", "/inputPorts/0/name"} <= in_prov
    assert "/inputPorts/1/name" not in in_prov
    assert losses_of({"name": "Orders", "tags": []}, known_inputs=[], standard=PROV) == []


def test_every_product_of_the_demo_says_what_its_linked_data_leaves_out():
    documents = sorted((ROOT / "demo/manifests").rglob("*.odps.yaml"))

    counts = [
        len(losses_of(document.tree, known_inputs=[], standard=DCAT_AP))
        for path in documents
        for document in read_documents(path.read_bytes(), name=path.name)
    ]

    assert len(counts) >= 48
    assert max(counts) < 40
