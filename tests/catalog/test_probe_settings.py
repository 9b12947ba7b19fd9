"""How a server is probed, as a contract declares it: every mistake is an issue at its member."""

from typing import Any

import pytest

from catalog.contracts.json_paths import MISSING, InvalidPath, parse_path, value_at
from catalog.contracts.probe_settings import ProbeSettings, probe_digest
from catalog.contracts.projection import ContractDocument, new_tree, parse_contract
from catalog.contracts.secrets import without_secrets
from catalog.exceptions import ValidationFailed

AT = "/servers/0/customProperties/0/value"


def contract(probe: Any, server_type: str = "api") -> ContractDocument:
    """Return a contract whose one server has this probe."""
    server = {
        "server": "production",
        "type": server_type,
        "location": "https://data.example/orders",
        "host": "db.example",
        "database": "sales",
        "customProperties": [{"property": "assayProbe", "value": probe}],
    }
    return parse_contract(new_tree(identifier="orders", name="Orders", servers=[server]))


def locations(probe: Any, server_type: str = "api") -> list[str]:
    """Return where a contract with this probe has issues, below the probe."""
    with pytest.raises(ValidationFailed) as failed:
        contract(probe, server_type)
    return [issue.location.removeprefix(AT) for issue in failed.value.issues]


@pytest.mark.parametrize(
    ("probe", "location"),
    [
        ("GET", ""),
        ({"metod": "GET"}, "/metod"),
        ({"method": "PUT"}, "/method"),
        ({"method": "HEAD", "schema": {"type": "object"}}, "/method"),
        ({"body": "x"}, "/body"),
        ({"method": "POST", "body": {"a": 1}}, "/body"),
        ({"method": "POST", "body": "é" * 9000}, "/body"),
        ({"maxBytes": 0}, "/maxBytes"),
        ({"maxBytes": True}, "/maxBytes"),
        ({"maxBytes": 2 * 1024 * 1024}, "/maxBytes"),
        ({"expectedStatus": 200}, "/expectedStatus"),
        ({"expectedStatus": []}, "/expectedStatus"),
        ({"expectedStatus": [200, "6xx"]}, "/expectedStatus/1"),
        ({"expectedStatus": [True]}, "/expectedStatus/0"),
        ({"headers": {"Accept": "x"}}, "/headers"),
        ({"headers": ["Accept"]}, "/headers/0"),
        ({"headers": [{"name": "A b", "value": "x"}]}, "/headers/0/name"),
        ({"headers": [{"name": "Host", "value": "x"}]}, "/headers/0/name"),
        ({"headers": [{"name": "Accept", "value": "a\r\nX: b"}]}, "/headers/0/value"),
        ({"headers": [{"name": "Accept"}]}, "/headers/0/value"),
        ({"headers": [{"name": "Authorization", "value": "Bearer x"}]}, "/headers/0/value"),
        ({"headers": [{"name": "X-Api-Key", "value": "k"}]}, "/headers/0/value"),
        ({"headers": [{"name": "A", "secretName": "a-b"}]}, "/headers/0/secretName"),
        ({"headers": [{"name": "A", "value": "x", "vlue": "y"}]}, "/headers/0/vlue"),
        ({"headers": [{"name": "A", "value": "x"}] * 21}, "/headers"),
        ({"assertions": {"path": "$"}}, "/assertions"),
        ({"assertions": [{"equals": 1}]}, "/assertions/0/path"),
        ({"assertions": [{"path": "$..a"}]}, "/assertions/0/path"),
        ({"assertions": [{"path": "$.a", "eq": 1}]}, "/assertions/0/eq"),
        ({"schema": "object"}, "/schema"),
        ({"schema": {"type": "objekt"}}, "/schema"),
        ({"schema": {"$ref": "https://data.example/schema.json"}}, "/schema"),
        ({"query": "SELECT 1"}, "/query"),
        ({"graceSeconds": 5}, "/graceSeconds"),
        ({"heartbeat": "yes"}, "/heartbeat"),
        ({"heartbeat": True, "method": "GET"}, "/method"),
        ({"signingSecretName": "not a name"}, "/signingSecretName"),
    ],
)
def test_a_mistake_in_a_probe_is_an_issue_at_its_member(probe, location):
    assert location in locations(probe)


@pytest.mark.parametrize(
    "query",
    ["", 1, "DELETE FROM orders", "SELECT 1; COMMIT; DROP TABLE orders", "SELECT 1" * 2000],
)
def test_a_query_is_one_select(query):
    assert locations({"query": query}, "postgres") == ["/query"]


def test_a_database_is_not_called_by_http():
    assert locations({"method": "GET"}, "postgres") == ["/method"]


def test_a_server_is_probed_if_its_type_or_its_probe_says_how():
    def is_probed(probe: dict[str, Any], server_type: str) -> bool:
        return contract(probe, server_type).servers[0].is_probed

    assert is_probed({}, "api")
    assert not is_probed({}, "postgres")
    assert is_probed({"query": "SELECT 1"}, "postgres")
    assert is_probed({"heartbeat": True}, "kafka")


def test_what_a_contract_declares_is_read_back():
    probe = {
        "method": "POST",
        "headers": [
            {"name": "Accept", "value": "application/json"},
            {"name": "Authorization", "secretName": "ORDERS", "prefix": "Bearer "},
        ],
        "body": "{}",
        "expectedStatus": [201, "2xx"],
        "maxBytes": 100,
        "assertions": [{"path": "$.ok", "equals": None}, {"path": "$.rows[0]"}],
        "schema": {"type": "object"},
    }

    stored = contract(probe).servers[0].probe
    settings = ProbeSettings.from_json(stored)

    assert stored == probe
    assert settings.headers[1].secret_name == "ORDERS"
    assert settings.expects(201)
    assert settings.expects(204)
    assert not settings.expects(301)
    assert [assertion.expected for assertion in settings.assertions] == [(None,), ()]


def test_a_server_that_is_checked_in_another_way_counts_as_another():
    digests = {probe_digest(probe) for probe in ({}, {"method": "HEAD"}, {"maxBytes": 5})}

    assert len(digests) == 3
    assert "" in digests


def test_the_name_of_a_secret_is_shown_to_readers():
    probe = {
        "headers": [{"name": "Authorization", "secretName": "ORDERS"}],
        "signingSecretName": "DBT",
    }

    assert without_secrets(contract(probe).tree) == contract(probe).tree


def test_a_path_leads_to_one_place():
    document = {"a": [{"b c": 1}, None], "d": {"e-f": True}}

    assert value_at(document, parse_path("$.a[0]['b c']")) == 1
    assert value_at(document, parse_path('$["d"].e-f')) is True
    assert value_at(document, parse_path("$.a[-1]")) is None
    assert value_at(document, parse_path("$")) == document
    for absent in ("$.a[2]", "$.a.b", "$.d[0]", "$.x", "$.a[-3]"):
        assert value_at(document, parse_path(absent)) is MISSING


@pytest.mark.parametrize(
    "path", ["", "a", "$.", "$..a", "$.*", "$[*]", "$[01]", "$.a[?@.b]", "$[0:1]", "$" + ".a" * 51]
)
def test_a_path_to_several_places_is_refused(path):
    with pytest.raises(InvalidPath):
        parse_path(path)
