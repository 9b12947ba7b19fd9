"""The status page calls nothing well that was not looked at."""

import pytest
from django.utils import timezone

from catalog.domains.services import grant_role
from catalog.permissions import Role
from catalog.search.models import IndexCheck
from config import heartbeats
from config.ops.status_checks import audit_chain, index, polling
from governance.inspection.models import SourceSchedule
from governance.inspection.services import schedule_missing_sources
from tests.factories import FACTORY, make_person, make_product, with_port
from tests.governance.measuring import START, make_port

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def one_engine(settings, tmp_path):
    settings.ASSAY_DATA_DIR = tmp_path
    settings.ASSAY_SEARCH_ENGINES = ["embedded"]


@pytest.fixture
def operator(client):
    person = make_person("ana")
    grant_role(person=person, role=Role.PLATFORM_OPERATOR, actor=FACTORY)
    client.force_login(person)
    return client


def state_of(readings, name):
    return next(reading.is_well for reading in readings if reading.name == name)


def test_an_index_that_was_never_compared_is_not_well_but_not_checked():
    assert state_of(index(), "embedded, last check") is None

    IndexCheck.objects.create(engine="embedded", at=timezone.now(), checked=3)
    assert state_of(index(), "embedded, last check") is True


def test_an_audit_chain_that_was_not_verified_is_not_checked():
    assert state_of(audit_chain(verify=False), "chain") is None
    assert state_of(audit_chain(verify=True), "chain") is True


def test_without_a_port_to_probe_probing_is_not_checked():
    assert state_of(polling(), "last measurement") is None

    make_port()
    assert state_of(polling(), "last measurement") is False


def test_sources_that_wait_for_hours_are_a_degraded_state():
    with_port(make_product())
    schedule_missing_sources()
    assert state_of(polling(), "sources to read") is True

    SourceSchedule.objects.update(next_due_at=START)
    assert state_of(polling(), "sources to read") is False


def test_the_page_names_what_was_not_checked(operator):
    page = operator.get("/status").content.decode()

    assert "Not checked: embedded, last check, ports polled, " in page
    assert "not checked" in page


def test_the_api_says_what_was_not_checked(operator):
    body = operator.get("/api/v1/status").json()

    assert {"embedded, last check", "chain"} <= set(body["unchecked"])
    [chain] = [reading for reading in body["sections"]["audit"] if reading["name"] == "chain"]
    assert chain["is_well"] is None
    assert body["indexes"][0]["objective"]["is_met"] is None


def test_a_visitor_reads_only_that_the_components_respond(client):
    for name in (*heartbeats.QUEUES, heartbeats.BEAT):
        heartbeats.beat(name)

    page = client.get("/status").content.decode()

    assert "All checks passed" not in page
    heartbeats.clear((*heartbeats.QUEUES, heartbeats.BEAT))
