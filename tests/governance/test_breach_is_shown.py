"""A breach is shown everywhere within one poll and a minute, and followers learn of it once.

A failing poll writes status, trust column and alert in one transaction. What is left is what the
workers do at their next ticks: the index, and the deliveries.
"""

import time
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from catalog.products.models import DataProduct
from catalog.products.services.following import follow
from catalog.search.backends import active_backend
from catalog.search.services.sync import drain, sync_domain_changes
from catalog.tasks import DRAIN_TICK
from governance.alerts.models import Delivery
from governance.alerts.services import deliver
from governance.slo.outcomes import Outcome
from governance.tasks import DELIVERY_TICK
from tests.factories import make_person, make_published_product
from tests.governance.measuring import (
    MINUTE,
    declare_objectives,
    make_port,
    probe_result,
    record,
)
from tests.search.requests import ask, ids

pytestmark = pytest.mark.django_db
LIMIT = timedelta(seconds=60)


@pytest.fixture(autouse=True)
def index(settings: Any, tmp_path: Any) -> None:
    settings.ASSAY_DATA_DIR = tmp_path
    settings.ASSAY_SEARCH_ENGINES = ["embedded"]
    sync_domain_changes()
    drain()


def breached() -> list[str]:
    return ids(ask(active_backend(), "slo:breached", readers=None, is_corrected=False))


def test_a_breach_is_shown_and_announced_within_a_poll_and_a_minute() -> None:
    product = make_published_product()
    port = make_port(product)
    declare_objectives(product, {"indicator": "availability", "target": 0.99, "port": port.name})
    reader = make_person()
    follow(product=product, person=reader)
    drain()
    now = timezone.now()
    begin = now - timedelta(days=29)
    good = [probe_result(port, begin + number * MINUTE * 5) for number in range(30)]
    record(good, now=now - 2 * MINUTE)
    assert breached() == []

    failing = [
        probe_result(port, now - timedelta(seconds=number), Outcome.UNREACHABLE)
        for number in range(1, 600)
    ]
    polled_at = time.monotonic()
    record(failing, now=now)
    assert DataProduct.objects.get(pk=product.pk).slo_verdict == "breached"
    drain()
    assert breached() == [str(product.uuid)]
    deliver(now=timezone.now())
    deliver(now=timezone.now())
    sent = Delivery.objects.filter(person=reader, event__kind="opened")
    assert [delivery.state for delivery in sent] == ["delivered"]

    ticks = DRAIN_TICK + DELIVERY_TICK
    assert time.monotonic() - polled_at + ticks < LIMIT.total_seconds()
