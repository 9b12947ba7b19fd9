"""Objectives are proposed from the first measurements, with the evidence for them."""

from datetime import timedelta

import pytest
from django.utils import timezone

from catalog.contracts.services import save_contract
from governance.slo.histogram import Histogram
from governance.slo.proposals import propose_for_data, propose_objectives
from governance.slo.services import RecordedValue, probe_ports, record_values
from governance.slo.stats import Stats
from tests.factories import FACTORY, make_domain, make_product, make_users, with_port, write_file
from tests.governance.measuring import slots


def stats(good: int, bad: int = 0, seconds: float = 0.02) -> Stats:
    return Stats({"good": good, "timeout": bad}, Histogram.of([seconds] * good))


def test_without_a_good_check_nothing_is_proposed():
    assert propose_objectives(Stats()) == []
    assert propose_objectives(stats(good=0, bad=5)) == []


@pytest.mark.parametrize(
    ("good", "bad", "target"), [(5, 0, 0.99), (99, 1, 0.99), (96, 4, 0.95), (91, 9, 0.9)]
)
def test_the_proposed_availability_is_met_by_what_was_measured(good, bad, target):
    first = propose_objectives(stats(good, bad))[0]

    assert (first.indicator, first.target) == ("availability", target)


@pytest.mark.parametrize(
    ("good", "bad", "target"), [(999, 0, 0.99), (2000, 0, 0.995), (10_000, 5, 0.999)]
)
def test_a_high_availability_needs_enough_checks_to_be_proposed(good, bad, target):
    assert propose_objectives(stats(good, bad))[0].target == target


def test_thresholds_of_data_are_proposed_from_its_runs():
    values = {
        "completeness": [1.0] * 18 + [0.996, 0.5],
        "freshness": [3000.0, 4000, 5000, 9000, 80_000],
        "volume": [2_600.0, 2_700, 2_800, 3_000, 9_000],
        "uniqueness": [1.0] * 4,
    }

    proposals = {proposal.indicator: proposal for proposal in propose_for_data(values)}

    assert {name: proposal.threshold for name, proposal in proposals.items()} == {
        "completeness": 0.995,
        "freshness": 26 * 3600,
        "volume": 1000,
    }
    assert proposals["completeness"].runs == 20


def test_a_source_that_often_fails_gets_no_availability():
    [only] = propose_objectives(stats(good=1, bad=1))

    assert only.indicator == "latency"


@pytest.mark.parametrize(("seconds", "threshold"), [(0.02, 0.05), (0.03, 0.1), (0.4, 1.0)])
def test_the_proposed_latency_leaves_room_for_a_longer_way(seconds, threshold):
    assert propose_objectives(stats(5, seconds=seconds))[1].threshold == threshold


def test_a_latency_beyond_the_scale_is_not_proposed():
    assert len(propose_objectives(stats(5, seconds=30))) == 1


@pytest.mark.django_db
def test_the_page_says_on_how_many_checks_and_fills_the_proposal_in_on_request(client):
    users = make_users(make_domain("sales"))
    write_file(users.domain, "id\n1\n")
    product = with_port(make_product(domain=users.domain))
    client.force_login(users.owner)
    page = f"{product.path}/edit/objectives"
    assert "Nothing has been measured yet." in client.get(page).content.decode()
    probe_ports(port_ids=[product.output_ports.get().pk])

    offered = client.get(page).content.decode()
    filled = client.get(f"{page}?proposed=1")

    assert "Proposed from 1 check" in offered
    assert "This is little evidence" in offered
    form = filled.context_data["page"].frame.form
    assert [row["indicator"] for row in form.initial["rows"]] == ["availability", "latency"]
    product.refresh_from_db()
    assert not any("assayObjectives" in str(item) for item in [product.tree])


@pytest.mark.django_db
def test_what_was_filled_in_is_saved_as_objectives(client):
    users = make_users(make_domain("sales"))
    write_file(users.domain, "id\n1\n")
    product = with_port(make_product(domain=users.domain))
    client.force_login(users.owner)
    probe_ports(port_ids=[product.output_ports.get().pk])
    fields = {
        "rows-TOTAL_FORMS": "1",
        "rows-INITIAL_FORMS": "1",
        "rows-0-indicator": "availability",
        "rows-0-target": "99",
        "rows-0-window": "30d",
        "rows-0-budgeting": "occurrences",
        "edition": product.edition,
    }

    client.post(f"{product.path}/edit/objectives?proposed=1", fields)

    product.refresh_from_db()
    assert product.tree["customProperties"][-1]["value"][0]["target"] == 0.99


@pytest.mark.django_db
def test_what_runs_measured_and_contracts_state_is_filled_in(client):
    users = make_users(make_domain("sales"))
    client.force_login(users.owner)
    write_file(users.domain, "id\n1\n")
    product = with_port(make_product(domain=users.domain))
    contract = product.contracts.get()
    levels = [
        {"property": "availability", "value": 99.5, "unit": "%"},
        {"property": "completeness", "value": 90, "unit": "%"},
    ]
    save_contract(
        product=product,
        tree=contract.tree | {"slaProperties": levels},
        edition=product.edition,
        actor=FACTORY,
    )
    product.refresh_from_db()
    port = product.output_ports.get()
    values = [
        RecordedValue(port_id=port.pk, indicator="completeness", slot=slot, value=0.997)
        for slot in slots(6, start=timezone.now() - timedelta(hours=7), every=timedelta(hours=1))
    ]
    record_values(values=values, now=timezone.now())

    page = client.get(f"{product.path}/edit/objectives")
    filled = client.get(f"{product.path}/edit/objectives?proposed=1")

    text = page.content.decode()
    assert "measured in 6 runs" in text
    assert "stated in the contract, not measured" in text
    form_rows = filled.context_data["page"].frame.form.rows
    rows = [row.stored["declared"] for row in form_rows if "declared" in row.stored]
    assert [(row["indicator"], row["target"], row.get("threshold")) for row in rows] == [
        ("completeness", 0.95, 0.995),
        ("availability", 0.995, None),
    ]
