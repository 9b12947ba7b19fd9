"""When ports are measured: schedules follow the tree, claims are won once, late slots skipped."""

from copy import deepcopy
from datetime import timedelta
from itertools import pairwise

import pytest
from django.utils import timezone

from catalog.exceptions import ValidationFailed
from catalog.products.models import Status
from catalog.products.services import replace_document, set_status
from governance.slo.models import Objective, ProbeSchedule
from governance.slo.outcomes import Outcome
from governance.slo.services import ProbeQueue, claim_due, schedule_missing_ports
from governance.slo.services.claims import SLOW_BATCHES
from tests.factories import FACTORY, make_product, product_tree, with_port
from tests.governance.measuring import (
    declare_objectives,
    make_objective,
    make_port,
    record_measurement,
)

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)


def claim(now=None, *, queue=ProbeQueue.HEALTHY, limit=100):
    return claim_due(limit=limit, queue=queue, now=now or timezone.now())


def test_a_port_is_due_once_it_has_a_location():
    port = make_port()

    [due] = claim()

    assert (due.port_id, due.type, due.location) == (port.pk, "api", "https://data.example/items")
    assert due.interval == 60


def test_the_interval_of_a_schedule_is_the_ports_own():
    port = make_port()
    product = port.product
    tree = deepcopy(product.tree)
    tree["outputPorts"][0]["customProperties"] = [{"property": "assayInterval", "value": 15}]

    replace_document(product=product, tree=tree, edition=product.edition, actor=FACTORY)

    assert ProbeSchedule.objects.get(port=port).interval == 15


def test_ports_registered_together_are_measured_at_different_times_later():
    product = make_product()
    for _ in range(3):
        make_port(product)
    now = timezone.now()

    claim(now)

    later = {schedule.next_due_at - now for schedule in ProbeSchedule.objects.all()}
    assert all(timedelta(0) < gap <= timedelta(seconds=60) for gap in later)
    gaps = sorted(later)
    assert all(b - a > SECOND for a, b in pairwise(gaps))


def test_a_claimed_slot_is_not_claimed_again():
    make_port()
    now = timezone.now()

    assert len(claim(now)) == 1
    assert claim(now) == []
    assert claim(now + SECOND) == []


def test_a_lost_batch_costs_its_slots_and_its_ports_come_back_by_themselves():
    port = make_port()
    now = timezone.now()
    claim(now)

    [due] = claim(now + timedelta(minutes=3))

    assert due.port_id == port.pk


def test_slots_that_were_missed_are_skipped_not_made_up_for():
    port = make_port()
    first = claim(timezone.now())[0].slot
    ProbeSchedule.objects.update(claimed_until=None)
    late = first + timedelta(hours=3, seconds=30)

    [due] = claim(late)

    assert due.slot == first + timedelta(hours=3)
    schedule = ProbeSchedule.objects.get(port=port)
    assert schedule.next_due_at == first + timedelta(hours=3, minutes=1)
    ProbeSchedule.objects.update(claimed_until=None)
    assert claim(late + SECOND) == []


def test_recording_gives_a_claim_back():
    port = make_port()
    [due] = claim()

    record_measurement(port=port, slot=due.slot)

    assert ProbeSchedule.objects.get(port=port).claimed_until is None


def test_a_limit_takes_those_that_have_waited_longest():
    early, late = make_port(), make_port()
    now = timezone.now()
    ProbeSchedule.objects.filter(port=early).update(next_due_at=now - timedelta(minutes=9))
    ProbeSchedule.objects.filter(port=late).update(next_due_at=now - timedelta(minutes=1))

    assert [due.port_id for due in claim(now, limit=1)] == [early.pk]
    assert [due.port_id for due in claim(now, limit=1)] == [late.pk]


