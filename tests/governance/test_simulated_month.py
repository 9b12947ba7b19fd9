"""A simulated month: budget and verdict within 0.1 % of exact arithmetic."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from governance.schedules.services import follow_clock
from governance.slo.models import Measurement, Objective, ObjectiveStatus, ProbeSchedule
from governance.slo.outcomes import Outcome
from governance.slo.reports import reports_of
from governance.slo.services import (
    ProbeQueue,
    claim_due,
    evaluate,
    record_measurements,
    roll_up_days,
)
from governance.slo.services.planned_maintenance import plan_maintenance
from tests.factories import FACTORY
from tests.governance.measuring import declare_objectives, make_port, probe_result

pytestmark = pytest.mark.django_db
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
EVERY = timedelta(minutes=10)
PER_MONTH = 4320
BERLIN = ZoneInfo("Europe/Berlin")


def month_of(start, failing, *, target, published=None, window="30d"):
    """Return the assessment of a month of checks every ten minutes, of which some failed."""
    port = make_port()
    fields = {"indicator": "availability", "target": target, "window": window, "port": port.name}
    declare_objectives(port.product, fields, in_force_since=published or start)
    ProbeSchedule.objects.filter(port=port).update(interval=EVERY.total_seconds())
    slots = [start + number * EVERY for number in range(PER_MONTH)]
    for first in range(0, PER_MONTH, 720):
        batch = [
            probe_result(port, slot, Outcome.HTTP_ERROR if number in failing else Outcome.GOOD)
            for number, slot in enumerate(slots[first : first + 720], first)
        ]
        record_measurements(results=batch, now=batch[-1].slot)
        roll_up_days(now=batch[-1].slot)
    return assessed(port, now=slots[-1] + MINUTE)


def assessed(port, *, now):
    """Return what the judge says, after asserting that the page says the same."""
    objective = Objective.objects.get(port=port)
    evaluate(objectives=[objective], now=now)
    status = ObjectiveStatus.objects.select_related("objective").get(objective=objective)
    [report] = reports_of(port.product, now)
    page, stored = report.assessment, status.assessment
    assert (page.ratio, page.expected, page.verdict) == (
        stored.ratio,
        stored.expected,
        status.verdict,
    )
    assert report.burn_down[-1].remaining == pytest.approx(stored.remaining)
    return stored


@pytest.mark.parametrize("zone", [UTC, BERLIN], ids=str)
@pytest.mark.parametrize(
    ("start", "failed", "verdict"),
    [
        (datetime(2026, 3, 10, tzinfo=UTC), 43, "at_risk"),
        (datetime(2026, 3, 10, tzinfo=UTC), 44, "breached"),
        (datetime(2026, 10, 5, 13, 47, 11, tzinfo=UTC), 20, "met"),
    ],
)
def test_the_budget_of_a_month_is_exact_also_when_clocks_change_in_it(zone, start, failed, verdict):
    # 1 % of 4,320 checks is 43.2. The failures lie around the nights when clocks change.
    failing = {2700 + 2 * number for number in range(failed)}

    with timezone.override(zone):
        result = month_of(start, failing, target=0.99)

    exact = Fraction(failed) / (Fraction(1, 100) * PER_MONTH)
    assert result.expected == PER_MONTH
    assert result.ratio.failed == failed
    assert result.consumed == pytest.approx(float(exact), rel=1e-3)
    assert result.verdict == verdict


def test_what_failed_before_an_objective_was_in_force_never_counts():
    start = datetime(2026, 3, 10, 10, 0, 5, tzinfo=UTC)
    published = start + 100 * EVERY + timedelta(seconds=3)

    result = month_of(start, set(range(101)) | {4000}, target=0.99, published=published)

    assert result.starts_at == published
    assert (result.ratio.failed, result.ratio.total) == (1, PER_MONTH - 101)


def test_maintenance_that_was_announced_is_no_part_of_the_budget():
    start = datetime(2026, 3, 10, tzinfo=UTC)
    port = make_port()
    fields = {"indicator": "availability", "target": 0.9, "window": "24h", "port": port.name}
    declare_objectives(port.product, fields, in_force_since=start)
    ProbeSchedule.objects.filter(port=port).update(interval=EVERY.total_seconds())
    port.product.refresh_from_db()
    plan_maintenance(
        subject=port.product,
        starts_at=start + 6 * HOUR,
        ends_at=start + 8 * HOUR,
        summary="Move",
        actor=FACTORY,
        now=start,
    )

    batch = []
    for number in range(144):
        slot = start + number * EVERY
        is_down = 36 <= number < 48 or number in (100, 101)
        batch.append(probe_result(port, slot, Outcome.TIMEOUT if is_down else Outcome.GOOD))
    record_measurements(results=batch, now=batch[-1].slot)

    result = assessed(port, now=batch[-1].slot + MINUTE)
    assert (result.expected, result.maintenance) == (132, 12)
    assert (result.ratio.failed, result.ratio.total) == (2, 132)
    assert result.consumed == pytest.approx(2 / 13.2, rel=1e-3)
    assert Measurement.objects.filter(in_maintenance=True, outcome="timeout").count() == 12


class Host:
    """Beats and a worker on one host, whose wall clock may be set."""

    def __init__(self, start, port):
        self.port = port
        self.start, self.seconds, self.offset = start, 0.0, timedelta(0)
        self.results = []
        ProbeSchedule.objects.update(next_due_at=start, interval=EVERY.total_seconds())
        follow_clock(now=self.now, monotonic=0.0)

    @property
    def now(self):
        return self.start + timedelta(seconds=self.seconds) + self.offset

    def run(self, length, *, beats=1):
        """Tick every five minutes; each beat hints the worker at the same moment."""
        for _ in range(int(length.total_seconds() // 300)):
            self.seconds += 300
            follow_clock(now=self.now, monotonic=self.seconds)
            tasks = [
                task
                for _ in range(beats)
                for task in claim_due(limit=10, queue=ProbeQueue.HEALTHY, now=self.now)
            ]
            for task in tasks:
                fails = len(self.results) % 9 == 0
                outcome = Outcome.HTTP_ERROR if fails else Outcome.GOOD
                result = probe_result(self.port, task.slot, outcome)
                self.results.append(result)
                record_measurements(results=[result], now=self.now)


@pytest.mark.parametrize(
    "scenario", ["two beats", "no beat", "paused beat", "clock forth", "clock back"]
)
def test_a_day_of_troubled_schedules_counts_each_check_once_of_the_scheduled_ones(scenario):
    port = make_port()
    start = datetime(2026, 3, 29, tzinfo=UTC)
    fields = {"indicator": "availability", "target": 0.9, "window": "24h", "port": port.name}
    declare_objectives(port.product, fields, in_force_since=start)
    host = Host(start, port)

    host.run(8 * HOUR)
    if scenario == "two beats":
        host.run(8 * HOUR, beats=2)
    elif scenario == "no beat":
        host.run(8 * HOUR, beats=0)
    elif scenario == "paused beat":
        for _ in range(8):
            host.run(35 * MINUTE)
            host.run(25 * MINUTE, beats=0)
    else:
        host.offset = HOUR if scenario == "clock forth" else -HOUR
        host.run(8 * HOUR)
    host.run(7 * HOUR)

    slots = Counter(result.slot for result in host.results)
    assert max(slots.values()) == 1
    result = assessed(port, now=host.now)
    counted = [r for r in host.results if r.slot >= result.starts_at]
    failed = sum(not r.is_good for r in counted)
    assert (result.ratio.failed, result.ratio.total) == (failed, len(counted))
    assert result.expected == 144
    assert result.consumed == pytest.approx(
        float(Fraction(failed, 1) / Fraction(144, 10)), rel=1e-3
    )
