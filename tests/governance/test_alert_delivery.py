"""Alerts arrive: at least once, with an id, at who may see them, and the ledger says so."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone

from catalog.audit.models import AuditEvent
from catalog.domains.services.teams import add_member
from catalog.exceptions import PermissionDenied, ValidationFailed
from catalog.people.models import Person
from catalog.products.models import DataProduct
from catalog.products.services.following import follow
from governance.alerts.addresses import secret_of, shown_address
from governance.alerts.models import Alert, AlertEvent, Channel, Delivery, Route
from governance.alerts.services import (
    RouteFields,
    acknowledge,
    assign,
    change_route,
    create_route,
    deliver,
    open_alert,
    path_proof,
    resolve_alert,
    rotate_secret,
    send_synthetic,
    send_test,
    settle_alerts,
    silence,
    watch,
)
from governance.alerts.signing import is_signed
from tests.factories import (
    FACTORY,
    Users,
    make_domain,
    make_person,
    make_published_product,
    make_team,
    make_users,
)
from tests.governance.receivers import Receiver, webhook_receiver

pytestmark = pytest.mark.django_db
NOW = timezone.now()
MINUTE = timedelta(minutes=1)
KEY = "breach:7"


@pytest.fixture(autouse=True)
def _now_is_when_the_test_begins() -> None:
    """A whole suite runs for longer than a delivery may be late."""
    global NOW  # noqa: PLW0603
    NOW = timezone.now()


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    with webhook_receiver() as receiver:
        settings.ASSAY_ALLOWED_NETS = (receiver.netloc,)
        yield receiver


def begin(product: DataProduct, at: int = 0, **options: Any) -> Alert | None:
    return open_alert(
        key=KEY,
        kind=options.pop("kind", "breach"),
        subject=product,
        summary="Availability is missed.",
        now=NOW + at * MINUTE,
        **options,
    )


def add_route(users: Users, **fields: Any) -> Route:
    return create_route(
        domain=users.domain, fields=RouteFields(**{"name": "Ops"} | fields), actor=users.owner
    )[0]


def states(**filters: Any) -> list[str]:
    rows = Delivery.objects.filter(**filters).order_by("pk")
    return list(rows.values_list("state", flat=True))


def test_a_webhook_is_signed_and_carries_the_alert(receiver: Receiver) -> None:
    users = make_users()
    route = add_route(users, channel="webhook", address=receiver.url)
    alert = begin(make_published_product("Orders", domain=users.domain))
    deliver(now=NOW)
    [headers], [body] = receiver.headers, receiver.bodies
    assert is_signed(headers, body, secret=secret_of(route))
    sent = json.loads(body)
    assert sent["type"] == "alert.opened"
    assert sent["data"]["product"] == "Orders"
    assert sent["data"]["url"].endswith(f"/alerts/{alert.uuid}")
    assert states(route=route) == ["delivered"]


def test_a_delivery_that_fails_is_tried_again_later_with_the_same_id(receiver: Receiver) -> None:
    receiver.answers = [500, 503]
    users = make_users()
    route = add_route(users, channel="webhook", address=receiver.url)
    begin(make_published_product(domain=users.domain))
    deliver(now=NOW)
    deliver(now=NOW + timedelta(seconds=2))
    assert len(receiver.ids) == 1
    deliver(now=NOW + timedelta(seconds=6))
    deliver(now=NOW + 7 * MINUTE)
    assert len(receiver.ids) == 3
    assert len(set(receiver.ids)) == 1
    [delivery] = Delivery.objects.filter(route=route)
    assert (delivery.state, delivery.attempts) == ("delivered", 3)


def test_a_receiver_says_when_to_come_again(receiver: Receiver) -> None:
    receiver.answers, receiver.answer_headers = [429], {"retry-after": "3600"}
    users = make_users()
    route = add_route(users, channel="webhook", address=receiver.url)
    begin(make_published_product(domain=users.domain))
    deliver(now=NOW)
    [delivery] = Delivery.objects.filter(route=route)
    assert delivery.next_attempt_at >= NOW + timedelta(hours=1)
    assert delivery.last_error == "the receiver answered 429"


def test_after_the_last_retry_a_delivery_is_dead_and_its_route_has_an_alert(
    receiver: Receiver,
) -> None:
    receiver.answers = [500] * 20
    users = make_users()
    route = add_route(users, channel="webhook", address=receiver.url)
    begin(make_published_product(domain=users.domain))
    for day in range(15):
        deliver(now=NOW + timedelta(days=2 * day))
    assert len(receiver.ids) == 10
    assert states(route=route) == ["dead"]
    failing = Alert.objects.get(kind="route_failing")
    assert failing.domain == users.domain
    assert "Ops" in failing.summary
    assert Delivery.objects.filter(event__alert=failing, channel="in_app", state="delivered")


def test_a_receiver_that_is_gone_gets_no_more_messages(receiver: Receiver) -> None:
    receiver.answers = [410]
    users = make_users()
    route = add_route(users, channel="webhook", address=receiver.url)
    product = make_published_product(domain=users.domain)
    begin(product)
    deliver(now=NOW)
    resolve_alert(key=KEY, reason="Met again.", now=NOW + MINUTE)
    deliver(now=NOW + MINUTE)
    route.refresh_from_db()
    assert (route.is_enabled, "410" in route.disabled_reason) == (False, True)
    assert len(receiver.ids) == 1
    assert AuditEvent.objects.filter(verb="alert route switched off").exists()


def test_a_worker_that_ends_after_sending_sends_the_same_id_again(receiver: Receiver) -> None:
    """The row is as a worker leaves it that was killed between the two: claimed, and pending."""
    users = make_users()
    route = add_route(users, channel="webhook", address=receiver.url)
    begin(make_published_product(domain=users.domain))
    deliver(now=NOW)
    Delivery.objects.filter(route=route).update(
        state="pending", delivered_at=None, claimed_until=NOW + 2 * MINUTE
    )
    deliver(now=NOW + MINUTE)
    assert len(receiver.ids) == 1
    deliver(now=NOW + 3 * MINUTE)
    assert len(receiver.ids) == 2
    assert len(set(receiver.ids)) == 1


def test_for_a_day_both_the_new_and_the_old_secret_sign(receiver: Receiver) -> None:
    users = make_users()
    route = add_route(users, channel="webhook", address=receiver.url)
    old = secret_of(route)
    route, new = rotate_secret(route=route, edition=1, actor=users.owner, now=timezone.now())
    assert new != old
    begin(make_published_product(domain=users.domain))
    deliver(now=NOW)
    [headers], [body] = receiver.headers, receiver.bodies
    assert is_signed(headers, body, secret=old)
    assert is_signed(headers, body, secret=new)


def test_a_slack_webhook_gets_text_in_which_nothing_is_markup(receiver: Receiver) -> None:
    users = make_users()
    add_route(users, channel="slack", address=receiver.url)
    begin(make_published_product("Orders <!channel>", domain=users.domain))
    deliver(now=NOW)
    sent = json.loads(receiver.bodies[0])
    text = sent["blocks"][0]["text"]["text"]
    assert "Orders &lt;!channel&gt;" in text
    assert "webhook-signature" not in receiver.headers[0]


def test_the_address_of_a_webhook_is_encrypted_and_never_shown_again(receiver: Receiver) -> None:
    users = make_users()
    route = add_route(users, channel="slack", address=receiver.url)
    assert shown_address(route) == f"http://{receiver.netloc}/•••"
    assert "s3cret" not in route.encrypted_address
    assert not AuditEvent.objects.filter(after__icontains="s3cret").exists()
    fields = RouteFields(name="Renamed", channel="slack")
    route = change_route(route=route, fields=fields, edition=1, actor=users.owner)
    assert shown_address(route) == f"http://{receiver.netloc}/•••"


def test_owners_and_stewards_are_told_without_a_route(settings: Any) -> None:
    users = make_users()
    begin(make_published_product(domain=users.domain))
    deliver(now=NOW)
    sent = Delivery.objects.filter(channel=Channel.IN_APP, state="delivered")
    assert {delivery.person for delivery in sent} == {users.owner, users.steward}
    assert {message.to[0] for message in mail.outbox} == {users.owner.email, users.steward.email}
    assert "[critical] opened" in mail.outbox[0].subject
    assert mail.outbox[0].extra_headers["Message-ID"].startswith("<msg_")


def test_followers_are_told_once_that_an_alert_opened_and_once_that_it_was_resolved() -> None:
    users = make_users()
    product = make_published_product(domain=users.domain)
    for person in (users.outsider, users.owner):
        follow(person=person, product=product)
    for turn in range(3):
        begin(product, 10 * turn)
        resolve_alert(key=KEY, reason="Met again.", now=NOW + (10 * turn + 5) * MINUTE)
        deliver(now=NOW + (10 * turn + 5) * MINUTE)
    sent = Delivery.objects.filter(person=users.outsider).order_by("pk")
    assert [delivery.event.kind for delivery in sent] == ["opened", "resolved"]
    first = Delivery.objects.filter(person=users.owner, event__kind="opened", channel="in_app")
    assert first.count() == 1


def test_what_a_recipient_may_not_see_is_not_sent() -> None:
    """It is decided when the message is sent, not when the alert opens."""
    users, other = make_users(), make_person()
    product = make_published_product(domain=users.domain, assayVisibility="restricted")
    add_route(users, channel="mail", person=other, name="Outside")
    add_route(users, channel="mail", address="ops@example.org", name="Ops")
    follower = users.consumer
    follow(person=follower, product=product)
    begin(product)
    Person.objects.filter(pk=follower.pk).update(is_active=False)
    deliver(now=NOW)
    assert states(person=other) == ["withheld"]
    assert states(person=follower) in ([], ["withheld"])
    assert [message.to for message in mail.outbox if other.email in message.to] == []
    assert ["ops@example.org"] in [message.to for message in mail.outbox]


def test_a_route_of_a_domain_sends_no_alert_of_another_domain(receiver: Receiver) -> None:
    users = make_users()
    add_route(users, channel="webhook", address=receiver.url)
    begin(make_published_product(domain=make_domain()))
    deliver(now=NOW)
    assert receiver.ids == []


def test_a_route_takes_the_alerts_of_subdomains_by_severity_and_kind(receiver: Receiver) -> None:
    users = make_users()
    add_route(users, channel="webhook", address=receiver.url, severities=["warning"])
    add_route(users, channel="webhook", address=receiver.url, kinds=["quality_failed"])
    below = make_domain(parent=users.domain)
    begin(make_published_product(domain=below))
    deliver(now=NOW)
    assert receiver.ids == []
    open_alert(
        key="quality:1",
        kind="quality_failed",
        subject=make_published_product(domain=below),
        summary="A check failed.",
        now=NOW,
    )
    deliver(now=NOW)
    assert len(set(receiver.ids)) == 2


def test_a_team_is_told_at_its_address_or_by_its_members() -> None:
    users = make_users()
    team, mailed = make_team(), make_team(email="team@example.org")
    member = make_person()
    add_member(team=team, person=member, actor=FACTORY)
    add_route(users, channel="mail", team=team)
    add_route(users, channel="mail", team=mailed)
    begin(make_published_product(domain=users.domain))
    deliver(now=NOW)
    recipients = {message.to[0] for message in mail.outbox}
    assert {member.email, "team@example.org"} <= recipients


def test_quiet_hours_hold_back_all_but_critical_alerts(receiver: Receiver) -> None:
    users = make_users()
    quiet = {"from": "00:00", "to": "00:00", "timezone": "Europe/Oslo"}
    route = add_route(users, channel="webhook", address=receiver.url, quiet_hours=quiet)
    product = make_published_product(domain=users.domain)
    begin(product, severity="warning")
    deliver(now=NOW)
    assert receiver.ids == []
    [held_back] = Delivery.objects.filter(route=route)
    assert NOW < held_back.next_attempt_at <= NOW + timedelta(days=1, hours=1)
    open_alert(key="b", kind="breach", subject=product, summary="It is missed.", now=NOW)
    deliver(now=NOW)
    assert len(receiver.ids) == 1


def test_an_assigned_person_is_told() -> None:
    users = make_users()
    alert = begin(make_published_product(domain=users.domain))
    alert = acknowledge(alert=alert, edition=1, actor=users.owner, now=NOW)
    assign(alert=alert, person=users.steward, edition=2, actor=users.owner, now=NOW)
    deliver(now=NOW)
    sent = Delivery.objects.filter(event__kind="assigned", channel="in_app")
    assert [delivery.person for delivery in sent] == [users.steward]


def test_when_a_silence_ends_people_are_told_that_the_alert_is_still_open() -> None:
    users = make_users()
    alert = begin(make_published_product(domain=users.domain))
    silence(alert=alert, until=NOW + 5 * MINUTE, edition=1, actor=users.owner, now=NOW)
    assert settle_alerts(now=NOW + MINUTE) == 0
    assert settle_alerts(now=NOW + 6 * MINUTE) == 1
    assert AlertEvent.objects.filter(kind="reminder", is_announced=True).count() == 1


def test_the_outcome_of_a_flapping_alert_is_told_when_it_has_settled() -> None:
    product = make_published_product()
    for turn in range(4):
        begin(product, 4 * turn)
        resolve_alert(key=KEY, reason="Met again.", now=NOW + (4 * turn + 2) * MINUTE)
    assert settle_alerts(now=NOW + 30 * MINUTE) == 0
    assert settle_alerts(now=NOW + 50 * MINUTE) == 1
    [event] = AlertEvent.objects.filter(kind="settled")
    assert (event.is_announced, event.note) == (True, "It has not come back.")


def test_the_test_button_sends_at_once_and_says_what_became_of_it(receiver: Receiver) -> None:
    users = make_users()
    route = add_route(users, channel="webhook", address=receiver.url)
    [delivery] = send_test(route=route, actor=users.owner, now=NOW)
    assert (delivery.state, receiver.types) == ("delivered", ["alert.opened"])
    receiver.answers = [500]
    [delivery] = send_test(route=route, actor=users.owner, now=NOW)
    assert (delivery.state, delivery.last_error) == ("dead", "the receiver answered 500")
    with pytest.raises(PermissionDenied):
        send_test(route=route, actor=users.consumer, now=NOW)


def test_every_hour_a_synthetic_alert_proves_the_path(receiver: Receiver) -> None:
    users = make_users()
    add_route(users, channel="webhook", address=receiver.url, receives_synthetic=True)
    assert path_proof().is_proven(NOW) is None
    assert [send_synthetic(now=NOW + minutes * MINUTE) for minutes in (0, 30)] == [True, False]
    deliver(now=NOW)
    proof = path_proof()
    assert (proof.is_proven(NOW), proof.routes, proof.undelivered) == (True, 1, 0)
    assert proof.is_proven(NOW + 80 * MINUTE) is False
    assert send_synthetic(now=NOW + 61 * MINUTE)
    assert not Delivery.objects.filter(person=users.owner).exists()


def test_the_watch_delivers_what_no_worker_has(receiver: Receiver) -> None:
    """So alerts arrive while broker, beat and workers are all down."""
    users = make_users()
    add_route(users, channel="webhook", address=receiver.url)
    begin(make_published_product(domain=users.domain))
    watch(now=NOW + timedelta(seconds=5))
    assert receiver.ids == []
    watch(now=NOW + timedelta(seconds=25))
    assert len(receiver.ids) == 1


@pytest.mark.parametrize(
    ("fields", "location"),
    [
        ({"channel": "webhook", "address": "http://169.254.169.254/"}, "address"),
        ({"channel": "webhook", "address": ""}, "address"),
        ({"channel": "mail", "address": "nobody"}, "address"),
        ({"channel": "in_app"}, "person"),
        ({"channel": "fax"}, "channel"),
        ({"channel": "mail", "address": "a@b.no", "severities": ["urgent"]}, "severities"),
        ({"channel": "mail", "address": "a@b.no", "kinds": ["breech"]}, "kinds"),
        (
            {"channel": "mail", "address": "a@b.no", "quiet_hours": {"from": "25:00", "to": "1"}},
            "quiet_hours.from",
        ),
    ],
)
def test_a_route_that_leads_to_no_target_is_refused(fields: dict[str, Any], location: str) -> None:
    with pytest.raises(ValidationFailed) as refused:
        add_route(make_users(), **fields)
    assert location in {issue.location for issue in refused.value.issues}