def test_a_port_that_keeps_failing_slowly_moves_to_the_suspect_lane_and_back():
    port = make_port()
    start = timezone.now()
    for number in range(2):
        slot = start + number * SECOND
        record_measurement(port=port, slot=slot, outcome=Outcome.TIMEOUT)

    later = start + timedelta(minutes=2)
    assert claim(later) == []
    [due] = claim(later, queue=ProbeQueue.SLOW)

    record_measurement(port=port, slot=due.slot)
    assert len(claim(later + timedelta(minutes=2))) == 1


def test_a_quick_failure_does_not_make_a_port_suspect():
    port = make_port()
    for number in range(5):
        slot = timezone.now() + number * SECOND
        record_measurement(port=port, slot=slot, outcome=Outcome.HTTP_ERROR)

    assert not ProbeSchedule.objects.slow().exists()


def test_some_batches_of_slow_ports_run_at_a_time():
    ports = [make_port() for _ in range(SLOW_BATCHES + 1)]
    ProbeSchedule.objects.update(failures=5)
    now = timezone.now()

    claimed = [len(claim(now, queue=ProbeQueue.SLOW, limit=1)) for _ in ports]

    assert claimed == [1] * SLOW_BATCHES + [0]


@pytest.mark.parametrize("status", [Status.RETIRED, Status.EXTERNAL])
def test_ports_of_retired_and_external_products_are_not_measured(status):
    product = make_port().product
    set_status(product, status, "moved", FACTORY)

    assert claim() == []


def test_ports_without_a_place_that_can_be_probed_are_not_measured():
    make_port(type="postgres", host="db.example", port=5432, database="d", schema="public")

    assert claim() == []


def test_a_deprecated_port_is_not_measured():
    product = make_port().product
    tree = deepcopy(product.tree)
    tree["outputPorts"][0]["deprecated"] = True
    replace_document(product=product, tree=tree, edition=product.edition, actor=FACTORY)

    assert claim() == []


def test_a_port_that_lost_its_schedule_gets_one_again():
    make_port()
    ProbeSchedule.objects.all().delete()

    assert schedule_missing_ports() == 1
    assert len(claim()) == 1


def test_an_objective_stays_the_same_when_its_numbers_change():
    objective = make_objective(target=0.9)

    declare_objectives(
        objective.port.product,
        {"indicator": "availability", "target": 0.5, "port": objective.port.name},
    )

    changed = Objective.objects.get()
    assert (changed.pk, changed.target) == (objective.pk, 0.5)


def test_an_objective_leaves_with_its_declaration():
    objective = make_objective()

    declare_objectives(objective.port.product)

    assert not Objective.objects.exists()


def test_an_objective_without_a_port_is_about_the_product():
    product = declare_objectives(make_port().product, {"indicator": "availability", "target": 0.9})

    objective = Objective.objects.get()
    assert (objective.product, objective.port) == (product, None)


def test_a_faulty_objective_leaves_the_product_as_it_was():
    product = make_port().product

    with pytest.raises(ValidationFailed):
        declare_objectives(product, {"indicator": "availability", "target": 2})

    product.refresh_from_db()
    assert "assayObjectives" not in str(product.tree)


def test_a_product_may_be_registered_with_its_objectives_in_one_go():
    objectives = [{"indicator": "availability", "target": 0.99}]
    tree = product_tree(assayObjectives=objectives)

    product = with_port(make_product(tree=tree))

    assert product.objectives.get().target == 0.99


@pytest.mark.parametrize(
    ("objectives", "verdict"),
    [
        ([], "no_data"),
        ([{"indicator": "availability", "target": 0.5}], "collecting"),
        ([{"indicator": "latency", "target": 1.0, "threshold": 0.001}], "breached"),
    ],
)
def test_measurements_are_evaluated_again_when_objectives_change(
    objectives, verdict, django_capture_on_commit_callbacks
):
    objective = make_objective(target=0.9)
    product = objective.port.product
    for number in range(4):
        record_measurement(port=objective.port, slot=timezone.now() + number * SECOND)

    with django_capture_on_commit_callbacks(execute=True):
        declare_objectives(product, *objectives)

    product.refresh_from_db()
    assert product.slo_verdict == verdict
    assert len(product.slo_figures) == len(objectives)
