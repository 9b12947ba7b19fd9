"""A batch of probe results takes as many statements for many ports as for few."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from governance.slo.models import Objective, ObjectiveStatus
from tests.factories import make_product
from tests.governance.measuring import (
    MINUTE,
    START,
    declare_objectives,
    make_port,
    probe_result,
    record,
)

pytestmark = pytest.mark.django_db
INDICATORS = ({"indicator": "availability"}, {"indicator": "latency", "threshold": 1})


def measured_ports(count, in_force_since):
    """Return ports with two objectives each, measured three times."""
    product = make_product()
    ports = [make_port(product) for _ in range(count)]
    objectives = [
        {"target": 0.9, "port": port.name} | indicator for port in ports for indicator in INDICATORS
    ]
    declare_objectives(ports[0].product, *objectives, in_force_since=in_force_since)
    for number in range(3):
        measure(ports, START + number * MINUTE)
    return ports


def measure(ports, slot):
    record([probe_result(port, slot) for port in ports])


def statements(ports, slot):
    with CaptureQueriesContext(connection) as queries:
        measure(ports, slot)
    return len(queries)


@pytest.mark.parametrize(
    "in_force_since", [START - 90 * 1440 * MINUTE, START - 0.5 * MINUTE], ids=["old", "young"]
)
@pytest.mark.parametrize("is_full", [False, True], ids=["checked", "evaluated in full"])
def test_the_statements_of_a_batch_do_not_grow_with_its_ports(in_force_since, is_full):
    few, many = (measured_ports(count, in_force_since) for count in (2, 9))
    if is_full:
        ObjectiveStatus.objects.update(evaluated_at=None)

    assert statements(few, START + 3 * MINUTE) == statements(many, START + 3 * MINUTE)


def test_a_young_objective_counts_only_what_was_measured_since_it_came_into_force():
    ports = measured_ports(2, START + 1.5 * MINUTE)

    for number in range(3, 16):
        measure(ports, START + number * MINUTE)

    since = START + 1.5 * MINUTE
    for objective in Objective.objects.all():
        assert objective.effective_since == since
        status = objective.status
        evaluated = (status.evaluated_at - START) // MINUTE
        assert (status.good, status.total) == (evaluated - 1, evaluated - 1)
