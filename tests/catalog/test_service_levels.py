"""Service levels of contracts (ODCS `slaProperties`) as objectives, and the reverse."""

from typing import Any

import pytest
from django.test import Client

from catalog.manifests.conversion import ODCS, validator_of
from catalog.manifests.readers import read_values
from catalog.manifests.service_levels import (
    entry_of_objective,
    objective_of_entry,
    stated_objectives,
    with_objectives,
)
from catalog.products.projection import with_custom
from tests.factories import make_published_product, product_tree

OBJECTIVES = [
    {"indicator": "availability", "target": 0.995, "window": "month"},
    {"indicator": "latency", "target": 0.9, "threshold": 0.5, "percentile": 0.99},
    {"indicator": "freshness", "target": 0.9, "threshold": 93600},
    {"indicator": "completeness", "target": 0.9, "threshold": 0.995, "source": "reported"},
    {"indicator": "volume", "target": 0.95, "threshold": 1000},
]


@pytest.mark.parametrize(
    ("entry", "objective"),
    [
        ({"property": "availability", "value": 99.5, "unit": "percent"}, {"target": 0.995}),
        (
            {"property": "latency", "value": 500, "unit": "ms"},
            {"indicator": "latency", "target": 0.95, "threshold": 0.5},
        ),
        (
            {"property": "latency", "value": 4, "unit": "d", "element": "tab1.date"},
            {"indicator": "freshness", "target": 0.95, "threshold": 345_600},
        ),
        (
            {"property": "timeliness", "value": 1, "unit": "h"},
            {"indicator": "freshness", "target": 0.95, "threshold": 3600},
        ),
        (
            {"property": "completeness", "value": "99.5%"},
            {"indicator": "completeness", "target": 0.95, "threshold": 0.995},
        ),
        ({"property": "retention", "value": 3, "unit": "y"}, None),
        ({"property": "availability", "value": "high"}, None),
        ({"property": "quality", "value": "99%"}, None),
        ({}, None),
    ],
)
def test_an_entry_states_an_objective_if_it_can_be_measured(entry: Any, objective: Any):
    if objective is not None and "indicator" not in objective:
        objective = {"indicator": "availability"} | objective
    assert objective_of_entry(entry) == objective


@pytest.mark.parametrize("objective", OBJECTIVES, ids=lambda item: item["indicator"])
def test_an_objective_returns_from_its_entry_unchanged(objective: Any):
    assert objective_of_entry(entry_of_objective(objective)) == objective


def test_a_contract_gets_the_objectives_of_its_ports_that_it_does_not_state():
    ports = [{"name": "a", "contractId": "one"}, {"name": "b", "contractId": "two"}]
    own = [OBJECTIVES[0], OBJECTIVES[1] | {"port": "a"}, OBJECTIVES[2] | {"port": "b"}]
    product = with_custom(product_tree(), "assayObjectives", own) | {"outputPorts": ports}
    stated = {"property": "retention", "value": 3}
    contract = {"id": "one", "slaProperties": [stated]}

    first = with_objectives(contract, product)

    assert first["slaProperties"][0] == stated
    assert stated_objectives([first]) == own[:2]
    assert with_objectives(first, product) == first
    assert with_objectives({"id": "three"}, product_tree()) == {"id": "three"}


@pytest.mark.django_db
def test_a_contract_is_exported_with_objectives_on_request(client: Client):
    product = make_published_product(assayObjectives=OBJECTIVES)
    address = f"/api/v1/contracts/{product.contracts.get().uuid}"

    plain = client.get(f"{address}.odcs.yaml").content
    answer = client.get(f"{address}.odcs.yaml?serviceLevels=objectives")

    assert b"slaProperties" not in plain
    [document] = [value.tree for value in read_values(answer.content, name="a.yaml")]
    assert stated_objectives([document]) == OBJECTIVES
    assert list(validator_of(ODCS, "v3.2.0").iter_errors(document)) == []
    report = client.get(f"{address}/conversion?apiVersion=v3.1.0&serviceLevels=objectives").json()
    assert [level["property"] for level in report["document"]["slaProperties"]] == [
        objective["indicator"] for objective in OBJECTIVES
    ]
    lost = [loss["pointer"] for loss in report["losses"] + report["unknown"]]
    assert any("customProperties" in pointer for pointer in lost)
    assert client.get(f"{address}/manifest?serviceLevels=all").status_code == 400
    manifest = f"/api/v1/products/{product.uuid}/manifest?serviceLevels=objectives"
    assert client.get(manifest).status_code == 400
