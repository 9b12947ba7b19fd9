"""A wall clock that is set by hours: no gap longer than an interval, nothing judged twice."""

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from catalog.audit.models import AuditEvent
from governance.inspection.models import SourceSchedule
from governance.inspection.services import claim_sources, schedule_missing_sources
from governance.schedules.models import HostClock
from governance.schedules.services import clock_set_at, follow_clock
from governance.slo.evaluation import is_unmeasured
from governance.slo.models import Breach, Measurement, ObjectiveStatus, ProbeSchedule, RollUp
from governance.slo.outcomes import Outcome
from governance.slo.services import (
    ProbeQueue,
    claim_due,
    mark_unmeasured,
    record_measurements,
    roll_up_days,
)
from tests.factories import make_product, with_port
from tests.governance.measuring import make_objective, make_port, probe_result

pytestmark = pytest.mark.django_db
START = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
TICK, SECOND, MINUTE, HOUR = 5.0, timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)


class World:
    """A host whose wall clock may be set, and whose workers measure every port they claim."""

    def __init__(self):
        self.seconds, self.offset = 0.0, timedelta(0)
        self.measured_at = defaultdict(list)
        self.outcome = Outcome.GOOD
        ProbeSchedule.objects.update(next_due_at=START)
        follow_clock(now=self.wall, monotonic=self.seconds)

    @property
    def wall(self):
        return START + timedelta(seconds=self.seconds) + self.offset

    def run(self, *, minutes):
        """Let the workers tick for a while, as beat makes them."""
        for tick in range(int(minutes * 60 / TICK)):
            self.seconds += TICK
            follow_clock(now=self.wall, monotonic=self.seconds)
            if tick % 12 == 0:
                mark_unmeasured(now=self.wall)
            tasks = claim_due(limit=100, queue=ProbeQueue.HEALTHY, now=self.wall)
            for task in tasks:
                self.measured_at[task.port_id].append(self.seconds)
            results = [probe_result(Port(task.port_id), task.slot, self.outcome) for task in tasks]
            record_measurements(results=results, now=self.wall)

    def longest_gap(self, port):
        return max(later - earlier for earlier, later in pairwise(self.measured_at[port.pk]))


class Port:
    def __init__(self, pk):
        self.pk = pk


JUMPS = [timedelta(hours=3), timedelta(hours=-3), timedelta(minutes=-20), timedelta(seconds=-30)]


@pytest.mark.parametrize("jump", JUMPS, ids=str)
def test_a_jump_makes_no_gap_longer_than_an_interval(jump):
    ports = [make_port() for _ in range(3)]
    ProbeSchedule.objects.filter(port=ports[2]).update(interval=300)
    world = World()

    world.run(minutes=12)
    world.offset += jump
    world.run(minutes=12)

    gaps = [world.longest_gap(port) for port in ports]
    assert gaps[0] <= 60 + TICK
    assert gaps[1] <= 60 + TICK
    assert gaps[2] <= 300 + TICK


@pytest.mark.parametrize("jump", JUMPS[:2], ids=str)
def test_what_is_measured_after_a_jump_is_recorded_once_each(jump):
    port = make_port()
    world = World()

    world.run(minutes=10)
    world.offset += jump
    world.run(minutes=10)
    world.offset -= jump
    world.run(minutes=10)

    count = len(world.measured_at[port.pk])
    assert count >= 29
    assert Measurement.objects.filter(port=port).count() == count
    counted = sum(sum(hour.outcomes.values()) for hour in RollUp.objects.filter(port=port))
    assert counted == count
    port.refresh_from_db()
    assert abs(port.last_probed_at - world.wall) <= 60 * SECOND + timedelta(seconds=TICK)


