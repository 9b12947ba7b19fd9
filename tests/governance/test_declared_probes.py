"""Probes as contracts declare them, against real servers: HTTP, SQL and heartbeats."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from catalog.ports.models import OutputPort
from governance.slo.models import Heartbeat, Measurement, ProbeSchedule, RollUp
from governance.slo.outcomes import Outcome
from governance.slo.probe_types import ProbeResult
from governance.slo.services import ProbeQueue, claim_due, probe, probe_ports
from governance.tasks import as_message, from_message
from tests.catalog.endpoints import Endpoint, dripping, redirecting, saying, serving
from tests.factories import make_product
from tests.governance.databases import SourceDatabase, postgres_schema
from tests.governance.measuring import make_port

pytestmark = pytest.mark.django_db
JSON = b'{"status": "ok", "items": [{"id": 1, "open": true}]}'


def port_with(probe: dict[str, Any], location: str = "https://data.example", **server: Any) -> Any:
    """Return a port whose server declares how it is probed."""
    place = {"type": "api", "location": location} | server
    custom = [*place.pop("customProperties", []), {"property": "assayProbe", "value": probe}]
    return make_port(make_product(), **place, customProperties=custom)


def measured(probe: dict[str, Any], endpoint: Endpoint) -> ProbeResult:
    """Return the result of one probe of an endpoint."""
    [result] = probe_ports(port_ids=[port_with(probe, endpoint.url).pk])
    return result


@pytest.fixture
def allowed(settings):
    """Let probes call any loopback endpoint that a test serves."""

    def allow(endpoint: Endpoint) -> Endpoint:
        settings.ASSAY_ALLOWED_NETS = (endpoint.place,)
        return endpoint

    return allow


def test_a_probe_sends_what_its_contract_declares(allowed, monkeypatch):
    monkeypatch.setenv("ASSAY_SECRET_ORDERS", "canary-7")
    with serving(saying(200, JSON)) as server:
        monkeypatch.setenv("ASSAY_SECRET_ORDERS_FOR", f"*@{server.place}")
        probe = {
            "method": "POST",
            "body": '{"limit": 1}',
            "headers": [
                {"name": "Content-Type", "value": "application/json"},
                {"name": "Authorization", "secretName": "ORDERS", "prefix": "Bearer "},
            ],
        }
        result = measured(probe, allowed(server))

    assert result.outcome == Outcome.GOOD
    request = server.requests[0].decode().lower()
    assert request.startswith("post / http/1.1")
    assert "authorization: bearer canary-7" in request
    assert request.endswith('{"limit": 1}')


def test_a_secret_never_travels_with_a_task(monkeypatch):
    monkeypatch.setenv("ASSAY_SECRET_ORDERS", "canary-7")
    port_with({"headers": [{"name": "Authorization", "secretName": "ORDERS"}]})

    tasks = claim_due(limit=5, queue=ProbeQueue.HEALTHY, now=timezone.now())

    assert "ORDERS" in str(as_message(tasks))
    assert "canary" not in str(as_message(tasks))
    assert from_message(as_message(tasks)) == tasks


def test_a_secret_for_another_place_is_not_sent(allowed, monkeypatch):
    monkeypatch.setenv("ASSAY_SECRET_ORDERS", "canary-7")
    monkeypatch.setenv("ASSAY_SECRET_ORDERS_FOR", "*@elsewhere.example:443")
    with serving(saying(200, JSON)) as server:
        probe = {"headers": [{"name": "Authorization", "secretName": "ORDERS"}]}
        result = measured(probe, allowed(server))

    assert result.outcome == Outcome.NOT_CONFIGURED
    assert server.connections == 0


def test_a_secret_does_not_follow_a_redirect_to_another_origin(settings, monkeypatch):
    monkeypatch.setenv("ASSAY_SECRET_ORDERS", "canary-7")
    with serving(saying(200, JSON)) as other, serving(redirecting(other.url)) as server:
        settings.ASSAY_ALLOWED_NETS = (server.place, other.place)
        monkeypatch.setenv("ASSAY_SECRET_ORDERS_FOR", f"*@{server.place}")
        probe = {"headers": [{"name": "Authorization", "secretName": "ORDERS"}]}
        result = measured(probe, server)

    assert result.outcome == Outcome.GOOD
    assert b"canary-7" in server.requests[0]
    assert b"canary-7" not in other.requests[0]


@pytest.mark.parametrize(
    ("probe", "status", "body", "outcome"),
    [
        ({"expectedStatus": [204]}, 204, b"", Outcome.GOOD),
        ({"expectedStatus": ["4xx"]}, 404, b"", Outcome.GOOD),
        ({"expectedStatus": [204]}, 200, b"", Outcome.WRONG_STATUS),
        ({"expectedStatus": [204]}, 500, b"", Outcome.HTTP_ERROR),
        ({"assertions": [{"path": "$.status", "equals": "ok"}]}, 200, JSON, Outcome.GOOD),
        ({"assertions": [{"path": "$.items[0].id"}]}, 200, JSON, Outcome.GOOD),
        ({"assertions": [{"path": "$.items[1]"}]}, 200, JSON, Outcome.WRONG_BODY),
        ({"assertions": [{"path": "$.items[0].open", "equals": 1}]}, 200, JSON, Outcome.WRONG_BODY),
        ({"assertions": [{"path": "$.status"}]}, 200, b"<html>", Outcome.WRONG_BODY),
        ({"assertions": [{"path": "$.status"}]}, 200, b"[" * 100_000, Outcome.WRONG_BODY),
        ({"schema": {"required": ["items"]}}, 200, JSON, Outcome.GOOD),
        ({"schema": {"type": "array"}}, 200, JSON, Outcome.WRONG_BODY),
        ({"schema": {"properties": {"status": {"pattern": "^(a+)+$"}}}}, 200,
         b'{"status": "' + b"a" * 5000 + b'!"}', Outcome.WRONG_BODY),
        ({"maxBytes": 1000}, 200, b"x" * 1000, Outcome.GOOD),
        ({"maxBytes": 1000}, 200, b"x" * 1001, Outcome.TOO_LARGE),
        ({"schema": {}, "maxBytes": 20}, 200, JSON, Outcome.TOO_LARGE),
        ({"method": "HEAD"}, 200, b"", Outcome.GOOD),
    ],
)  # fmt: skip
def test_an_answer_is_checked_as_the_contract_declares(allowed, probe, status, body, outcome):
    with serving(saying(status, body)) as server:
        assert measured(probe, allowed(server)).outcome == outcome


def test_a_body_that_drips_ends_at_the_deadline(allowed):
    start = b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n{"
    with serving(dripping(start)) as server:
        port = port_with({"schema": {"type": "object"}}, allowed(server).url)
        ProbeSchedule.objects.filter(port=port).update(interval=5)
        [result] = probe_ports(port_ids=[port.pk])

    assert result.outcome == Outcome.TIMEOUT
    assert result.timings.total <= 2.5


@pytest.fixture
def heartbeat_port() -> OutputPort:
    return port_with({"heartbeat": True, "graceSeconds": 5}, type="kafka", host="kafka.example")


def send(port: OutputPort, age: float) -> None:
    """Let a port have sent its last heartbeat some seconds ago."""
    now = timezone.now()
    sent_at = now - timedelta(seconds=age)
    values = {"sent_at": sent_at, "received_at": now, "identifier": str(age)}
    Heartbeat.objects.update_or_create(port=port, defaults=values)


@pytest.mark.parametrize(
    ("age", "outcome"), [(1, Outcome.GOOD), (63, Outcome.GOOD), (67, Outcome.LATE)]
)
def test_a_heartbeat_is_good_within_an_interval_and_its_grace(heartbeat_port, age, outcome):
    send(heartbeat_port, age)

    [result] = probe_ports(port_ids=[heartbeat_port.pk])

    assert result.outcome == outcome
    stored = Measurement.objects.get()
    assert stored.is_reported
    assert stored.outcome == outcome


def test_a_port_without_any_heartbeat_is_late(heartbeat_port):
    [result] = probe_ports(port_ids=[heartbeat_port.pk])

    assert result.outcome == Outcome.LATE


def test_a_heartbeat_counts_for_availability_and_says_nothing_of_latency(heartbeat_port):
    send(heartbeat_port, 1)

    probe_ports(port_ids=[heartbeat_port.pk])

    hour = RollUp.objects.get()
    assert hour.outcomes == {"good": 1}
    assert hour.latencies == {}


def test_a_port_that_sends_heartbeats_is_live_for_publication(heartbeat_port):
    send(heartbeat_port, 1)

    probe_ports(port_ids=[heartbeat_port.pk])

    heartbeat_port.refresh_from_db()
    assert heartbeat_port.last_good_at is not None


@pytest.fixture
def database():
    with postgres_schema() as schema:
        schema.execute("CREATE TABLE orders(id int)", "INSERT INTO orders VALUES (1)")
        yield schema


def query_port(database: SourceDatabase, query: str) -> OutputPort:
    """Return a port of a database that is probed by a query."""
    parameters = database.parameters
    return port_with(
        {"query": query},
        type="postgres",
        host=parameters["hostaddr"],
        port=int(parameters["port"]),
        database=parameters["dbname"],
        schema=parameters["schema"],
        customProperties=[{"property": "assayUser", "value": parameters["user"]}],
    )


def allow_database(settings: Any, database: SourceDatabase) -> None:
    parameters = database.parameters
    settings.ASSAY_ALLOWED_NETS = (f"{parameters['hostaddr']}:{parameters['port']}",)


@pytest.mark.postgres_source
def test_a_query_is_timed_as_a_consumer_meets_it(settings, database):
    allow_database(settings, database)
    port = query_port(database, "SELECT id, pg_sleep(0.2) FROM orders;")

    [result] = probe_ports(port_ids=[port.pk])

    assert result.outcome == Outcome.GOOD
    assert result.timings.connect > 0
    assert 0.2 <= result.timings.first_byte <= result.timings.total < 2


@pytest.mark.postgres_source
@pytest.mark.parametrize(
    ("query", "outcome"),
    [
        ("SELECT * FROM absent", Outcome.MISSING),
        ("WITH gone AS (DELETE FROM orders RETURNING id) SELECT * FROM gone", Outcome.QUERY_FAILED),
        ("SELECT id FROM orders FOR UPDATE", Outcome.QUERY_FAILED),
        ("SELECT pg_sleep(60)", Outcome.TIMEOUT),
        (
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n",
            Outcome.GOOD,
        ),
    ],
)
def test_a_query_only_reads_and_ends_in_time(settings, database, query, outcome):
    allow_database(settings, database)
    port = query_port(database, query)
    ProbeSchedule.objects.filter(port=port).update(interval=5)

    [result] = probe_ports(port_ids=[port.pk])

    assert result.outcome == outcome
    assert result.timings.total <= 2.5
    [count] = database.connection.execute("SELECT count(*) FROM orders").fetchone()
    assert count == 1


def test_a_database_that_may_not_be_called_is_refused(settings):
    settings.ASSAY_ALLOWED_NETS = ()
    port = port_with(
        {"query": "SELECT 1"}, type="postgres", host="127.0.0.1", port=1, database="sales"
    )

    [result] = probe_ports(port_ids=[port.pk])

    assert result.outcome == Outcome.REFUSED


def test_queries_never_run_among_the_healthy_ports(settings):
    settings.ASSAY_ALLOWED_NETS = ()
    port = port_with(
        {"query": "SELECT 1"}, type="postgres", host="127.0.0.1", port=1, database="sales"
    )

    assert probe(tasks=claim_due(limit=5, queue=ProbeQueue.HEALTHY, now=timezone.now())) == []
    [result] = probe(tasks=claim_due(limit=5, queue=ProbeQueue.SLOW, now=timezone.now()))

    assert result.port_id == port.pk
    assert ProbeSchedule.objects.slow().count() == 1
