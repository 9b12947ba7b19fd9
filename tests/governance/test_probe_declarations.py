"""Probes declared through the API and by manifest: mistakes at their fields, secrets nowhere."""

import json
from copy import deepcopy
from typing import Any

import pytest

from catalog.audit.models import AuditEvent
from catalog.contracts.models import Server
from catalog.contracts.projection import new_tree
from governance.slo.models import Measurement
from governance.slo.services import probe_ports
from tests.catalog.api_client import Program, places, problem_of
from tests.catalog.endpoints import saying, serving
from tests.factories import (
    make_domain,
    make_product,
    make_published_product,
    make_users,
    product_tree,
    with_answers,
    with_port,
)
from tests.governance.measuring import make_port

pytestmark = pytest.mark.django_db
CANARY = "canary-7f3a"
VALUE = "customProperties/0/value"
LOCATIONS = {
    "api": {"location": "https://data.example/orders"},
    "postgres": {"host": "db.example", "port": 5432, "database": "sales", "schema": "public"},
}
HTTP = {
    "method": "POST",
    "headers": [{"name": "Authorization", "secretName": "ORDERS", "prefix": "Bearer "}],
    "body": "{}",
    "expectedStatus": [200, "2xx"],
    "maxBytes": 1000,
    "assertions": [{"path": "$.ok", "equals": True}],
    "schema": {"type": "object"},
}
SQL = {"query": "SELECT 1 FROM orders LIMIT 1"}
MISTAKES = [
    ("api", "GET", ""),
    ("api", {"metod": "GET"}, "/metod"),
    ("api", {"method": "PUT"}, "/method"),
    ("api", {"body": "x"}, "/body"),
    ("api", {"maxBytes": 0}, "/maxBytes"),
    ("api", {"expectedStatus": [200, "6xx"]}, "/expectedStatus/1"),
    ("api", {"headers": [{"name": "Authorization", "value": CANARY}]}, "/headers/0/value"),
    ("api", {"headers": [{"name": "X-Access-Key", "value": CANARY}]}, "/headers/0/value"),
    ("api", {"headers": [{"name": "X-Auth", "value": CANARY}]}, "/headers/0/value"),
    ("api", {"headers": [{"name": "A", "value": "x", "prefix": "y"}]}, "/headers/0/prefix"),
    ("api", {"headers": [{"name": "A", "secretName": "a-b"}]}, "/headers/0/secretName"),
    ("api", {"assertions": [{"path": "$..a"}]}, "/assertions/0/path"),
    ("api", {"schema": {"type": "objekt"}}, "/schema"),
    ("api", {"heartbeat": 1}, "/heartbeat"),
    ("api", {"graceSeconds": 5}, "/graceSeconds"),
    ("api", SQL, "/query"),
    ("postgres", {"query": "DELETE FROM orders"}, "/query"),
    ("postgres", {"query": ["SELECT 1"]}, "/query"),
    ("postgres", SQL | {"method": "GET"}, "/method"),
]


def contract_tree(*declared: tuple[str, Any]) -> dict[str, Any]:
    """Return a contract with a server for each type of server and its probe."""
    servers = []
    for number, (server_type, probe) in enumerate(declared):
        custom = [{"property": "assayProbe", "value": deepcopy(probe)}]
        server = {"server": f"server-{number}", "type": server_type} | LOCATIONS[server_type]
        servers.append(server | {"customProperties": custom})
    return new_tree(identifier="orders-contract", name="Orders", servers=servers)


def declare_by_api(tree: dict[str, Any]) -> Any:
    """Return the answer to a contract that is sent as JSON."""
    users = make_users()
    product = with_port(make_product(domain=users.domain))
    path = f"/products/{product.uuid}/contracts"
    return Program(users.owner).send("POST", path, tree, edition=product.edition)


def declare_by_manifest(tree: dict[str, Any]) -> Any:
    """Return the answer to a product and its contract that are sent as one manifest."""
    users = make_users(make_domain("sales"))
    port = {"name": "table", "version": "1.0.0", "contractId": "orders-contract"}
    product = with_answers(product_tree("Orders", domain="sales")) | {"outputPorts": [port]}
    text = "---\n".join(f"{json.dumps(document)}\n" for document in (product, tree)).encode()
    return Program(users.owner).send("POST", "/manifests", text, content_type="application/yaml")


@pytest.mark.parametrize("declare", [declare_by_api, declare_by_manifest])
def test_probes_are_declared_as_they_are_written(declare):
    answer = declare(contract_tree(("api", HTTP), ("postgres", SQL)))

    assert answer.status_code in (200, 201), answer.content[:900]
    servers = Server.objects.filter(contract__identifier="orders-contract").order_by("name")
    assert [server.probe for server in servers] == [HTTP, SQL]
    assert all(server.is_probed for server in servers)


@pytest.mark.parametrize("declare", [declare_by_api, declare_by_manifest])
def test_each_mistake_in_a_probe_is_answered_at_its_field(declare):
    answer = declare(contract_tree(*((kind, probe) for kind, probe, _member in MISTAKES)))

    pointers = places(problem_of(answer, 422, "invalid"))
    expected = [f"/servers/{n}/{VALUE}{member}" for n, (*_, member) in enumerate(MISTAKES)]
    missing = [at for at in expected if not any(pointer.endswith(at) for pointer in pointers)]
    assert not missing
    assert not Server.objects.filter(contract__identifier="orders-contract").exists()


@pytest.mark.parametrize("body", [b'{"ok": true}', f'{{"seen": "{CANARY}"}}'.encode()])
def test_a_secret_of_a_probe_is_in_no_answer_page_history_or_export(
    client, settings, monkeypatch, caplog, capsys, body
):
    users = make_users()
    product = make_published_product(domain=users.domain)
    with serving(saying(200, body)) as server:
        settings.ASSAY_ALLOWED_NETS = (server.place,)
        monkeypatch.setenv("ASSAY_SECRET_ORDERS", CANARY)
        monkeypatch.setenv("ASSAY_SECRET_ORDERS_FOR", f"*@{server.place}")
        custom = [{"property": "assayProbe", "value": HTTP}]
        port = make_port(product, type="api", location=server.url, customProperties=custom)
        probe_ports(port_ids=[port.pk])
    assert CANARY in server.requests[0].decode()
    product.refresh_from_db()
    client.force_login(users.owner)
    program, contract = Program(users.owner), port.port_contract.contract
    page, api = product.path, f"/products/{product.uuid}"

    tails = ("", "/slo", "/quality", "/contract", "/history", "/slo.csv", "/slo/measurements.csv")
    pages = [f"{page}{tail}" for tail in (*tails, f"/contracts/{contract.uuid}", "/history.atom")]
    tails = ("", "/slo", "/quality", "/history", "/ports", "/manifest", "/openslo.yaml")
    paths = [*(f"{api}{tail}" for tail in tails), f"/contracts/{contract.uuid}/manifest"]

    answers = [*map(client.get, pages), *map(program.get, paths)]

    bodies = [b"".join(answer).decode() for answer in answers]
    assert {answer.status_code for answer in answers} == {200}
    assert any("ORDERS" in text for text in bodies)
    rows = [*Measurement.objects.values(), *AuditEvent.objects.values()]
    printed = "".join(capsys.readouterr())
    for text in (*bodies, str(rows), caplog.text, printed):
        assert CANARY not in text
