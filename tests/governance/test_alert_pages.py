"""The pages of alerts: who sees one, what they can do, and what a feed tells."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from catalog.domains.services import grant_role
from catalog.people.models import Person
from catalog.permissions import Role
from catalog.products.services import follow
from governance.alerts.kinds import Audience
from governance.alerts.models import Alert, Delivery
from governance.alerts.services import assign, open_alert, silence
from governance.inbox.items import ItemKind
from governance.inbox.reading import inbox_of
from tests.factories import FACTORY, make_person, make_published_product, make_users

pytestmark = pytest.mark.django_db
NOW = timezone.now()


@pytest.fixture(autouse=True)
def _fresh_count():
    cache.clear()


@pytest.fixture
def users():
    return make_users()


@pytest.fixture
def product(users):
    return make_published_product("Orders", domain=users.domain, assayVisibility="members")


def open_on(product, key: str = "breach:1", **options) -> Alert:
    alert = open_alert(
        key=key,
        kind="breach",
        subject=product,
        summary="Availability is missed.",
        path=f"{product.path}/slo",
        evidence={"checks": 120, "failed_checks": 40, "share": 2 / 3},
        now=NOW,
        **options,
    )
    assert alert is not None
    return alert


def text_of(client: Client, path: str) -> str:
    return " ".join(client.get(path).content.decode().split())


def alerts_of(person: Person) -> list[str]:
    return [item.text for item in inbox_of(person) if item.kind == ItemKind.ALERT]


def act(client: Client, alert: Alert, name: str, **fields):
    fields = {"edition": alert.edition} | fields
    return client.post(f"/alerts/{alert.uuid}/{name}", fields)


def test_the_page_shows_the_evidence_and_what_happened(client, users, product):
    alert = open_on(product)
    client.force_login(users.owner)

    page = text_of(client, f"/alerts/{alert.uuid}")

    assert "Availability is missed." in page
    assert "Failed checks" in page
    assert "0.666667" in page
    assert "Opened" in page
    assert f'href="{product.path}/slo"' in page


def test_evidence_has_labels_and_units_and_no_keys_of_rows(client, users, product):
    alert = open_on(product)
    evidence = {
        "objective": 12,
        "since": "2026-11-30T14:02:00+00:00",
        "window": "1h",
        "threshold": 14.4,
        "checks": 1440,
        "interval": 300,
        "is_given_up": True,
    }
    Alert.objects.filter(pk=alert.pk).update(evidence=evidence)
    client.force_login(users.owner)

    facts = client.get(f"/alerts/{alert.uuid}").context_data["page"].evidence

    assert {str(fact.label): fact.text or fact.at.isoformat() for fact in facts} == {
        "Since": "2026-11-30T14:02:00+00:00",
        "Window": "1h",
        "Alert from a burn rate of": "14.4",
        "Checks in the window": "1,440",
        "Measured every": "5 min",
        "Given up": "yes",
    }


def test_a_flapping_alert_says_why_no_message_is_sent(client, users, product):
    alert = open_on(product)
    Alert.objects.filter(pk=alert.pk).update(is_flapping=True)
    client.force_login(users.owner)

    assert "no further message of it is sent" in text_of(client, f"/alerts/{alert.uuid}")


def test_who_may_act_acknowledges_and_the_alert_is_theirs(client, users, product):
    alert = open_on(product)
    client.force_login(users.owner)

    answer = act(client, alert, "acknowledge")

    alert.refresh_from_db()
    assert answer["Location"] == f"/alerts/{alert.uuid}"
    assert (alert.state, alert.assigned_to) == ("acknowledged", users.owner)


def test_an_alert_is_resolved_with_a_reason_only(client, users, product):
    alert = open_on(product)
    client.force_login(users.steward)

    refused = act(client, alert, "resolve", reason="  ")
    done = act(client, alert, "resolve", reason="Disk was full.")

    alert.refresh_from_db()
    assert refused.status_code == 422
    assert "There is a problem" in refused.content.decode()
    assert done.status_code == 302
    assert alert.resolution == "Disk was full."
    assert "Disk was full." in text_of(client, f"/alerts/{alert.uuid}")


def test_an_alert_is_assigned_to_who_looks_after_the_domain(client, users, product):
    alert = open_on(product)
    client.force_login(users.owner)

    refused = act(client, alert, "assign", person=users.outsider.pk)
    done = act(client, alert, "assign", person=users.steward.pk)

    alert.refresh_from_db()
    assert refused.status_code == 422
    assert done.status_code == 302
    assert alert.assigned_to == users.steward


def test_an_alert_is_silenced_for_a_while_and_heard_again(client, users, product):
    alert = open_on(product)
    client.force_login(users.owner)

    act(client, alert, "silence", hours=8, reason="We know.")
    alert.refresh_from_db()
    assert alert.is_silenced(timezone.now() + timedelta(hours=7))
    assert not alert.is_silenced(timezone.now() + timedelta(hours=9))

    act(client, alert, "silence", hours=0)
    alert.refresh_from_db()
    assert alert.silenced_until is None


def test_what_was_changed_meanwhile_is_not_overwritten(client, users, product):
    alert = open_on(product)
    assign(alert=alert, person=None, edition=alert.edition, actor=users.steward, now=NOW)
    client.force_login(users.owner)

    answer = act(client, alert, "resolve", reason="Done.")

    assert answer.status_code == 409
    assert "changed the alert meanwhile" in answer.content.decode()
    assert Alert.objects.get().state == "open"


@pytest.mark.parametrize("name", ["acknowledge", "resolve", "silence", "assign"])
def test_a_reader_reads_and_does_nothing(client, users, product, name):
    alert = open_on(product)
    client.force_login(users.outsider)

    page = text_of(client, f"/alerts/{alert.uuid}")
    answer = act(client, alert, name, reason="x", hours=1)

    assert "Who looks after it" in page
    assert "What to do" not in page
    assert answer.status_code == 403
    assert Alert.objects.get().edition == 1


def test_an_act_that_does_not_exist_is_not_found(client, users, product):
    alert = open_on(product)
    client.force_login(users.owner)

    assert act(client, alert, "delete").status_code == 404


def test_who_may_not_see_the_alert_finds_nothing_anywhere(client, users, product):
    alert = open_on(product, audience=Audience.EDITORS)
    client.force_login(users.outsider)

    assert client.get(f"/alerts/{alert.uuid}").status_code == 404
    assert act(client, alert, "acknowledge").status_code == 404
    assert "Availability" not in text_of(client, "/alerts?view=all")
    assert "Availability" not in client.get("/alerts.atom").content.decode()


def test_deliveries_are_shown_to_who_may_act_alone(client, users, product):
    alert = open_on(product)
    Delivery.objects.create(
        key="1", event=alert.events.get(), channel="mail", person=users.owner, last_error="busy"
    )
    client.force_login(users.owner)
    assert "busy" in text_of(client, f"/alerts/{alert.uuid}")

    client.force_login(users.outsider)
    assert "busy" not in text_of(client, f"/alerts/{alert.uuid}")


def test_the_list_has_the_open_alerts_the_most_severe_first(client, users, product):
    open_on(product, severity="info", key="a")
    open_on(product, severity="critical", key="b")
    client.force_login(users.owner)

    page = client.get("/alerts").context_data["page"]
    critical = client.get("/alerts?severity=critical&view=nonsense").context_data["page"]

    assert [alert.severity for alert in page.alerts] == ["critical", "info"]
    assert [alert.key for alert in critical.alerts] == ["b"]


def test_the_feed_tells_of_alerts_and_their_end(client, users, product):
    alert = open_on(product)
    client.force_login(users.owner)
    act(client, alert, "resolve", reason="Disk was full.")

    feed = client.get("/alerts.atom").content.decode()

    assert "Orders: Availability is missed." in feed
    assert "Disk was full." in feed


def test_an_open_alert_is_in_the_inbox_of_who_acts_and_of_who_follows(users, product):
    follow(product=product, person=users.outsider)
    open_on(product)

    assert alerts_of(users.owner) == alerts_of(users.outsider) == ["Availability is missed."]
    assert alerts_of(users.consumer) == []


def test_an_alert_that_another_looks_after_leaves_the_inbox(users, product):
    alert = open_on(product)

    assign(alert=alert, person=users.steward, edition=1, actor=users.owner, now=NOW)

    assert alerts_of(users.owner) == []
    assert alerts_of(users.steward) == ["Availability is missed. It is assigned to you."]


def test_an_alert_of_a_person_who_left_is_for_all_editors_again(users, product):
    alert = open_on(product)
    assign(alert=alert, person=users.steward, edition=1, actor=users.owner, now=NOW)
    Person.objects.filter(pk=users.steward.pk).update(is_active=False)

    assert len(alerts_of(users.owner)) == 1


def test_a_silenced_alert_is_in_no_inbox(users, product):
    alert = open_on(product)
    silence(alert=alert, until=NOW + timedelta(hours=1), edition=1, actor=users.owner, now=NOW)

    assert alerts_of(users.owner) == []


def test_an_alert_of_the_installation_is_for_its_operators(client, users):
    operator = make_person()
    grant_role(person=operator, role=Role.PLATFORM_OPERATOR, actor=FACTORY)
    alert = open_alert(
        key="poller", kind="breach", subject=None, summary="The poller is silent.", now=NOW
    )
    client.force_login(operator)

    assert alerts_of(operator) == ["The poller is silent."]
    assert alerts_of(users.owner) == []
    assert "What to do" in text_of(client, f"/alerts/{alert.uuid}")
