"""Values of data quality indicators, recorded directly: replays, order, boundaries, two writers."""

from datetime import timedelta

import pytest

from governance.slo.budget import Ratio
from governance.slo.models import Breach, IndicatorValue, Objective, ObjectiveStatus
from governance.slo.services import RecordedValue, record_values
from tests.concurrency import run_concurrently
from tests.governance.measuring import START, make_objective, make_port, slots

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
GOOD, BAD = 60.0, 9999.0


@pytest.fixture
def fresh(settings) -> Objective:
    settings.ASSAY_EVIDENCE_PERCENT = settings.ASSAY_EVIDENCE_CHECKS = 0
    return make_objective(indicator="freshness", threshold=3600, target=0.5, window="1d")


def values_of(objective, seconds, *, start=START, **params):
    """Return a value an hour of the objective's port."""
    return [
        RecordedValue(
            port_id=objective.port_id, indicator="freshness", slot=slot, value=value, **params
        )
        for slot, value in zip(slots(len(seconds), start=start, every=HOUR), seconds, strict=True)
    ]


def status_of(objective) -> ObjectiveStatus:
    return ObjectiveStatus.objects.get(objective=objective)


def counted(objective) -> Ratio:
    return status_of(objective).assessment.ratio


def test_values_recorded_again_change_nothing(fresh):
    batch = values_of(fresh, [GOOD, BAD, GOOD])
    now = batch[-1].slot
    assert record_values(values=batch, now=now) == 3
    first = status_of(fresh)

    assert record_values(values=batch, now=now) == 0
    assert record_values(values=[*batch, *batch], now=now) == 0

    assert counted(fresh) == Ratio(2, 3)
    assert status_of(fresh).details == first.details


def test_the_first_value_of_a_slot_is_kept(fresh):
    [first] = values_of(fresh, [GOOD])
    [second] = values_of(fresh, [BAD])

    assert record_values(values=[first, second], now=START) == 1
    assert record_values(values=[second], now=START) == 0

    assert IndicatorValue.objects.get().value == GOOD


def test_values_in_any_order_give_the_same_counts_and_the_newest_value(fresh):
    batch = values_of(fresh, [GOOD, BAD, GOOD, BAD])
    now = batch[-1].slot
    for value in (batch[3], batch[0], batch[2], batch[1]):
        record_values(values=[value], now=now)

    assessment = status_of(fresh).assessment
    assert assessment.ratio == Ratio(2, 4)
    assert (assessment.as_of, assessment.value) == (now, BAD)
    assert assessment.failing is not None
    assert assessment.failing.since == now


def test_a_late_value_can_open_a_breach(fresh):
    later, now = values_of(fresh, [GOOD, GOOD]), START + HOUR
    record_values(values=later, now=now)
    assert status_of(fresh).verdict == "met"

    # Measured before the others were written, but recorded only now.
    missed = values_of(fresh, [BAD] * 20, start=START - 20 * HOUR)
    record_values(values=missed, now=now)

    assert counted(fresh) == Ratio(2, 22)
    assert Breach.objects.open().count() == 1


def test_a_value_at_the_start_of_the_window_counts_and_one_before_it_does_not(fresh):
    start = START - timedelta(days=1)
    for moment in (start, start - timedelta(microseconds=1)):
        record_values(values=values_of(fresh, [BAD], start=moment), now=START)
    record_values(values=values_of(fresh, [GOOD]), now=START)

    assert counted(fresh) == Ratio(1, 2)


def test_values_at_both_sides_of_an_hour_are_two_checks(fresh):
    before = START - timedelta(microseconds=1)
    record_values(values=values_of(fresh, [GOOD], start=before), now=before)
    record_values(values=values_of(fresh, [BAD]), now=START)

    assert counted(fresh) == Ratio(1, 2)


def test_reported_values_do_not_count_for_an_objective_on_measured_ones(fresh):
    record_values(values=values_of(fresh, [BAD], source="reported"), now=START)
    record_values(values=values_of(fresh, [GOOD]), now=START)

    assert IndicatorValue.objects.count() == 2
    assert counted(fresh) == Ratio(1, 1)


def test_values_of_a_deleted_port_are_skipped(fresh):
    deleted = make_port()
    value = RecordedValue(port_id=deleted.pk, indicator="freshness", slot=START, value=GOOD)
    deleted.delete()

    assert record_values(values=[value, *values_of(fresh, [GOOD])], now=START) == 1


@pytest.mark.databases
@pytest.mark.django_db(transaction=True)
def test_writers_of_the_same_values_count_each_once_and_open_one_breach(fresh):
    batch = values_of(fresh, [BAD] * 24)
    now = batch[-1].slot

    run_concurrently([lambda: record_values(values=batch, now=now)] * 3)

    assert IndicatorValue.objects.count() == 24
    assert counted(fresh) == Ratio(0, 24)
    assert Breach.objects.count() == 1


@pytest.mark.databases
@pytest.mark.django_db(transaction=True)
def test_writers_of_different_values_lose_none_in_the_count(fresh):
    batch = values_of(fresh, [GOOD, BAD, GOOD, BAD, GOOD, BAD])
    now = batch[-1].slot

    run_concurrently(
        [lambda part=batch[n::3]: record_values(values=part, now=now) for n in range(3)]
    )

    assert counted(fresh) == Ratio(3, 6)
    assert status_of(fresh).as_of == now
