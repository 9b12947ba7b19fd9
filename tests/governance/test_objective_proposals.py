"""Objectives are proposed from the first measurements, with the evidence for them."""

import pytest

from governance.slo.histogram import Histogram
from governance.slo.proposals import propose_objectives
from governance.slo.services import probe_ports
from governance.slo.stats import Stats
from tests.factories import make_domain, make_product, make_users, with_port, write_file


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