@pytest.mark.parametrize("jump", JUMPS[:2], ids=str)
def test_a_jump_changes_no_verdict_and_opens_no_second_breach(jump):
    missed, met = make_objective(target=1), make_objective()
    world = World()
    world.outcome = Outcome.HTTP_ERROR
    ProbeSchedule.objects.exclude(port=missed.port).update(next_due_at=START + 999 * HOUR)
    world.run(minutes=5)
    events = AuditEvent.objects.filter(verb__in=["objective missed", "verdict turned"]).count()

    for step in (jump, -jump, jump):
        world.offset += step
        world.run(minutes=5)

    assert ObjectiveStatus.objects.get(objective=missed).verdict == "breached"
    assert Breach.objects.filter(objective=missed).count() == 1
    later = AuditEvent.objects.filter(verb__in=["objective missed", "verdict turned"])
    changes = [event for event in later if event.object_id == str(missed.port.product.uuid)]
    assert len(changes) == events
    assert met.pk != missed.pk


def test_ports_stay_spread_after_the_clock_was_set_back():
    ports = [make_port() for _ in range(4)]
    world = World()
    for number, port in enumerate(ports):
        due_at = START + timedelta(seconds=15 * number)
        ProbeSchedule.objects.filter(port=port).update(next_due_at=due_at)

    world.run(minutes=3)
    world.offset -= 5 * HOUR
    world.run(minutes=3)

    due = sorted(ProbeSchedule.objects.values_list("next_due_at", flat=True))
    assert all(later - earlier >= 10 * SECOND for earlier, later in pairwise(due))


def test_a_claim_from_before_the_jump_ends_by_itself():
    port = make_port()
    world = World()
    ProbeSchedule.objects.update(claimed_until=world.wall + MINUTE)

    world.offset -= 5 * HOUR
    world.run(minutes=3)

    assert world.measured_at[port.pk][0] <= 60 + 2 * TICK


def test_daily_readings_come_after_a_clock_that_was_set_back():
    port = with_port(make_product()).output_ports.get()
    schedule_missing_sources()
    SourceSchedule.objects.update(next_due_at=START + timedelta(hours=20))
    follow_clock(now=START, monotonic=0.0)

    follow_clock(now=START - 30 * HOUR, monotonic=10.0)

    assert SourceSchedule.objects.get(port=port).next_due_at <= START - 30 * HOUR + 24 * HOUR
    [batch] = claim_sources(now=START - 30 * HOUR + 21 * HOUR)
    assert batch.port_ids == [port.pk]


def test_a_host_that_starts_with_its_clock_in_the_past_waits_for_nothing():
    port = make_port()
    follow_clock(now=START, monotonic=500.0, host="before the restart")
    ProbeSchedule.objects.update(next_due_at=START + MINUTE)

    follow_clock(now=START - 7 * HOUR, monotonic=1.0, host="after the restart")

    assert ProbeSchedule.objects.get(port=port).next_due_at <= START - 7 * HOUR + MINUTE


def test_a_clock_that_is_adjusted_gently_is_not_set():
    follow_clock(now=START, monotonic=0.0)

    assert not follow_clock(now=START + timedelta(seconds=61.5), monotonic=60.0)
    assert clock_set_at(START + HOUR) is None
    assert follow_clock(now=START + timedelta(seconds=70), monotonic=60.0)
    assert clock_set_at(START + HOUR) == START + timedelta(seconds=70)
    assert HostClock.objects.count() == 1


@pytest.mark.parametrize(
    ("last", "set_at", "is_unknown"),
    [
        (-MINUTE, None, False),
        (-3 * HOUR, None, True),
        (-3 * HOUR, -MINUTE, False),
        (-3 * HOUR, -HOUR, True),
        (3 * HOUR, -MINUTE, False),
        (3 * HOUR, -HOUR, True),
        (3 * HOUR, None, True),
        (SECOND, None, False),
    ],
)
def test_what_was_not_measured_is_unknown_but_a_jump_alone_makes_nothing_so(
    last, set_at, is_unknown
):
    moment = None if set_at is None else START + set_at

    assert is_unknown == is_unmeasured(
        START + last, interval=MINUTE, now=START, clock_set_at=moment
    )


def test_days_are_rolled_up_after_a_jump_forth_and_back():
    port = make_port()
    for day in range(4):
        slot = START + timedelta(days=day)
        record_measurements(results=[probe_result(port, slot)], now=slot)
    RollUp.objects.create(port=port, period="day", start=datetime(2026, 5, 14, tzinfo=UTC))

    assert roll_up_days(now=START + timedelta(days=4)) == 4
