"""What is found in data and by the clock opens an alert, is delivered, and resolves."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from catalog.domains.services import grant_role
from catalog.permissions import Role
from catalog.ports.models import OutputPort
from catalog.publication.services import publish_product
from governance.alerts.models import Alert, Delivery
from governance.alerts.services import RouteFields, create_route, deliver, resolve, watch
from governance.inbox.reading import inbox_of
from governance.inspection.services import inspect_port
from governance.representation.services import measure_port, save_plan
from governance.slo.models import ProbeSchedule
from governance.slo.services import schedule_missing_ports
from tests.factories import (
    FACTORY,
    Users,
    give_schema,
    make_person,
    make_product,
    make_published_product,
    make_users,
    product_tree,
    with_answers,
    with_good_checks,
    with_port,
    write_file,
)
from tests.governance.measuring import MINUTE, make_port, record_measurement
from tests.governance.receivers import Receiver, webhook_receiver

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _files(settings: Any, tmp_path: Any) -> None:
    settings.ASSAY_FILES_ROOT = tmp_path


@pytest.fixture
def users() -> Users:
    return make_users()


@pytest.fixture
def receiver(settings: Any, users: Users) -> Iterator[Receiver]:
    """Receive what a route of the domain of `users` sends."""
    with webhook_receiver() as receiver:
        settings.ASSAY_ALLOWED_NETS = (receiver.netloc,)
        fields = RouteFields(name="Ops", channel="webhook", address=receiver.url)
        create_route(domain=users.domain, fields=fields, actor=users.owner)
        yield receiver


def test_a_source_that_breaks_its_contract_is_announced_until_it_serves_it_again(
    users: Users, receiver: Receiver
) -> None:
    write_file(users.domain, "order_id,amount\nA,x\n")
    tree = with_answers(product_tree("Orders", domain=users.domain.slug))
    draft = with_port(make_product(domain=users.domain, tree=tree))
    product = with_good_checks(give_schema(draft, "order_id", "amount"))
    product = publish_product(product=product, edition=product.edition, actor=FACTORY)
    port = product.output_ports.get()
    for text in ("order_id,amount\nA,x\n", "order_id,total\nA,x\n", "order_id,total\nB,x\n"):
        write_file(users.domain, text)
        inspect_port(port=port, actor=FACTORY)
        deliver(now=timezone.now())

    alert = Alert.objects.get(kind="contract_broken")
    assert (alert.product, alert.severity, alert.state) == (product, "critical", "open")
    assert "rows.amount: Column not found in the source." in alert.summary
    assert receiver.types == ["alert.opened"]
    assert [item.key for item in inbox_of(users.owner)] == [f"alert:{alert.uuid}"]

    write_file(users.domain, "order_id,amount\nA,x\n")
    inspect_port(port=port, actor=FACTORY)
    deliver(now=timezone.now())
    alert.refresh_from_db()
    assert (alert.state, alert.resolution) == (
        "resolved",
        "The sources serve what the contracts say.",
    )
    assert receiver.types == ["alert.opened", "alert.resolved"]
    assert inbox_of(users.owner) == []


def write_people(port: OutputPort, women: int, men: int) -> None:
    write_file(port.product.domain, "sex\n" + "f\n" * women + "m\n" * men)


def test_a_group_whose_share_moves_is_announced_until_a_person_resolves_it(
    users: Users, receiver: Receiver
) -> None:
    """A further move replaces the alert of the one before, so there is one to look at."""
    product = make_published_product("People", domain=users.domain)
    port = product.output_ports.select_related("product__domain").get()
    plan = {"attributes": [{"column": "sex"}], "schedule": "on-demand"}
    save_plan(port=port, body=plan, edition=product.edition, actor=FACTORY)
    for women in (300, 310, 600, 850):
        write_people(port, women, 1000 - women)
        assert measure_port(port=port, actor=FACTORY).is_ok
        deliver(now=timezone.now())

    first, second = Alert.objects.filter(kind="bias_drift").order_by("pk")
    assert (first.state, second.state) == ("resolved", "open")
    assert first.resolution == "A later measurement found a further move."
    assert (first.product, first.severity) == (product, "warning")
    assert "sex “f” from 30.0% to 60.0%" in first.summary
    assert "sex “f” from 60.0% to 85.0%" in second.summary
    # What is due at the same time is posted at the same time.
    assert sorted(receiver.types) == ["alert.opened", "alert.opened", "alert.resolved"]

    now = timezone.now()
    resolve(
        alert=second, reason="A new source.", edition=second.edition, actor=users.owner, now=now
    )
    deliver(now=now)
    assert receiver.types[3:] == ["alert.resolved"]


def scheduled_port(users: Users, name: str, *, measured_before: timedelta) -> OutputPort:
    """Return a port that is probed, was last measured some time ago, and is due since."""
    port = make_port(make_published_product(name, domain=users.domain))
    schedule_missing_ports()
    record_measurement(port=port, slot=timezone.now() - measured_before)
    due = timezone.now() - measured_before + MINUTE
    ProbeSchedule.objects.filter(port=port).update(next_due_at=due, claimed_until=None)
    return port


def probe_again(port: OutputPort) -> None:
    now = timezone.now()
    record_measurement(port=port, slot=now)
    ProbeSchedule.objects.filter(port=port).update(next_due_at=now + MINUTE)


def test_a_port_that_alone_is_silent_is_announced_until_it_is_measured_again(
    users: Users, receiver: Receiver
) -> None:
    silent = scheduled_port(users, "Silent", measured_before=30 * MINUTE)
    probe_again(scheduled_port(users, "Measured", measured_before=30 * MINUTE))
    watch(now=timezone.now())
    deliver(now=timezone.now())
    alert = Alert.objects.get(kind="port_silent")
    assert alert.product == silent.product
    assert receiver.types == ["alert.opened"]
    probe_again(silent)
    watch(now=timezone.now())
    deliver(now=timezone.now())
    assert Alert.objects.get(kind="port_silent").resolution == "The port is measured again."
    assert receiver.types == ["alert.opened", "alert.resolved"]


def test_the_silence_of_the_poller_is_delivered_without_a_worker(users: Users) -> None:
    """The watch, which is no part of the poller, finds it and delivers it itself."""
    operator = make_person()
    grant_role(person=operator, role=Role.PLATFORM_OPERATOR, domain=None, actor=FACTORY)
    port = scheduled_port(users, "Orders", measured_before=30 * MINUTE)
    now = timezone.now()
    watch(now=now)
    watch(now=now + timedelta(seconds=30))
    alert = Alert.objects.get(kind="poller_silent")
    assert (alert.product, alert.severity, alert.state) == (None, "critical", "open")
    sent = Delivery.objects.filter(event__alert=alert)
    assert {(row.person, row.channel, row.state) for row in sent} == {
        (operator, "in_app", "delivered"),
        (operator, "mail", "delivered"),
    }
    assert not Alert.objects.filter(kind="port_silent").exists()
    probe_again(port)
    watch(now=timezone.now())
    alert.refresh_from_db()
    assert (alert.state, alert.resolution) == ("resolved", "Ports are measured again.")
