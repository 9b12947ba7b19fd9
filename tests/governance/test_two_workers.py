"""Two workers at once: a slot is measured by one, and what both write counts once."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.utils import timezone

from governance.slo.models import Breach, Measurement, RollUp
from governance.slo.outcomes import Outcome
from governance.slo.services import ProbeQueue, claim_due
from tests.concurrency import run_concurrently
from tests.factories import make_product
from tests.governance.measuring import (
    declare_objectives,
    make_objective,
    make_port,
    probe_result,
    record,
    slots,
)

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases]
WORKERS = 3


def by_all(work: Callable[[int], Any]) -> list[Any]:
    """Return what each worker gets, all of them starting together."""
    return run_concurrently([partial(work, number) for number in range(WORKERS)])


def test_each_due_port_is_claimed_by_one_worker():
    product = make_product()
    ports = {make_port(product).pk for _ in range(6)}
    now = timezone.now()

    claims = by_all(lambda _: claim_due(limit=4, queue=ProbeQueue.HEALTHY, now=now))

    claimed = [due.port_id for claim in claims for due in claim]
    assert len(claimed) == len(set(claimed))
    rest = claim_due(limit=10, queue=ProbeQueue.HEALTHY, now=now)
    assert {*claimed, *(due.port_id for due in rest)} == ports


def test_a_batch_recorded_by_several_workers_counts_once():
    objective = make_objective(target=1)
    batch = [probe_result(objective.port, slot, Outcome.HTTP_ERROR) for slot in slots(5)]

    written = by_all(lambda _: record(batch))

    assert sum(written) == 5
    assert Measurement.objects.count() == 5
    assert RollUp.objects.get().outcomes == {"http_error": 5}
    assert Breach.objects.count() == 1


def test_workers_that_measure_different_ports_of_a_product_open_one_breach():
    product = make_product()
    ports = [make_port(product) for _ in range(WORKERS)]
    declare_objectives(product, {"indicator": "availability", "target": 1})

    by_all(
        lambda number: record([probe_result(ports[number], s, Outcome.TIMEOUT) for s in slots(4)])
    )

    assert Breach.objects.count() == 1
    assert Measurement.objects.count() == 4 * WORKERS
