"""Measurements at the same time, and plans and ports that change while one goes on."""

from functools import partial

import pytest
from django.db import connection
from django.utils import timezone

from catalog.exceptions import CatalogError, EditConflict
from catalog.products.services import patch_document
from catalog.provenance.models import Imbalance
from governance.representation.models import (
    RepresentationPlan,
    RepresentationRun,
    RepresentationSchedule,
)
from governance.representation.services import claim_measurements, measure_port, save_plan
from governance.sandbox.groups import Cell, GroupCounts, GroupTable
from tests.concurrency import run_concurrently
from tests.factories import FACTORY, make_product, with_port

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases]
WORKERS = 3
PLAN = {"attributes": [{"column": "sex"}], "schedule": "daily"}


def counted(f=300, m=700):
    """Return counts as the sandbox gives them."""
    cells = (Cell(("f",), None, f), Cell(("m",), None, m))
    total = GroupTable((), (Cell((), None, f + m),))
    return GroupCounts(rows=f + m, tables=(total, GroupTable(("sex",), cells)))


def make_port(plan=PLAN):
    port = with_port(make_product()).output_ports.select_related("product__domain").get()
    save_plan(port=port, body=plan, edition=port.product.edition, actor=FACTORY)
    port.product.refresh_from_db()
    return port


def test_measurements_at_the_same_time_are_all_kept_and_the_rows_are_those_of_one():
    port = make_port()

    def measure(number):
        counts = counted(f=300 + 100 * number)
        return measure_port(port=port, actor=FACTORY, count=lambda *_: counts)

    runs = run_concurrently([partial(measure, number) for number in range(WORKERS)])

    assert RepresentationRun.objects.filter(state="ok").count() == WORKERS
    rows = list(Imbalance.objects.filter(port=port).order_by("group").values_list("n", "share"))
    latest = RepresentationRun.objects.filter(port=port).first()
    groups = latest.visible_representation.attributes[0].groups
    assert rows == [(group.count.n, group.share) for group in groups]
    assert latest in runs


def test_a_due_port_is_claimed_by_one_worker():
    ports = [make_port() for _ in range(WORKERS)]
    now = timezone.now()

    batches = run_concurrently([partial(claim_measurements, now=now)] * WORKERS)

    claimed = [port for batch in batches if batch for port in batch.port_ids]
    assert len(claimed) == len(set(claimed))
    assert set(claimed) <= {port.pk for port in ports}
    assert claimed


def test_of_plans_saved_at_the_same_time_with_one_edition_one_is_refused():
    port = make_port()
    bodies = [PLAN | {"band": 0.1}, PLAN | {"band": 0.2}]

    def save(body):
        try:
            save_plan(port=port, body=body, edition=port.product.edition, actor=FACTORY)
        except EditConflict:
            return False
        return True

    saved = run_concurrently([partial(save, body) for body in bodies])

    assert sorted(saved) == [False, True]
    assert RepresentationPlan.objects.get().edition == 2


def test_a_plan_saved_while_a_measurement_is_saved_never_gets_the_result_of_the_other():
    port = make_port()

    def measure():
        return measure_port(port=port, actor=FACTORY, count=lambda *_: counted()).state

    def edit():
        body = {"attributes": [{"column": "sex", "missing": ["m"]}], "schedule": "weekly"}
        save_plan(port=port, body=body, edition=port.product.edition, actor=FACTORY)
        return "edited"

    state, _ = run_concurrently([measure, edit])

    run, plan = RepresentationRun.objects.get(), RepresentationPlan.objects.get()
    is_of_this_plan = run.plan_edition == plan.edition
    has_rows = Imbalance.objects.filter(port=port).exists()
    # It is saved before the edit, or after it, and then it is outdated unless it knew of it.
    assert state in ("ok", "outdated")
    assert has_rows == (state == "ok")
    if state == "outdated":
        assert not is_of_this_plan
        assert RepresentationSchedule.objects.get().next_due_at <= timezone.now()


def test_a_port_removed_while_it_is_measured_leaves_no_row():
    port = make_port()

    def measure():
        try:
            return measure_port(port=port, actor=FACTORY, count=lambda *_: counted()).state
        except CatalogError as error:
            return error.code

    def remove():
        product = port.product
        steps = [{"op": "remove", "path": "/outputPorts"}]
        try:
            patch_document(product=product, patch=steps, edition=product.edition, actor=FACTORY)
        except EditConflict:  # The measurement does not count as an edit.
            return False
        return True

    state, is_removed = run_concurrently([measure, remove])

    assert is_removed
    assert state in ("ok", "not-found")
    assert not Imbalance.objects.exists()
    assert not RepresentationRun.objects.exists()


def test_nothing_is_locked_while_the_data_is_counted():
    port = make_port()
    states = []

    def count(*_):
        states.append(connection.in_atomic_block)
        return counted()

    measure_port(port=port, actor=FACTORY, count=count)

    assert states == [False]
