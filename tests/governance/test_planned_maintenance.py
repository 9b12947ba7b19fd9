"""Planned maintenance: announced before it begins, cancelled or ended, and of which ports it is."""

from datetime import UTC, datetime, timedelta

import pytest

from catalog.audit.models import AuditEvent
from catalog.exceptions import InvalidTransition, PermissionDenied, ValidationFailed
from governance.slo.models import MaintenanceWindow
from governance.slo.planned_maintenance import (
    Downtime,
    is_in_maintenance,
    merge_downtimes,
    planned_downtimes,
    time_in_maintenance,
)
from governance.slo.services import cancel_maintenance, plan_maintenance
from tests.factories import FACTORY, make_domain, make_product, make_users
from tests.governance.measuring import make_port

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def plan(subject, start=1, end=2, *, actor=FACTORY, now=NOW, summary="New disks"):
    return plan_maintenance(
        subject=subject,
        starts_at=NOW + start * HOUR,
        ends_at=NOW + end * HOUR,
        summary=summary,
        actor=actor,
        now=now,
    )


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("values", "location"),
    [
        ({"start": -1}, "starts_at"),
        ({"start": 2, "end": 2}, "ends_at"),
        ({"end": 24 * 8}, "ends_at"),
        ({"start": 24 * 4000, "end": 24 * 4001}, "starts_at"),
        ({"summary": " "}, "summary"),
        ({"summary": "a" * 201}, "summary"),
        ({"summary": "a\0"}, "summary"),
    ],
)
def test_a_window_that_is_late_too_long_or_unexplained_is_refused(values, location):
    with pytest.raises(ValidationFailed) as caught:
        plan(make_product(), **values)

    assert [issue.location for issue in caught.value.issues] == [location]
    assert not MaintenanceWindow.objects.exists()


@pytest.mark.django_db
def test_who_edits_products_announces_maintenance_and_it_is_audited():
    users = make_users()
    product = make_product(domain=users.domain)
    with pytest.raises(PermissionDenied):
        plan(product, actor=users.consumer)

    window = plan(product, actor=users.steward)

    assert (window.created_by, window.created_at) == (users.steward, NOW)
    event = AuditEvent.objects.latest("pk")
    assert (event.verb, event.object_id) == ("planned maintenance", str(product.uuid))
    assert event.after["summary"] == "New disks"


@pytest.mark.django_db
def test_a_window_is_cancelled_before_it_starts_and_ended_while_it_lasts():
    users = make_users()
    later, current, over = (plan(users.domain, start, start + 2) for start in (5, 0, 0))

    with pytest.raises(PermissionDenied):
        cancel_maintenance(window=later, actor=users.consumer, now=NOW)
    later = cancel_maintenance(window=later, actor=users.steward, now=NOW + HOUR)
    current = cancel_maintenance(window=current, actor=users.steward, now=NOW + HOUR)

    assert (later.cancelled_at, later.sequence) == (NOW + HOUR, 1)
    assert (current.cancelled_at, current.ends_at) == (None, NOW + HOUR)
    for window, moment in [(later, NOW + HOUR), (over, NOW + 2 * HOUR)]:
        with pytest.raises(InvalidTransition):
            cancel_maintenance(window=window, actor=users.steward, now=moment)
    assert list(MaintenanceWindow.objects.planned()) == [current, over]


@pytest.mark.django_db
def test_a_port_is_in_the_maintenance_of_its_product_its_domain_and_those_above():
    above = make_domain()
    domain = make_domain(parent=above)
    port, other = make_port(make_product(domain=domain)), make_port()
    plan(port.product, 1, 2)
    plan(domain, 2, 3)
    plan(above, 5, 7)
    plan(other.product, 1, 2)
    cancel_maintenance(window=plan(domain, 8, 9), actor=FACTORY, now=NOW)

    downtimes = planned_downtimes([port.pk], NOW, NOW + 6 * HOUR)

    periods = [(NOW + 1 * HOUR, NOW + 3 * HOUR), (NOW + 5 * HOUR, NOW + 6 * HOUR)]
    assert downtimes == {port.pk: [Downtime(*period) for period in periods]}
    assert planned_downtimes([port.pk], NOW, NOW + HOUR) == {}


@pytest.mark.django_db
def test_ports_without_maintenance_cost_one_statement(django_assert_num_queries):
    port = make_port()
    with django_assert_num_queries(1):
        assert planned_downtimes([port.pk], NOW, NOW + HOUR) == {}


def test_periods_that_touch_are_one_and_their_length_is_counted_once():
    moments = [NOW + number * HOUR for number in range(8)]
    merged = merge_downtimes(
        Downtime(moments[start], moments[end]) for start, end in [(4, 6), (0, 2), (1, 3), (3, 4)]
    )

    assert merged == [Downtime(moments[0], moments[6])]
    assert is_in_maintenance(moments[0], merged)
    assert not is_in_maintenance(moments[6], merged)
    assert time_in_maintenance(merged, moments[5], moments[7]) == HOUR
    assert time_in_maintenance(merged, moments[6], moments[7]) == timedelta(0)
