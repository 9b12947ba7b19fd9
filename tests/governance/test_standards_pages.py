"""Pages of standards and planned maintenance: forms, errors at their row, and the calendar."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from governance.slo.icalendar import CalendarEvent, calendar_text
from governance.slo.models import MaintenanceWindow, Objective, ObjectiveStandard
from governance.slo.services import cancel_maintenance, plan_maintenance
from tests.factories import FACTORY, make_domain, make_published_product, make_users

HOUR = timedelta(hours=1)
NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)


def rows(*items: dict[str, str], edition: int) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "edition": edition,
        "rows-TOTAL_FORMS": len(items),
        "rows-INITIAL_FORMS": 0,
    }
    for index, item in enumerate(items):
        fields |= {f"rows-{index}-{name}": value for name, value in item.items()}
    return fields


AVAILABLE = {"indicator": "availability", "target": "99", "window": "month", "interval": "5m"}
COMPLETE = {"indicator": "completeness", "target": "90", "threshold": "99.5 %", "window": "30d"}


@pytest.mark.django_db
def test_an_owner_publishes_standards_and_the_domain_shows_who_misses_them(client):
    domain = make_domain()
    product = make_published_product("Orders", domain=domain)
    users = make_users(domain)
    client.force_login(users.owner)
    page = f"/d/{domain.slug}/standards"

    sent = rows(AVAILABLE, COMPLETE, edition=domain.edition)
    assert client.post(page, sent).status_code == 302

    assert list(ObjectiveStandard.objects.values_list("declared", flat=True)) == [
        {
            "indicator": "availability",
            "target": 0.99,
            "window": "month",
            "budgeting": "occurrences",
            "interval": "5m",
        },
        {"indicator": "completeness", "target": 0.9, "threshold": 0.995, "window": "30d"},
    ]
    objective = Objective.objects.get(indicator="availability")
    objective.status.verdict = "breached"
    objective.status.save()
    text = client.get(f"/d/{domain.slug}").content.decode()
    assert "Missed by" in text
    assert f'<a href="{product.path}/slo">Orders</a>' in text


@pytest.mark.django_db
def test_an_issue_of_a_standard_is_shown_at_its_row(client):
    users = make_users()
    client.force_login(users.owner)
    page = f"/d/{users.domain.slug}/standards"
    blank = {"window": "30d"}
    wrong = {"indicator": "freshness", "target": "99", "threshold": "5 rows", "window": "30d"}

    answer = client.post(page, rows(blank, wrong, edition=users.domain.edition))

    assert answer.status_code == 422
    assert list(answer.context_data["page"].form.errors) == ["rows-1-threshold"]
    twice = client.post(page, rows(AVAILABLE, blank, AVAILABLE, edition=users.domain.edition))
    assert list(twice.context_data["page"].form.errors) == ["rows-2-indicator"]


@pytest.mark.django_db
def test_standards_that_someone_else_changed_are_not_overwritten(client):
    users = make_users()
    client.force_login(users.owner)
    page = f"/d/{users.domain.slug}/standards"
    client.post(page, rows(AVAILABLE, edition=users.domain.edition))

    answer = client.post(page, rows(COMPLETE, edition=users.domain.edition))

    assert answer.status_code == 409
    assert ObjectiveStandard.objects.get().declared["indicator"] == "availability"


@pytest.mark.django_db
def test_only_managers_see_the_form_of_standards(client):
    users = make_users()
    page = f"/d/{users.domain.slug}/standards"
    assert client.get(page).status_code == 302
    client.force_login(users.steward)
    assert client.get(page).status_code == 403
    assert page not in client.get(f"/d/{users.domain.slug}").content.decode()


@pytest.mark.django_db
def test_maintenance_is_announced_listed_and_cancelled_on_the_page(client):
    product = make_published_product(domain=make_domain())
    users = make_users(product.domain)
    page = f"{product.path}/maintenance"
    tomorrow = timezone.localtime() + timedelta(days=1)
    fields = {
        "summary": "New disks",
        "starts_at": tomorrow.strftime("%Y-%m-%dT%H:%M"),
        "ends_at": (tomorrow + HOUR).strftime("%Y-%m-%dT%H:%M"),
    }
    assert client.post(page, fields).status_code == 403
    client.force_login(users.steward)

    late = client.post(page, fields | {"starts_at": "2020-01-01T00:00"})
    assert late.status_code == 422
    assert list(late.context_data["page"].form.errors) == ["starts_at", "ends_at"]
    assert client.post(page, fields).status_code == 302

    window = MaintenanceWindow.objects.get()
    assert "New disks" in client.get(page).content.decode()
    assert client.post(page, {"cancel": str(window.uuid)}).status_code == 302
    assert client.post(page, {"cancel": "nothing"}).status_code == 404
    assert "cancelled" in client.get(page).content.decode()


@pytest.mark.django_db
def test_the_maintenance_of_a_domain_is_on_the_pages_of_its_products(client):
    domain = make_domain("shop")
    product = make_published_product(domain=domain)
    starts_at = timezone.now() + HOUR
    plan_maintenance(
        subject=domain,
        starts_at=starts_at,
        ends_at=starts_at + HOUR,
        summary="New disks",
        actor=FACTORY,
        now=timezone.now(),
    )
    for page in (f"{product.path}/maintenance", "/d/shop/maintenance"):
        assert "New disks" in client.get(page).content.decode()
    assert "New disks" in client.get(f"{product.path}/maintenance.ics").content.decode()


@pytest.mark.django_db
def test_a_calendar_has_cancelled_windows_so_that_subscribers_remove_them(client):
    product = make_published_product()
    starts_at = timezone.now() + HOUR
    times = {"starts_at": starts_at, "ends_at": starts_at + HOUR}
    window = plan_maintenance(
        subject=product, **times, summary="Disks; new, fast", actor=FACTORY, now=timezone.now()
    )
    cancel_maintenance(window=window, actor=FACTORY, now=timezone.now())

    answer = client.get(f"{product.path}/maintenance.ics")

    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    lines = answer.content.decode().split("\r\n")
    assert f"UID:{window.uuid}@127.0.0.1:8000" in lines or any(
        line.startswith(f"UID:{window.uuid}@") for line in lines
    )
    assert {"SEQUENCE:1", "STATUS:CANCELLED"} <= set(lines)
    assert any(r"Disks\; new\, fast" in line for line in lines)


@pytest.mark.django_db
def test_the_maintenance_of_a_hidden_product_is_not_found(client):
    hidden = make_published_product(assayVisibility="restricted")
    for page in ("maintenance", "maintenance.ics"):
        assert client.get(f"{hidden.path}/{page}").status_code == 404


def test_long_lines_of_a_calendar_are_folded_between_characters():
    event = CalendarEvent(
        uid="1",
        starts_at=NOW,
        ends_at=NOW + HOUR,
        summary="é" * 100,
        description="a\nb\r",
        url="https://x/",
        changed_at=NOW,
        created_at=NOW,
    )

    text = calendar_text("Maintenance", [event])

    lines = text.split("\r\n")
    assert all(len(line.encode()) <= 75 for line in lines)
    assert "SUMMARY:" + "é" * 100 in text.replace("\r\n ", "").split("\r\n")
    assert r"DESCRIPTION:a\nb" in lines
    assert "DTSTART:20260302T100000Z" in lines
