"""Results and heartbeats from outside: their shapes and signatures, once each, errors by item."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from catalog.people.services.tokens import create_token
from catalog.ports.models import OutputPort
from governance.quality.external_formats import dimension_of, read_item
from governance.quality.external_results import ReportedHeartbeat, ReportedRun, ReportReader
from governance.quality.models import CheckOutcome, QualityRun
from governance.quality.signed_reports import is_signed, signature_of
from governance.slo.models import Heartbeat, IndicatorValue, Measurement, ProbeSchedule
from governance.slo.services import probe_ports
from tests.conftest import SHARED
from tests.factories import Users, make_product, make_users
from tests.governance.measuring import make_port

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
OWN = {
    "run": {
        "id": "load-7",
        "at": "2026-03-02T09:00:00Z",
        "tool": "airflow",
        "rows": 100,
        "checks": [
            {
                "name": "ids are unique",
                "outcome": "failed",
                "dimension": "uniqueness",
                "column": "id",
                "tested": 100,
                "failing": 5,
            },
            {"name": "has rows", "outcome": "passed", "dimension": "completeness"},
        ],
        "values": {"freshness": 3600},
    }
}
EXPECTATIONS = {
    "success": False,
    "results": [
        {
            "success": False,
            "expectation_config": {
                "expectation_type": "expect_column_values_to_not_be_null",
                "kwargs": {"column": "email", "batch_id": "x"},
            },
            "result": {"element_count": 200, "unexpected_count": 4, "unexpected_percent": 2.0},
            "exception_info": {"raised_exception": False},
        },
        {
            "success": False,
            "expectation_config": {"type": "expect_column_max_to_be_between", "kwargs": {}},
            "result": {},
            "exception_info": {"raised_exception": True, "exception_message": "value canary"},
        },
    ],
    "meta": {
        "great_expectations_version": "0.18.0",
        "expectation_suite_name": "orders",
        "run_id": {"run_name": "nightly", "run_time": "2026-03-02T08:00:00+00:00"},
        "validation_time": "20260302T080000.123456Z",
    },
}
SODA = {
    "definitionName": "orders",
    "scanStartTimestamp": "2026-03-02T08:00:00+00:00",
    "hasFailures": True,
    "checks": [
        {
            "identity": "a1",
            "name": "missing_count(email) = 0",
            "table": "orders",
            "column": "email",
            "outcome": "fail",
            "diagnostics": {"value": 4},
        },
        {"identity": "a2", "name": "freshness(at) < 1d", "outcome": None},
    ],
}
DBT = {
    "metadata": {
        "dbt_schema_version": "https://schemas.getdbt.com/dbt/run-results/v6.json",
        "generated_at": "2026-03-02T08:00:00.000000Z",
        "invocation_id": "3f1c",
    },
    "results": [
        {"unique_id": "test.shop.unique_orders_id.1", "status": "fail", "failures": 3},
        {"unique_id": "test.shop.relationships_orders.2", "status": "error", "failures": None},
        {"unique_id": "model.shop.orders", "status": "success"},
    ],
}


def read(item: Any, at: str = "") -> tuple[list[Any], list[Any]]:
    """Return the reports and the issues of an item."""
    reader = ReportReader(now=NOW)
    return read_item(reader, item, at), reader.issues


def locations(item: Any) -> list[str]:
    return [issue.location for issue in read(item)[1]]


def run_of(item: Any) -> ReportedRun:
    [run], issues = read(item)
    assert issues == []
    return run


def test_our_own_run_is_read():
    run = run_of(OWN)

    assert (run.identifier, run.tool, run.rows) == ("load-7", "airflow", 100)
    assert [check.state for check in run.checks] == ["failed", "passed"]
    assert run.values == {"freshness": 3600}


def test_a_heartbeat_is_read():
    [heartbeat], issues = read({"heartbeat": {"id": "1", "at": "2026-03-02T09:59:00"}})

    assert issues == []
    assert heartbeat == ReportedHeartbeat(identifier="1", at=NOW - timedelta(minutes=1))


def test_results_of_great_expectations_are_read():
    run = run_of(EXPECTATIONS)

    assert run.at == datetime(2026, 3, 2, 8, 0, 0, 123456, tzinfo=UTC)
    first, second = run.checks
    assert (first.tested, first.failing, first.dimension) == (200, 4, "completeness")
    assert first.title == "expect_column_values_to_not_be_null email"
    assert second.state == "error"
    assert "canary" not in second.message


def test_a_checkpoint_of_great_expectations_has_a_run_for_each_validation():
    checkpoint = {"run_results": {"a/b": {"validation_result": EXPECTATIONS}, "c": EXPECTATIONS}}

    assert len(read(checkpoint)[0]) == 2
    broken = {"run_results": {"a/b": {"results": [{}], "success": True}}}
    assert "/run_results/a~1b/results/0/success" in locations(broken)


def test_results_of_soda_are_read():
    run = run_of(SODA)

    assert [check.state for check in run.checks] == ["failed", "not_run"]
    assert [check.dimension for check in run.checks] == ["completeness", "timeliness"]
    assert run.checks[0].observed == 4


def test_tests_of_dbt_are_read_and_its_models_are_not():
    run = run_of(DBT)

    assert (run.identifier, run.ignored) == ("3f1c", 1)
    assert [check.state for check in run.checks] == ["failed", "error"]
    assert [check.dimension for check in run.checks] == ["uniqueness", "consistency"]
    assert run.checks[0].failing == 3


@pytest.mark.skipif(not SHARED.exists(), reason="no samples next to this checkout")
def test_real_run_results_of_dbt_are_read_or_have_an_issue():
    paths = list((SHARED / "samples" / "dbt").rglob("run_results*.json"))
    assert paths
    for path in paths:
        reader = ReportReader(now=datetime(2030, 1, 1, tzinfo=UTC))
        reports = read_item(reader, json.loads(path.read_text()), "")
        has_tests = any(isinstance(run, ReportedRun) and run.checks for run in reports)
        assert has_tests or reader.issues, path


@pytest.mark.parametrize(
    ("item", "location"),
    [
        ([], ""),
        ({"what": 1}, ""),
        ({"heartbeat": {}}, "/heartbeat/id"),
        ({"heartbeat": {"id": "1", "at": "soon"}}, "/heartbeat/at"),
        ({"heartbeat": {"id": "1", "at": "2026-03-02T11:00:00Z"}}, "/heartbeat/at"),
        ({"heartbeat": {"id": "1", "at": "2020-03-02T11:00:00Z"}}, "/heartbeat/at"),
        ({"heartbeat": {"id": "1", "at": "0001-01-01T00:00:00+14:00"}}, "/heartbeat/at"),
        ({"heartbeat": {"id": "1", "att": 1}}, "/heartbeat/att"),
        ({"run": {"id": "1", "at": "2026-03-02T09:00:00Z"}}, "/run/checks"),
        ({"run": OWN["run"] | {"checks": [{"name": "x"}]}}, "/run/checks/0/outcome"),
        ({"run": OWN["run"] | {"checks": [{"outcome": []}]}}, "/run/checks/0/name"),
        ({"run": OWN["run"] | {"values": {"validity": 1.2}}}, "/run/values/validity"),
        ({"run": OWN["run"] | {"values": {"volume": float("inf")}}}, "/run/values/volume"),
        ({"run": OWN["run"] | {"checks": [{}] * 1001}}, "/run"),
        (SODA | {"checks": [{"name": "x", "outcome": "good"}]}, "/checks/0/outcome"),
        (DBT | {"results": [{"unique_id": "model.a.b"}]}, "/results"),
        (DBT | {"results": [{"unique_id": "test.a.b", "status": {}}]}, "/results/0/status"),
        ({"metadata": {"dbt_schema_version": "manifest"}}, "/metadata/dbt_schema_version"),
        (EXPECTATIONS | {"meta": {}}, "/meta/run_id/run_time"),
    ],
)
def test_what_is_wrong_in_a_report_is_an_issue_at_its_member(item, location):
    assert location in locations(item)


JUNK = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                "results checks run heartbeat metadata dbt_schema_version run_results success id"
                " meta at outcome status unique_id result expectation_config values name".split()
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@given(JUNK)
def test_no_report_breaks_the_reader(item):
    reports, issues = read(item)

    assert reports or issues or item == {"run_results": {}}


def test_checks_of_one_name_have_keys_of_their_own():
    check = {"name": "x", "outcome": "passed"}
    run = run_of({"run": OWN["run"] | {"checks": [check, check]}})

    assert [check.key for check in run.checks] == ["x", "x #2"]


def test_the_dimension_of_a_check_follows_from_its_name():
    assert dimension_of("expect_column_values_to_be_unique") == "uniqueness"
    assert dimension_of("expect_column_values_to_be_in_set") == "validity"


def test_a_signature_is_that_of_the_specification():
    # The example of https://www.standardwebhooks.com, computed by its reference library.
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    body = b'{"test": 2432232314}'
    known = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="

    signature = signature_of(
        secret, identifier="msg_p5jXN8AQM9LWM0D4loKWxJek", timestamp="1614265330", body=body
    )

    assert signature == known


@pytest.mark.parametrize(
    ("change", "is_good"),
    [
        ({}, True),
        ({"webhook-id": "other"}, False),
        ({"webhook-timestamp": str(int(NOW.timestamp()) - 301)}, False),
        ({"webhook-timestamp": "١٢"}, False),
        ({"webhook-signature": "v1,xx"}, False),
        ({"webhook-signature": "é"}, False),
        ({"webhook-signature": ""}, False),
    ],
)
def test_a_signature_covers_id_time_and_body(change, is_good):
    stamp = str(int(NOW.timestamp()))
    signature = signature_of("key", identifier="1", timestamp=stamp, body=b"{}")
    headers = {"webhook-id": "1", "webhook-timestamp": stamp}
    headers |= {"webhook-signature": f"v1,old {signature}"} | change

    assert is_signed(headers, b"{}", secret="key", now=NOW) == is_good
    assert not is_signed(headers, b"{ }", secret="key", now=NOW)
    assert not is_signed(headers, b"{}", secret="other", now=NOW)


@pytest.fixture
def users() -> Users:
    return make_users()


@pytest.fixture
def port(users: Users) -> OutputPort:
    """Return a port that sends heartbeats, of a product that only its domain sees."""
    probe = {"heartbeat": True, "signingSecretName": "DBT"}
    custom = [{"property": "assayProbe", "value": probe}]
    product = make_product(domain=users.domain, assayVisibility="members")
    return make_port(product, type="kafka", host="kafka.example", customProperties=custom)


def send(client: Client, port: OutputPort, body: Any, **headers: str) -> Any:
    return client.post(
        f"/api/v1/products/{port.product.uuid}/ports/{port.name}/results",
        data=body if isinstance(body, bytes) else json.dumps(body),
        content_type="application/json",
        headers=headers,
    )


def token_of(person: Any, *scopes: str) -> dict[str, str]:
    token = create_token(person=person, name="ci", scopes=scopes, lasts=timedelta(days=1))[1]
    return {"Authorization": f"Bearer {token}"}


def fresh(item: Any) -> Any:
    """Return an item with times of now."""
    stamp = timezone.now().isoformat()
    return json.loads(json.dumps(item).replace("2026-03-02T09:00:00Z", stamp))


@pytest.mark.django_db
def test_a_run_is_recorded_once_and_marked_as_reported(client, users, port):
    headers, body = token_of(users.owner, "write"), fresh(OWN)

    first = send(client, port, body, **headers)
    second = send(client, port, body, **headers)

    assert first.status_code == second.status_code == 200, first.content
    assert (first.json()["accepted"], second.json()["duplicates"]) == (1, 1)
    assert first.json()["items"][0]["runs"] == second.json()["items"][0]["runs"]
    run = QualityRun.objects.get()
    assert (run.source, run.reporter, run.requested_by) == (
        "reported",
        "airflow",
        users.owner.audit_name,
    )
    assert CheckOutcome.objects.count() == 2
    values = {value.indicator: value for value in IndicatorValue.objects.all()}
    assert {value.source for value in values.values()} == {"reported"}
    assert values["uniqueness"].value == pytest.approx(0.95)
    assert (values["completeness"].value, values["freshness"].value) == (1, 3600)


@pytest.mark.django_db
def test_each_error_is_at_its_item_and_the_others_are_recorded(client, users, port):
    body = {"items": [fresh(OWN), {"run": {"id": "x"}}, {"heartbeat": {"id": "1", "at": "no"}}]}

    answer = send(client, port, body, **token_of(users.owner, "write")).json()

    assert [item["state"] for item in answer["items"]] == ["accepted", "rejected", "rejected"]
    pointers = [issue["pointer"] for item in answer["items"] for issue in item["issues"]]
    assert "/items/1/run/at" in pointers
    assert pointers[-1] == "/items/2/heartbeat/at"
    assert QualityRun.objects.count() == 1


@pytest.mark.django_db
def test_a_body_without_a_right_item_is_refused_as_a_whole(client, users, port):
    response = send(client, port, {"items": [{"x": 1}]}, **token_of(users.owner, "write"))

    assert response.status_code == 422
    assert "/items/0" in response.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "body", [{"items": []}, {"items": {}}, {"items": [{}] * 101}, b"[" * 5000, b"\xff", b"7"]
)
def test_a_body_that_is_no_report_is_refused(client, users, port, body):
    response = send(client, port, body, **token_of(users.owner, "write"))

    assert response.status_code in (400, 422)
    assert QualityRun.objects.count() == 0


@pytest.mark.django_db
def test_results_are_taken_from_editors_alone(client, users, port):
    assert send(client, port, OWN).status_code == 404
    assert send(client, port, OWN, **token_of(users.owner, "read")).status_code == 403
    assert send(client, port, OWN, **token_of(users.consumer, "write")).status_code in (403, 404)
    assert send(client, port, OWN, **token_of(users.outsider, "write")).status_code == 404
    assert QualityRun.objects.count() == 0


def signed(body: bytes, secret: str = "a long key") -> dict[str, str]:
    stamp = str(int(timezone.now().timestamp()))
    signature = signature_of(secret, identifier="1", timestamp=stamp, body=body)
    return {"webhook-id": "1", "webhook-timestamp": stamp, "webhook-signature": signature}


@pytest.mark.django_db
def test_a_signed_report_needs_no_account(client, users, port, monkeypatch):
    monkeypatch.setenv("ASSAY_SECRET_DBT", "a long key")
    monkeypatch.setenv("ASSAY_SECRET_DBT_FOR", f"{users.domain.slug}@results")
    body = json.dumps(fresh(OWN)).encode()

    assert send(client, port, body, **signed(body)).status_code == 200
    assert "signed report" in QualityRun.objects.get().requested_by


@pytest.mark.django_db
def test_a_wrong_signature_says_nothing_of_a_hidden_product(client, users, port, monkeypatch):
    monkeypatch.setenv("ASSAY_SECRET_DBT", "a long key")
    monkeypatch.setenv("ASSAY_SECRET_DBT_FOR", "elsewhere@results")
    body = json.dumps(OWN).encode()

    assert send(client, port, body, **signed(body)).status_code == 404
    client.force_login(users.owner)
    assert send(client, port, body, **signed(body, "other")).status_code in (401, 403)
    assert QualityRun.objects.count() == 0


@pytest.mark.django_db
def test_a_heartbeat_makes_a_port_good_at_its_next_check(client, users, port):
    probe_ports(port_ids=[port.pk])
    ProbeSchedule.objects.update(next_due_at=timezone.now() + timedelta(minutes=1))
    port.refresh_from_db()
    assert port.last_outcome == "late"
    heartbeat = {"heartbeat": {"id": "1", "at": timezone.now().isoformat()}}
    headers = token_of(users.owner, "write")

    assert send(client, port, heartbeat, **headers).json()["accepted"] == 1
    assert send(client, port, heartbeat, **headers).json()["duplicates"] == 1
    assert ProbeSchedule.objects.get().next_due_at <= timezone.now()
    probe_ports(port_ids=[port.pk])

    assert list(Measurement.objects.order_by("pk").values_list("outcome", flat=True)) == [
        "late",
        "good",
    ]
    assert Heartbeat.objects.count() == 1


@pytest.mark.django_db
def test_a_heartbeat_of_a_port_that_is_probed_is_refused(client, users):
    port = make_port(make_product(domain=users.domain))
    body = {"heartbeat": {"id": "1", "at": timezone.now().isoformat()}}

    response = send(client, port, body, **token_of(users.owner, "write"))

    assert response.status_code == 422
    assert "no-heartbeats" in response.content.decode()
