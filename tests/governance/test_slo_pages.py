"""The SLO tab, its CSV, the board, and the API: the same values on every surface."""

import csv
import re
from datetime import timedelta

import pytest
from django.utils import timezone

from governance.slo.models import MaintenanceWindow, Objective
from governance.slo.outcomes import Outcome
from governance.slo.rollups import DAYS
from governance.slo.services import roll_up_days
from governance.slo.services.values import RecordedValue, record_values
from governance.slo.stats import DAY, start_of_day
from tests.factories import make_domain, make_person, make_published_product
from tests.governance.measuring import (
    MINUTE,
    declare_objectives,
    make_port,
    probe_result,
    record,
    slots,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def measured(settings):
    """A published product with two objectives, measured over ten days; one answer in ten is bad."""
    settings.ASSAY_EVIDENCE_PERCENT = 0
    product = make_published_product("Orders")
    port = make_port(product)
    declare_objectives(
        product,
        {"indicator": "availability", "target": 0.8, "port": port.name},
        {"indicator": "latency", "target": 0.8, "threshold": 0.33, "port": port.name},
    )
    now = timezone.now()
    for number in range(9, -1, -1):
        at = min(start_of_day(now) - number * DAY + timedelta(hours=1), now - timedelta(minutes=15))
        for place, slot in enumerate(slots(10, start=at)):
            outcome = Outcome.TIMEOUT if place == 3 else Outcome.GOOD
            record([probe_result(port, slot, outcome, 0.2)], now=slot)
    roll_up_days(now=now)
    record([probe_result(port, now, Outcome.GOOD, 0.2)], now=now)
    product.refresh_from_db()
    return product


def rows_of(response):
    return list(csv.DictReader(b"".join(response).decode().splitlines()))


def test_page_api_and_csv_have_the_same_values(client, measured):
    page = client.get(f"{measured.path}/slo")
    data = client.get(f"/api/v1/products/{measured.uuid}/slo").json()
    rows = rows_of(client.get(f"{measured.path}/slo.csv"))

    assert page.status_code == 200
    assert data["verdict"] == "met"
    availability, latency = sorted(data["objectives"], key=lambda report: report["indicator"])
    assert (availability["good"], availability["total"]) == (91, 101)
    assert latency["threshold"] == 0.335
    assert latency["value"] == 0.2
    for objective in (availability, latency):
        own = [row for row in rows if row["objective"] == str(objective["id"])]
        assert [row["date"] for row in own] == [day["date"] for day in objective["days"]]
        assert sum(int(row["good"]) for row in own) == objective["good"]
        assert sum(day["total"] for day in objective["days"]) == objective["total"]
    assert "91 <small>" in page.content.decode()
    assert "is measured as" in page.content.decode()


def test_every_day_of_the_chart_can_be_reached_and_has_a_text(client, measured):
    text = client.get(f"{measured.path}/slo").content.decode()

    assert text.count("data-verdict=") == 2 * DAYS
    assert len(re.findall(r'role="img"\s+tabindex="0"', text)) == 2
    assert "9 of 10 measured" not in text
    assert "1 of 10 failed" in text


def test_the_queries_of_the_page_do_not_grow_with_its_objectives(
    client, measured, django_assert_max_num_queries
):
    with django_assert_max_num_queries(30):
        client.get(f"{measured.path}/slo")


def test_single_measurements_are_a_csv_file(client, measured):
    response = client.get(f"{measured.path}/slo/measurements.csv")

    rows = rows_of(response)
    assert len(rows) == 101
    assert {row["outcome"] for row in rows} == {"good", "timeout"}


def test_a_product_without_objectives_says_so_and_shows_its_measurements(client):
    product = make_published_product("Quiet")
    port = make_port(product)
    now = timezone.now()
    failed = [probe_result(port, now - n * MINUTE, Outcome.HTTP_ERROR) for n in range(12)]
    record(failed, now=now)

    text = " ".join(client.get(f"{product.path}/slo").content.decode().split())

    assert "No objectives" in text
    assert re.search(
        r"\b0\s% <span class=\"muted small\"> of 12 checks, no objective </span>", text
    )
    assert "Latest checks" in text


def test_little_data_says_so(client):
    product = make_published_product("Young")
    port = make_port(product)
    declare_objectives(product, {"indicator": "availability", "target": 0.9, "port": port.name})
    now = timezone.now()
    Objective.objects.update(effective_since=now - timedelta(minutes=4))
    record([probe_result(port, now - timedelta(minutes=n)) for n in range(4)], now=now)

    data = client.get(f"/api/v1/products/{product.uuid}/slo").json()
    response = client.get(f"{product.path}/slo")
    text = response.content.decode()
    [card] = response.context_data["page"].cards

    assert card.chart_caption.startswith("4 of 4 checks of the ")
    assert "met the target" not in text
    assert "met" not in {day["verdict"] for day in data["objectives"][0]["days"]}
    assert card.bars[-1].text.endswith("failed")
    assert data["verdict"] == "collecting"
    assert data["objectives"][0]["reason"] == "little_evidence"
    assert data["objectives"][0]["expected"] == 43_200
    assert "4 of 4 checks in 4 min were good. A verdict needs 7 days and 20 checks." in text
    assert "collecting evidence" in text
    listed = client.get("/api/v1/products?slo=collecting").json()["results"]
    assert [product["name"] for product in listed] == ["Young"]


def test_a_hidden_product_shows_nothing_of_its_objectives(client):
    product = make_published_product("Secret", assayVisibility="restricted")
    declare_objectives(product, {"indicator": "availability", "target": 0.9})

    for tail in ("slo", "slo.csv", "slo/measurements.csv"):
        assert client.get(f"{product.path}/{tail}").status_code == 404
    assert "Secret" not in client.get("/slo").content.decode()
    assert client.get(f"/api/v1/products/{product.uuid}/slo").status_code == 404
    assert client.get("/api/v1/objectives").json()["results"] == []


def test_the_board_counts_by_verdict_with_the_worst_first_and_no_data_apart(client, measured):
    broken, quiet = make_published_product("Broken"), make_published_product("Quiet")
    port = make_port(broken)
    declare_objectives(broken, {"indicator": "availability", "target": 1})
    now = timezone.now()
    record(
        [probe_result(port, now - timedelta(minutes=n), Outcome.HTTP_ERROR) for n in range(9)],
        now=now,
    )

    response = client.get("/slo")
    page, text = response.context_data["page"], response.content.decode()

    assert page.counts == [("breached", 1), ("no_data", 1), ("met", 1)]
    groups = [(group.verdict, [row.name for row in group.rows]) for group in page.groups]
    assert groups == [("breached", ["Broken"]), ("met", ["Orders"]), ("no_data", ["Quiet"])]
    assert page.groups[0].rows[0].breached_since
    assert text.index("Broken") < text.index("Orders") < text.index(quiet.name)


def test_the_board_of_one_domain(client, measured):
    make_published_product("Elsewhere")

    page = client.get(f"/slo?domain={measured.domain.slug}").context_data["page"]

    assert page.filters.domain == measured.domain
    assert page.counts == [("met", 1)]


def test_the_board_of_one_verdict_keeps_the_counts_of_the_others(client, measured):
    make_published_product("Quiet")

    page = client.get("/slo?verdict=met").context_data["page"]

    assert page.counts == [("no_data", 1), ("met", 1)]
    assert [row.name for group in page.groups for row in group.rows] == ["Orders"]
    assert page.pages.paginator.count == 1


def test_the_board_finds_a_product_by_a_part_of_its_name(client, measured):
    make_published_product("Quiet")

    page = client.get("/slo?q=quie").context_data["page"]
    nothing = client.get("/slo?q=nothing")

    assert [row.name for group in page.groups for row in group.rows] == ["Quiet"]
    assert nothing.context_data["page"].groups == []
    assert "matches these filters" in nothing.content.decode()


def test_the_board_has_pages_of_fifty_and_says_how_many_there_are(client):
    domain = make_domain("sales")
    for number in range(52):
        make_published_product(f"Product {number:02}", domain=domain)

    first = client.get("/slo").context_data["page"]
    second = client.get("/slo?page=2").context_data["page"]

    assert [(group.count, len(group.rows)) for group in first.groups] == [(52, 50)]
    assert [row.name for row in second.groups[0].rows] == ["Product 50", "Product 51"]


def test_the_board_is_a_csv_file_with_a_line_for_each_indicator(client, measured):
    make_published_product("Quiet")

    rows = rows_of(client.get("/slo.csv"))
    met = rows_of(client.get("/slo.csv?verdict=met"))

    indicators = [(row["name"], row["indicator"]) for row in rows]
    assert indicators == [("Orders", "availability"), ("Orders", "latency"), ("Quiet", "")]
    assert {row["name"] for row in met} == {"Orders"}


def test_objectives_and_measurements_over_the_api(client, measured):
    objectives = client.get(f"/api/v1/objectives?product={measured.uuid}").json()["results"]
    bad = client.get("/api/v1/measurements?outcome=timeout&limit=5").json()

    assert {objective["indicator"] for objective in objectives} == {"availability", "latency"}
    assert objectives[0]["status"]["verdict"] == "met"
    assert len(bad["results"]) == 5
    assert client.get("/api/v1/measurements?outcome=odd").status_code == 400
    assert client.get("/api/v1/objectives?product=7").status_code == 400


def test_an_owner_gets_a_link_to_the_objectives_form(client):
    product = make_published_product("Quiet")
    owner = product.domain.memberships.get(role="owner").person
    client.force_login(owner)

    assert "/edit/objectives" in client.get(f"{product.path}/slo").content.decode()
    client.force_login(make_person())
    assert "/edit/objectives" not in client.get(f"{product.path}/slo").content.decode()


def test_the_head_of_the_page_has_the_figures_of_its_objectives(client, measured):
    response = client.get(f"{measured.path}/slo")
    page = response.context_data["page"]
    [availability] = [card for card in page.cards if card.report.spec.indicator == "availability"]
    [tile] = [metric for metric in page.frame.metrics if metric.label == "Availability"]

    assert availability.value == "90.1\u202f%"
    assert tile.value == "90.1\u202f%"
    assert f"{availability.budget_remaining} of the error budget is left" in (
        availability.budget_finding
    )


def test_each_chart_has_a_finding_as_title_and_the_same_values_as_a_table(client, measured):
    response = client.get(f"{measured.path}/slo")
    page, text = response.context_data["page"], response.content.decode()
    [latency] = [card for card in page.cards if card.report.is_latency]

    assert latency.latency_finding == "p80 is 200\u202fms; the target is 335\u202fms"
    assert latency.chart_caption == "All 10 measured days met the target"
    assert text.count('class="finding"') == 5
    assert text.count("<summary>Table</summary>") == 3
    rows = len(latency.latency)
    table = text.split("Table: p50, p95")[1].split("</table>")[0]
    assert table.count("<tr>") == rows + 1


def test_planned_maintenance_is_marked_on_the_charts_and_listed(client, measured):
    now = timezone.now()
    MaintenanceWindow.objects.create(
        product=measured,
        starts_at=now - 2 * DAY,
        ends_at=now - 2 * DAY + timedelta(hours=3),
        created_at=now - 3 * DAY,
        summary="Longer ago",
    )
    MaintenanceWindow.objects.create(
        product=measured,
        starts_at=now + DAY,
        ends_at=now + DAY + timedelta(hours=1),
        created_at=now,
        summary="New disks",
    )

    response = client.get(f"{measured.path}/slo")
    page, text = response.context_data["page"], response.content.decode()

    assert sum(day.has_maintenance for day in page.cards[0].bars) in (1, 2)
    assert page.cards[0].bands
    assert "planned maintenance for" in text
    assert [window.summary for window in page.maintenance] == ["New disks"]
    assert text.count("Planned maintenance</h2>") == 1
    assert text.count(f'href="{measured.path}/maintenance"') == 1


def test_an_objective_of_quality_has_its_own_unit_and_no_latency_chart(client, settings):
    settings.ASSAY_EVIDENCE_PERCENT = 0
    product = make_published_product("Fresh")
    port = make_port(product)
    freshness = {"indicator": "freshness", "target": 0.9, "threshold": 7200, "port": port.name}
    declare_objectives(product, freshness)
    now = timezone.now()
    Objective.objects.update(effective_since=now - DAY)
    values = [
        RecordedValue(
            port_id=port.pk, indicator="freshness", slot=now - timedelta(hours=n), value=3600.0
        )
        for n in range(3)
    ]
    record_values(values=values, now=now)

    [card] = client.get(f"{product.path}/slo").context_data["page"].cards

    assert (card.value, card.target) == ("60\u202fmin", "2\u202fh")
    assert card.latency == []
    assert card.summary.startswith("3 of 3 checks")


def test_the_tab_links_its_feed_badge_and_calendar(client, measured):
    text = client.get(f"{measured.path}/slo").content.decode()

    assert f'src="/badge/{measured.uuid}.svg"' in text
    assert f"{measured.path}/slo.atom" in text
