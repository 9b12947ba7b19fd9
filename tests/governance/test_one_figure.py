"""Whatever is recorded since, every place shows the same figure of an objective."""

from datetime import timedelta

import pytest
from django.utils import timezone

from catalog.products.models import DataProduct
from governance.slo.models import ObjectiveStatus
from governance.slo.outcomes import Outcome
from tests.factories import make_published_product
from tests.governance.measuring import declare_objectives, make_port, probe_result, record

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)


def texts(client, product):
    """Return the texts of the pages that show figures, by place."""
    pages = {
        "board": "/slo",
        "head of the product": product.path,
        "head of another tab": f"{product.path}/history",
        "SLO tab": f"{product.path}/slo",
    }
    answers = {place: client.get(path).content.decode() for place, path in pages.items()}
    return {place: " ".join(text.replace("\u202f", " ").split()) for place, text in answers.items()}


def figures(client, product):
    """Return the latency and the number of checks that each place has, in its own form."""
    report = client.get(f"/api/v1/products/{product.uuid}/slo").json()
    [status] = ObjectiveStatus.objects.all()
    stored = DataProduct.objects.get(pk=product.pk).slo_figures["latency"]
    [api] = report["objectives"]
    return {
        (api["value"], api["total"]),
        (stored["value"], status.total),
        (status.value, api["total"]),
    }


@pytest.mark.parametrize("pause", [3, 20, 90, 200])
def test_all_places_show_a_new_measurement_at_the_same_time(client, pause):
    product = make_published_product()
    port = make_port(product)
    began = timezone.now() - timedelta(hours=2)
    declare_objectives(
        product,
        {"indicator": "latency", "target": 0.95, "threshold": 0.5, "port": port.name},
        in_force_since=began,
    )
    for number in range(90):
        at = began + number * timedelta(minutes=1)
        record([probe_result(port, at, Outcome.GOOD, 0.05)], now=at)
    last = began + timedelta(minutes=89)
    for number in range(1, 9):
        at = last + number * pause * SECOND
        record([probe_result(port, at, Outcome.GOOD, 3.0)], now=at)
        assert len(figures(client, product)) == 1
        [status] = ObjectiveStatus.objects.all()
        figure = f"{round(status.value * 1000)} ms" if status.value < 1 else f"{status.value:.1f} s"
        places = texts(client, product)
        assert [place for place, text in places.items() if figure not in text] == []


def test_a_young_objective_shows_each_check_at_once(client):
    product = make_published_product()
    port = make_port(product)
    began = timezone.now() - timedelta(minutes=3)
    declare_objectives(
        product,
        {"indicator": "availability", "target": 0.9, "port": port.name},
        in_force_since=began,
    )
    for number in range(1, 8):
        at = began + number * 20 * SECOND
        record([probe_result(port, at)], now=at)
        assert ObjectiveStatus.objects.get().total == number
