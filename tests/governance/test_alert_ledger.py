"""Workers are killed at any step: no message is lost, and each is known by its id."""

import os
import random
import signal
import time
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections
from django.utils import timezone

from governance.alerts.messages import message_id
from governance.alerts.models import AlertEvent, Delivery
from governance.alerts.services import (
    RouteFields,
    create_route,
    deliver,
    open_alert,
    resolve_alert,
)
from tests.factories import make_published_product, make_users
from tests.governance.receivers import webhook_receiver

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases]
ALERTS, KILLS = 30, 25


def start_worker() -> int:
    """Fork a process that delivers until it is killed; return its id."""
    connections.close_all()
    if pid := os.fork():
        return pid
    try:
        while True:
            deliver(now=timezone.now())
            time.sleep(0.005)
    finally:
        os._exit(1)


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)


def test_no_alert_is_lost_when_workers_are_killed_at_any_step(settings: Any) -> None:
    users = make_users()
    product = make_published_product(domain=users.domain)
    pause = random.Random(7)
    with webhook_receiver() as receiver:
        settings.ASSAY_ALLOWED_NETS = (receiver.netloc,)
        fields = RouteFields(name="Ops", channel="webhook", address=receiver.url)
        route, _ = create_route(domain=users.domain, fields=fields, actor=users.owner)
        workers = [start_worker(), start_worker()]
        try:
            for number in range(ALERTS):
                key, now = f"breach:{number}", timezone.now()
                open_alert(
                    key=key, kind="breach", subject=product, summary="It is missed.", now=now
                )
                resolve_alert(key=key, reason="It is met again.", now=timezone.now())
                if number * KILLS // ALERTS != (number + 1) * KILLS // ALERTS:
                    time.sleep(pause.uniform(0.01, 0.12))
                    kill(workers[number % 2])
                    workers[number % 2] = start_worker()
        finally:
            for pid in workers:
                kill(pid)
        # What a killed worker had claimed is free again once its claim is over.
        while deliver(now=timezone.now() + 2 * Delivery.CLAIM_DURATION):
            pass
        sent = Counter(receiver.ids)
    deliveries = Delivery.objects.filter(route=route)
    assert deliveries.count() == 2 * ALERTS
    assert AlertEvent.objects.filter(is_announced=True, fanned_out_at=None).count() == 0
    assert set(deliveries.values_list("state", flat=True)) == {"delivered"}
    assert set(sent) == {message_id(delivery.uuid) for delivery in deliveries}
    assert Delivery.objects.exclude(state="delivered").count() == 0


def test_an_event_fanned_out_by_two_workers_is_delivered_once(settings: Any) -> None:
    """Its deliveries have unique keys, so the second writes none."""
    users = make_users()
    product = make_published_product(domain=users.domain)
    open_alert(key="a", kind="breach", subject=product, summary="It is missed.", now=timezone.now())
    deliver(now=timezone.now())
    AlertEvent.objects.update(fanned_out_at=None)
    deliver(now=timezone.now() + timedelta(seconds=1))
    assert Delivery.objects.filter(channel="in_app").count() == 2
