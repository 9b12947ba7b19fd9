"""The life of an alert: it opens once, people handle it, and it ends with a reason."""

from datetime import timedelta

import pytest
from django.utils import timezone

from catalog.audit.models import AuditEvent
from catalog.authorization.access import access_for
from catalog.exceptions import InvalidTransition, PermissionDenied, ValidationFailed
from catalog.products.models import DataProduct
from governance.alerts.kinds import Audience
from governance.alerts.models import Alert, AlertState
from governance.alerts.services import (
    acknowledge,
    assign,
    open_alert,
    resolve,
    resolve_alert,
    silence,
)
from tests.factories import make_domain, make_published_product, make_users

pytestmark = pytest.mark.django_db
NOW = timezone.now()
MINUTE = timedelta(minutes=1)
KEY = "breach:1"


def begin(product: DataProduct, at: int = 0, **options: object) -> Alert | None:
    """Report that a condition holds, some minutes from now."""
    return open_alert(
        key=KEY,
        kind="breach",
        subject=product,
        summary="Availability is missed.",
        now=NOW + at * MINUTE,
        **options,
    )


def end(at: int) -> Alert | None:
    return resolve_alert(key=KEY, reason="It is met again.", now=NOW + at * MINUTE)


def kinds_of(alert: Alert) -> list[str]:
    return list(alert.events.values_list("kind", flat=True))


def test_a_condition_that_goes_on_opens_one_alert() -> None:
    product = make_published_product()
    assert begin(product) is not None
    assert begin(product, 5) is None
    alert = Alert.objects.get()
    assert (alert.severity, alert.state, alert.count) == ("critical", "open", 1)
    assert alert.last_seen_at == NOW + 5 * MINUTE
    assert kinds_of(alert) == ["opened"]


def test_an_alert_is_resolved_with_a_reason_when_its_condition_ends() -> None:
    begin(make_published_product())
    assert end(10) is not None
    assert end(11) is None
    alert = Alert.objects.get()
    assert (alert.state, alert.resolution) == ("resolved", "It is met again.")
    assert AuditEvent.objects.filter(object_id=str(alert.uuid)).count() == 2


def test_a_condition_that_comes_back_within_an_hour_reopens_its_alert() -> None:
    product = make_published_product()
    begin(product)
    end(10)
    assert begin(product, 30) is not None
    alert = Alert.objects.get()
    assert (alert.state, alert.count, alert.resolved_at) == ("open", 2, None)
    end(40)
    assert begin(product, 200) is not None
    assert Alert.objects.count() == 2


def test_a_flapping_alert_announces_only_that_it_is_flapping() -> None:
    product = make_published_product()
    for turn in range(10):
        begin(product, 4 * turn)
        end(4 * turn + 2)
    alert = Alert.objects.get()
    announced = alert.events.filter(is_announced=True).values_list("kind", flat=True)
    assert list(announced) == ["opened", "resolved", "reopened", "resolved", "flapping"]
    assert alert.is_flapping


def test_a_person_acknowledges_assigns_and_resolves_an_alert() -> None:
    users = make_users()
    alert = begin(make_published_product(domain=users.domain))
    assert alert is not None
    alert = acknowledge(alert=alert, edition=1, actor=users.owner, now=NOW)
    assert (alert.state, alert.assigned_to) == (AlertState.ACKNOWLEDGED, users.owner)
    alert = assign(alert=alert, person=users.steward, edition=2, actor=users.owner, now=NOW)
    with pytest.raises(ValidationFailed, match="reason"):
        resolve(alert=alert, reason=" ", edition=3, actor=users.steward, now=NOW)
    alert = resolve(
        alert=alert, reason="The disk was full.", edition=3, actor=users.steward, now=NOW
    )
    assert (alert.resolved_by, alert.is_firing) == (users.steward, True)
    with pytest.raises(InvalidTransition):
        acknowledge(alert=alert, edition=4, actor=users.owner, now=NOW)


def test_an_alert_that_a_person_resolved_stays_so_for_a_day_while_its_condition_goes_on() -> None:
    users = make_users()
    product = make_published_product(domain=users.domain)
    alert = begin(product)
    assert alert is not None
    resolve(alert=alert, reason="Known.", edition=1, actor=users.owner, now=NOW)
    assert begin(product, 60) is None
    assert begin(product, 25 * 60) is not None
    assert list(Alert.objects.order_by("pk").values_list("is_firing", flat=True)) == [False, True]


def test_a_silenced_alert_announces_nothing() -> None:
    users = make_users()
    alert = begin(make_published_product(domain=users.domain))
    assert alert is not None
    silence(alert=alert, until=NOW + 60 * MINUTE, edition=1, actor=users.owner, now=NOW)
    assert end(10) is None
    assert not alert.events.exclude(kind="opened").filter(is_announced=True).exists()


def test_only_those_who_edit_in_the_domain_handle_its_alerts() -> None:
    users = make_users()
    alert = begin(make_published_product(domain=users.domain))
    assert alert is not None
    for person in (users.consumer, users.outsider):
        with pytest.raises(PermissionDenied):
            acknowledge(alert=alert, edition=1, actor=person, now=NOW)


@pytest.mark.parametrize("audience", list(Audience))
def test_an_alert_is_visible_to_those_who_may_see_it_alone(audience: Audience) -> None:
    users = make_users(make_domain())
    product = make_published_product(domain=users.domain, assayVisibility="restricted")
    alert = begin(product, audience=audience)
    assert alert is not None
    by_query = {
        name
        for name in ("owner", "steward", "consumer", "outsider")
        if Alert.objects.visible_to(getattr(users, name)).exists()
    }
    by_row = {
        name
        for name in ("owner", "steward", "consumer", "outsider")
        if alert.is_visible_to(access_for(getattr(users, name)))
    }
    readers = {"consumer"} if audience == Audience.READERS else set()
    assert by_query == by_row == {"owner", "steward", *readers}
