"""Days are sums of hours, old rows go, and tasks do what beat asks."""

from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone
from django.utils.module_loading import import_string

from governance.slo.models import Measurement, Period, RollUp
from governance.slo.outcomes import Outcome
from governance.slo.rollups import stats_between
from governance.slo.services import prune, roll_up_days
from governance.slo.stats import DAY, HOUR, Stats, merge, start_of_day
from governance.tasks import BEAT, mark_unmeasured_ports, prune_measurements, roll_up
from tests.governance.measuring import START, make_port, probe_result, record, slots

pytestmark = pytest.mark.django_db


def measured_days(port, days):
    """Record a few measurements in several hours of each day."""
    for number in range(days):
        for hour in (1, 9, 23):
            start = start_of_day(START) + number * DAY + hour * HOUR
            record(
                [
                    probe_result(port, slot, seconds=0.1 * (number + 1))
                    for slot in slots(3, start=start)
                ]
            )
            record([probe_result(port, start + timedelta(minutes=9), Outcome.TIMEOUT)])


def test_a_day_is_the_sum_of_its_hours_however_often_it_is_rolled_up():
    port = make_port()
    measured_days(port, 2)
    now = start_of_day(START) + 2 * DAY + HOUR

    assert roll_up_days(now=now) == 2
    once = list(RollUp.objects.filter(period=Period.DAY).values("start", "outcomes", "latencies"))
    assert roll_up_days(now=now) == 2

    days = RollUp.objects.filter(period=Period.DAY).order_by("start")
    assert list(days.values("start", "outcomes", "latencies")) == once
    for day in days:
        hours = RollUp.objects.hours([port.pk], day.start, day.start + DAY)
        sums = [{"outcomes": h.outcomes, "latencies": h.latencies} for h in hours]
        total = Stats.from_json({"outcomes": day.outcomes, "latencies": day.latencies})
        assert total == merge(map(Stats.from_json, sums))


def test_the_present_day_is_not_rolled_up_before_it_has_settled():
    port = make_port()
    measured_days(port, 1)

    assert roll_up_days(now=start_of_day(START) + DAY + timedelta(minutes=10)) == 0
    assert roll_up_days(now=start_of_day(START) + DAY + timedelta(minutes=16)) == 1


@pytest.mark.parametrize("ahead", [timedelta(0), timedelta(hours=5), timedelta(hours=13)])
def test_a_window_reads_the_same_from_days_and_from_hours(ahead):
    one, other = make_port(), make_port()
    measured_days(one, 4)
    measured_days(other, 2)
    start, end = start_of_day(START) + ahead, start_of_day(START) + 3 * DAY + 10 * HOUR
    from_hours = stats_between([one.pk, other.pk], start, end)

    roll_up_days(now=end)

    assert stats_between([one.pk, other.pk], start, end) == from_hours


def test_old_measurements_go_and_what_objectives_need_stays():
    port = make_port()
    measured_days(port, 2)
    roll_up_days(now=START + 2 * DAY)
    hours = RollUp.objects.filter(period=Period.HOUR).count()

    assert prune(now=start_of_day(START) + 15 * DAY) == 12

    assert Measurement.objects.count() == 12
    assert RollUp.objects.filter(period=Period.HOUR).count() == hours

    prune(now=START + 120 * DAY)
    assert not Measurement.objects.exists()
    assert set(RollUp.objects.values_list("period", flat=True)) == {Period.DAY}

    prune(now=START + 500 * DAY)
    assert not RollUp.objects.exists()


def test_days_that_are_kept_longer_do_not_stop_the_pruning_of_hours():
    port = make_port()
    measured_days(port, 2)
    roll_up_days(now=START + 2 * DAY)

    prune(now=START + 120 * DAY)

    assert set(RollUp.objects.values_list("period", flat=True)) == {Period.DAY}


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_pruning_locks_the_rows_that_it_deletes_and_nothing_else():
    port = make_port()
    old, count = START - 30 * DAY, 12_000
    Measurement.objects.bulk_create(
        Measurement(
            port=port,
            slot=old + n * timedelta(seconds=1),
            measured_at=old,
            outcome="good",
            total=0.1,
        )
        for n in range(count)
    )
    # Even if all of it were one transaction, it would lock nothing that recording waits for.
    with transaction.atomic(), connection.cursor() as cursor:
        assert prune(now=START) == count
        cursor.execute(
            "SELECT DISTINCT mode FROM pg_locks JOIN pg_class ON pg_class.oid = relation"
            " WHERE pid = pg_backend_pid() AND relname IN (%s, %s)",
            [Measurement._meta.db_table, RollUp._meta.db_table],
        )
        modes = {mode for (mode,) in cursor}

    assert modes == {"AccessShareLock", "RowExclusiveLock"}


@pytest.mark.django_db
def test_single_checks_are_kept_as_long_as_the_setting_says(settings):
    settings.ASSAY_KEEP_CHECKS = 3
    record([probe_result(make_port(), START)], now=START)
    assert prune(now=START + 3 * DAY) == 0
    assert prune(now=START + 3 * DAY + timedelta(seconds=1)) == 1


def test_what_is_pruned_can_be_recorded_no_more_than_once_meanwhile():
    port = make_port()
    record([probe_result(port, START)])

    assert prune(now=START + 13 * DAY) == 0
    assert record([probe_result(port, START)]) == 0


def test_the_tasks_of_beat_exist_and_expire_before_their_next_tick():
    for entry in BEAT.values():
        assert callable(import_string(entry["task"]))
        assert entry["options"]["expires"] <= entry["schedule"]


def test_the_tasks_run_on_an_empty_mesh():
    assert mark_unmeasured_ports() == 0
    assert roll_up() == 0
    assert prune_measurements() == 0


def test_a_port_measured_today_is_not_pruned_today():
    port = make_port()
    record([probe_result(port, timezone.now())])

    assert prune_measurements() == 0
