"""The metrics for Prometheus: who may read them, what they say, and that promtool accepts them."""

import subprocess
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from catalog.domains.services import grant_role
from catalog.people.services.tokens import create_token
from catalog.permissions import Role
from governance.schedules.services import count_work, record_runs
from governance.slo.models import ProbeSchedule
from governance.slo.services.poller import count_probes
from tests.factories import FACTORY, make_person
from tests.governance.measuring import make_port, probe_result

pytestmark = pytest.mark.django_db
TEXT = "text/plain;version=0.0.4"


def person_with(role: Role | None) -> Any:
    person = make_person()
    if role is not None:
        grant_role(person=person, role=role, actor=FACTORY)
    return person


@pytest.fixture
def operator(client: Client) -> Client:
    client.force_login(person_with(Role.PLATFORM_OPERATOR))
    return client


def samples(client: Client) -> dict[tuple[str, ...], float]:
    """Return the value of each sample by its name and the values of its labels."""
    response = client.get("/metrics", headers={"Accept": TEXT})
    families = text_string_to_metric_families(response.content.decode())
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in families
        for sample in family.samples
    }


@pytest.mark.parametrize(
    ("role", "status"),
    [
        (None, 403),
        (Role.GOVERNANCE_LEAD, 200),
        (Role.AUDITOR, 200),
        (Role.PLATFORM_OPERATOR, 200),
    ],
)
def test_metrics_are_for_operators_and_auditors(client, role, status):
    client.force_login(person_with(role))

    assert client.get("/metrics").status_code == status


def test_prometheus_signs_in_by_an_api_token(client):
    assert client.get("/metrics").status_code == 401
    person = person_with(Role.PLATFORM_OPERATOR)
    lasts = timedelta(days=1)
    token = create_token(person=person, name="prometheus", scopes=["read"], lasts=lasts)[1]

    response = client.get("/metrics", headers={"Authorization": f"Bearer {token}"})

    assert response.status_code == 200
    assert "no-store" in response["Cache-Control"]


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        (TEXT, "text/plain; version=0.0.4; charset=utf-8"),
        (
            "application/openmetrics-text;version=1.0.0",
            "application/openmetrics-text; version=1.0.0",
        ),
        ("image/png", "text/plain; version=0.0.4; charset=utf-8"),
    ],
)
def test_metrics_come_in_the_format_that_is_asked_for(operator, accept, content_type):
    response = operator.get("/metrics", headers={"Accept": accept})

    assert response["Content-Type"].startswith(content_type)


def test_metrics_say_what_the_poller_did_and_what_waits(operator):
    now = timezone.now()
    port = make_port()
    ProbeSchedule.objects.filter(port=port).update(next_due_at=now - timedelta(seconds=90))
    count_probes([probe_result(port, now)])
    record_runs(name="probe due ports", now=now - timedelta(seconds=7), items=3, every=5)

    values = samples(operator)

    assert values["assay_ports_polled",] == 1
    assert values["assay_queue_due", "probes"] == 1
    assert values["assay_queue_age_seconds", "probes"] == pytest.approx(90, abs=5)
    assert values["assay_probes_total", "", "good"] == 1
    assert values["assay_probe_lateness_seconds_bucket", "0.5"] == 1
    assert values["assay_probe_lateness_seconds_bucket", "+Inf"] == 1
    assert values["assay_loop_age_seconds", "probe due ports"] == pytest.approx(7, abs=5)
    assert values["assay_loop_items_total", "probe due ports"] == 3
    assert ("assay_index_lag_seconds", "embedded") in values
    assert values["assay_deliveries", "pending"] == 0


def test_metrics_name_no_product(operator):
    port = make_port()

    page = operator.get("/metrics").content.decode()

    assert port.product.slug not in page
    assert port.product.domain.slug not in page


@pytest.mark.promtool
def test_promtool_finds_nothing_wrong_with_the_metrics(operator, promtool: Path):
    port, now = make_port(), timezone.now()
    count_probes([probe_result(port, now - timedelta(seconds=s)) for s in (0, 7, 100)])
    count_work(name="probes", counts={"sql timeout": 1})
    record_runs(name="a “loop” with \\ and \n in it", now=now, items=3, failures=1, every=5)

    page = operator.get("/metrics", headers={"Accept": TEXT}).content
    checked = subprocess.run(
        [promtool, "check", "metrics"], input=page, capture_output=True, check=False
    )

    assert (checked.returncode, checked.stdout + checked.stderr) == (0, b"")
