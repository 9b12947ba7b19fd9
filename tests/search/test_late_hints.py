"""A worker that comes late to its hints catches up with all of them at once."""

import time
from datetime import timedelta

import pytest
from django.utils import timezone

from catalog.products.models import DataProduct
from catalog.search.services.pending import engine_states
from catalog.search.services.sync import drain
from catalog.tasks import DRAIN_TICK, index_changed
from tests.factories import make_domain, make_published_product

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def empty_index(settings, tmp_path):
    settings.ASSAY_DATA_DIR = tmp_path
    settings.ASSAY_SEARCH_ENGINES = ["embedded"]
    drain()


@pytest.mark.parametrize(("waited", "still_behind"), [(0, 2), (DRAIN_TICK + 1, 0)])
def test_a_late_hint_also_indexes_what_waits_behind_it(waited, still_behind):
    domain = make_domain()
    drain()
    first, *others = (make_published_product(domain=domain) for _ in range(3))
    long_ago = timezone.now() - timedelta(hours=1)
    DataProduct.objects.filter(pk__in=[product.pk for product in others]).update(
        revised_at=long_ago
    )

    index_changed([str(first.uuid)], time.time() - waited)

    assert engine_states()[0].pending == still_behind
