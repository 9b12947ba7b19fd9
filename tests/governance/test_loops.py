"""When the loops of the workers last ran, and which of them are silent."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from celery import states
from django.utils import timezone

from config.loops import LoopRecorder
from governance.schedules.loops import LoopState, silent_loops
from governance.schedules.models import LoopRun, WorkCount
from governance.schedules.services import (
    count_work,
    declare_loops,
    find_silent_loops,
    record_runs,
)
from governance.slo.models import ProbeSchedule
from governance.slo.services import find_poller_silence, queue_states
from governance.slo.services.poller import count_probes, lateness_bucket
from tests.governance.measuring import make_port, probe_result, record_measurement

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def state(every: float, ended: float | None, known: float = 60.0, failed: float | None = None):
    """Return a loop with its interval in seconds and its last run in minutes before now."""
    return LoopState(
        name="probes",
        every=timedelta(seconds=every),
        known_since=NOW - known * MINUTE,
        ended_at=None if ended is None else NOW - ended * MINUTE,
        failed_at=None if failed is None else NOW - failed * MINUTE,
    )


@pytest.mark.parametrize(
    ("loop", "is_silent"),
    [
        (state(5, 1.9), False),
        (state(5, 2.1), True),
        (state(60, 2.9), False),
        (state(60, 3.1), True),
        (state(5, None, known=1), False),
        (state(5, None, known=3), True),
        (state(0, 600), False),
        (state(5, -30), False),
    ],
)
def test_a_loop_is_silent_after_three_intervals_and_two_minutes(loop, is_silent):
    assert bool(silent_loops([loop], NOW)) == is_silent


def test_a_loop_that_only_fails_is_silent_and_says_so():
    [loop] = silent_loops([state(5, 10, failed=0.1)], NOW)

    assert loop.is_failing
    assert loop.since == NOW - 10 * MINUTE
    assert "failed" in loop.reason


def test_after_the_clock_was_set_silence_counts_from_then():
    loops = [state(5, 180)]

    assert silent_loops(loops, NOW, clock_set_at=NOW - MINUTE) == []
    assert silent_loops(loops, NOW, clock_set_at=NOW - 3 * MINUTE)


@pytest.mark.django_db
def test_a_loop_of_the_timetable_that_never_ran_is_silent():
    declare_loops(timetable={"probes": 5, "old": 5}, now=NOW - 10 * MINUTE)
    declare_loops(timetable={"probes": 5, "days": 3600}, now=NOW - MINUTE)
    record_runs(name="days", now=NOW)

    [loop] = find_silent_loops(NOW)

    assert (loop.name, loop.has_run) == ("probes", False)


@pytest.mark.django_db
def test_runs_of_a_loop_are_added_up():
    record_runs(name="probes", now=NOW, items=7, every=5)
    record_runs(name="probes", now=NOW + MINUTE, runs=3)
    record_runs(name="probes", now=NOW + 2 * MINUTE, failures=1)

    row = LoopRun.objects.get()
    assert (row.runs, row.failures, row.items) == (5, 1, 7)
    assert (row.worked_at, row.ended_at) == (NOW, NOW + MINUTE)
    assert row.failed_at == NOW + 2 * MINUTE


@pytest.mark.django_db
def test_a_worker_records_work_and_failures_at_once_and_idle_runs_together():
    entries = {"probe due ports": {"task": "governance.tasks.schedule_probes", "schedule": 5}}
    recorder = LoopRecorder(entries)
    task = SimpleNamespace(name="governance.tasks.schedule_probes")
    recorder.record(sender=task, retval=0, state=states.SUCCESS)
    for _ in range(3):
        recorder.record(sender=task, retval=0, state=states.SUCCESS)
    assert LoopRun.objects.get().runs == 1

    recorder.record(sender=task, retval=4, state=states.SUCCESS)
    recorder.record(sender=task, retval=ValueError(), state=states.FAILURE)
    recorder.record(sender=SimpleNamespace(name="other"), retval=1, state=states.SUCCESS)

    row = LoopRun.objects.get()
    assert (row.name, row.every) == ("probe due ports", 5)
    assert (row.runs, row.failures, row.items) == (6, 1, 4)


@pytest.mark.django_db
def test_counts_of_work_grow_by_label():
    count_work(name="probes", counts={"api good": 2, "api timeout": 1})
    count_work(name="probes", counts={"api good": 3}, seconds=1.5)

    rows = {row.label: (row.count, row.seconds) for row in WorkCount.objects.all()}
    assert rows == {"api good": (5, 0), "api timeout": (1, 0), "": (0, 1.5)}


@pytest.mark.django_db
def test_probes_are_counted_by_kind_and_outcome_and_by_how_late_they_began():
    port = make_port()
    count_probes([probe_result(port, NOW), probe_result(port, NOW + MINUTE)])

    assert WorkCount.objects.get(name="probe lateness", label="0.5").count == 2
    assert [lateness_bucket(s) for s in (0, 0.5, 0.6, 61)] == ["0.5", "0.5", "1", "+Inf"]


@pytest.mark.django_db
def test_a_poller_is_silent_if_ports_wait_and_nothing_is_measured():
    port, now = make_port(), timezone.now()
    schedule = ProbeSchedule.objects.filter(port=port)
    schedule.update(next_due_at=now - MINUTE)
    assert find_poller_silence(now) is None

    schedule.update(next_due_at=now - 3 * MINUTE)
    silence = find_poller_silence(now)

    assert silence is not None
    assert (silence.due, silence.since) == (1, now - 3 * MINUTE)
    assert queue_states(now)["probes"].age == 180


@pytest.mark.django_db
def test_a_poller_that_measures_other_ports_is_behind_and_not_silent():
    port, other, now = make_port(), make_port(), timezone.now()
    ProbeSchedule.objects.filter(port=port).update(next_due_at=now - 3 * MINUTE)
    record_measurement(port=other, slot=now - MINUTE, now=now)

    assert find_poller_silence(now) is None
