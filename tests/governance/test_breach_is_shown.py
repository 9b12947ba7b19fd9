"""A breach is shown everywhere within one poll and a minute, and followers learn of it once.

A failing poll writes status, trust column and alert in one transaction. What is left is what the
workers do at their next ticks: the index, and the deliveries.
"""

import time
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
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
from governance.web.slo.badge import MAX_AGE
from tests.factories import make_person, make_published_product
from tests.governance.measuring import (
    MINUTE,
    declare_objectives,
    make_port,
    probe_result,
    record,
)
from tests.search.requests import ask, counts, ids

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


def surfaces(client: Client, product: DataProduct) -> dict[str, bool]:
    """Return for each place that shows the verdict whether it says that the SLO is breached."""
    facet = counts(ask(active_backend(), readers=None), "slo")
    results = client.get("/search").content.decode()
    return {
        "trust column": DataProduct.objects.get(pk=product.pk).slo_verdict == "breached",
        "search": breached() == [str(product.uuid)],
        "facet": facet.get("breached", 0) == 1,
        "badge of a result": "SLO breached" in results,
        "badge of the product": "SLO breached" in client.get(product.path).content.decode(),
        "badge for other pages": "breached"
        in client.get(f"/badge/{product.uuid}.svg").content.decode(),
        "API": client.get(f"/api/v1/products/{product.uuid}").json()["slo"] == "breached",
    }


def test_a_breach_is_shown_and_announced_within_a_poll_and_a_minute(client: Client) -> None:
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
    assert set(surfaces(client, product).values()) == {False}

    failing = [
        probe_result(port, now - timedelta(seconds=number), Outcome.UNREACHABLE)
        for number in range(1, 600)
    ]
    polled_at = time.monotonic()
    record(failing, now=now)
    drain()
    places = surfaces(client, product)
    assert [place for place, is_shown in places.items() if not is_shown] == []
    deliver(now=timezone.now())
    deliver(now=timezone.now())
    sent = Delivery.objects.filter(person=reader, event__kind="opened")
    assert [delivery.state for delivery in sent] == ["delivered"]

    assert LIMIT.total_seconds() >= MAX_AGE  # a page of others may have kept the badge
    ticks = DRAIN_TICK + DELIVERY_TICK
    assert time.monotonic() - polled_at + ticks < LIMIT.total_seconds()
