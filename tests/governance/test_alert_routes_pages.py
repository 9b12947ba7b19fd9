"""The pages of routes: who makes one, what a test says, and what stays secret."""

import pytest
from django.core import mail

from governance.alerts.models import Delivery, Route
from governance.alerts.services import RouteFields, create_route
from tests.factories import make_lead, make_users

pytestmark = pytest.mark.django_db
HOOK = "https://hooks.example.org/services/T0/secret"


@pytest.fixture
def users():
    return make_users()


@pytest.fixture
def owner(client, users):
    client.force_login(users.owner)
    return client


def route_of(users, **fields) -> Route:
    fields = {"name": "On call", "channel": "mail", "person": users.owner} | fields
    return create_route(domain=users.domain, fields=RouteFields(**fields), actor=users.owner)[0]


def text_of(client, path: str) -> str:
    return " ".join(client.get(path).content.decode().split())


def new_path(users) -> str:
    return f"/d/{users.domain.slug}/alerting/routes/new"


def test_an_owner_makes_a_route_for_a_person(owner, users):
    fields = {"edition": 0, "name": "On call", "channel": "mail", "is_enabled": "on"}

    answer = owner.post(new_path(users), fields | {"person": users.steward.username})

    route = Route.objects.get()
    assert answer["Location"] == f"/alerting/routes/{route.uuid}"
    assert (route.domain, route.person) == (users.domain, users.steward)
    assert "On call" in text_of(owner, f"/d/{users.domain.slug}/alerting")


def test_quiet_hours_are_kept_and_shown(owner, users):
    fields = {"edition": 0, "name": "On call", "channel": "mail", "person": users.owner.username}
    quiet = {"quiet_from": "22:00", "quiet_to": "07:00", "quiet_timezone": "Europe/Oslo"}

    owner.post(new_path(users), fields | quiet | {"quiet_days": ["0", "4"]})

    route = Route.objects.get()
    assert route.quiet_hours == {
        "from": "22:00",
        "to": "07:00",
        "timezone": "Europe/Oslo",
        "days": [0, 4],
    }
    assert "22:00–07:00 Europe/Oslo" in text_of(owner, f"/alerting/routes/{route.uuid}")
    assert 'value="22:00"' in text_of(owner, f"/alerting/routes/{route.uuid}/edit")


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"channel": "webhook", "address": "ftp://x"}, "address"),
        ({"channel": "in_app"}, "person"),
        ({"channel": "mail", "quiet_from": "22:00"}, "quiet_to"),
        ({"channel": "mail", "quiet_from": "1", "quiet_to": "2"}, "quiet_from"),
        ({"channel": "mail", "person": "not-here"}, "person"),
        ({"channel": "mail", "name": " "}, "name"),
    ],
)
def test_an_error_is_shown_at_its_field(owner, users, wrong, field):
    answer = owner.post(new_path(users), {"edition": 0, "name": "On call"} | wrong)

    assert answer.status_code == 422
    assert field in answer.context_data["page"].form.errors
    assert not Route.objects.exists()


def test_the_secret_of_a_signed_webhook_is_shown_once(owner, users):
    fields = {"edition": 0, "name": "Hook", "channel": "webhook", "address": HOOK}

    created = owner.post(new_path(users), fields).content.decode()
    route = Route.objects.get()
    later = text_of(owner, f"/alerting/routes/{route.uuid}")

    assert "whsec_" in created
    assert "whsec_" not in later


def test_no_page_shows_the_address_of_a_webhook(owner, users):
    route = route_of(users, channel="slack", address=HOOK, person=None)
    place = f"/d/{users.domain.slug}/alerting"

    pages = [
        text_of(owner, path)
        for path in (place, f"/alerting/routes/{route.uuid}", f"/alerting/routes/{route.uuid}/edit")
    ]

    assert all("https://hooks.example.org/•••" in page for page in pages)
    assert not any("secret" in page.split("<main")[1].lower() for page in pages)


def test_a_test_goes_the_way_of_alerts_and_is_listed(owner, users):
    route = route_of(users)

    page = owner.post(f"/alerting/routes/{route.uuid}/test", follow=True).content.decode()

    assert "The test arrived." in page
    assert mail.outbox[0].to == [users.owner.email]
    assert Delivery.objects.get(route=route).state == "delivered"
    assert "delivered" in page


def test_a_test_that_fails_says_why(owner, users, settings):
    settings.EMAIL_BACKEND = "tests.governance.test_digest.RefusingBackend"
    route = route_of(users)

    page = owner.post(f"/alerting/routes/{route.uuid}/test", follow=True).content.decode()

    assert "The test did not arrive" in page


def test_what_was_changed_meanwhile_is_shown_and_not_overwritten(owner, users):
    route = route_of(users)
    Route.objects.update(edition=2, name="Night shift")
    fields = {"edition": 1, "name": "Day shift", "channel": "mail"}

    answer = owner.post(
        f"/alerting/routes/{route.uuid}/edit", fields | {"person": users.owner.username}
    )

    assert answer.status_code == 409
    assert "Night shift" in answer.content.decode()
    assert Route.objects.get().name == "Night shift"


def test_an_owner_deletes_a_route(owner, users):
    route = route_of(users)

    answer = owner.post(f"/alerting/routes/{route.uuid}/delete")

    assert answer["Location"] == f"/d/{users.domain.slug}/alerting"
    assert not Route.objects.exists()


@pytest.mark.parametrize("act", ["edit", "delete", "test", "secret"])
def test_only_owners_change_a_route(client, users, act):
    route = route_of(users)
    for person in (users.outsider, users.consumer, users.steward):
        client.force_login(person)
        assert client.post(f"/alerting/routes/{route.uuid}/{act}").status_code == 403
    assert Route.objects.get().edition == 1


def test_a_reader_sees_the_rules_and_not_the_routes(client, users):
    route = route_of(users)
    client.force_login(users.outsider)

    page = text_of(client, f"/d/{users.domain.slug}/alerting")

    assert "Objective missed" in page
    assert "On call" not in page
    assert client.get(f"/alerting/routes/{route.uuid}").status_code == 403


def test_the_routes_of_the_mesh_are_made_by_its_operators(client, users):
    client.force_login(make_lead())
    assert client.get("/alerting/routes/new").status_code == 403
    client.force_login(users.owner)
    assert client.get("/alerting/routes/new").status_code == 403
    assert "whole mesh" in text_of(client, "/alerting")


def test_the_domain_is_chosen_without_script(owner, users):
    answer = owner.get(f"/alerting?domain={users.domain.slug}")

    assert answer["Location"] == f"/d/{users.domain.slug}/alerting"
