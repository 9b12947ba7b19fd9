"""A month of checks with known failures, in exact arithmetic or written into an instance.

    python -m benchmarks.simulated_month           # budget and verdict against exact arithmetic
    python -m benchmarks.simulated_month --fill    # a month of history for the ports of an instance

`--fill` replaces what was measured of the ports of published products: it is for demo instances,
so that pages can be looked at as they are after a month. It writes day by day through the same
roll-up functions and services as the workers, so breaches open and close as they would have.
"""

import argparse
import os
import random
import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.db.models import Q  # noqa: E402
from django.utils import timezone  # noqa: E402

from catalog.ports.models import OutputPort  # noqa: E402
from catalog.ports.services import ProbeSummary, update_probe_times  # noqa: E402
from governance.slo.inherited import LIVE_STATUSES  # noqa: E402
from governance.slo.models import (  # noqa: E402
    Breach,
    IndicatorValue,
    Measurement,
    Objective,
    ObjectiveStatus,
    Period,
    ProbeSchedule,
    RollUp,
)
from governance.slo.outcomes import Outcome  # noqa: E402
from governance.slo.services import (  # noqa: E402
    RecordedValue,
    evaluate,
    publish_status,
    record_values,
    roll_up_days,
)
from governance.slo.stats import (  # noqa: E402
    DAY,
    HOUR,
    StoredStats,
    add_measurement,
    start_of_day,
    start_of_hour,
    stored_slice,
)

# Single measurements are written of the last day only: a month of them is 43,200 a port.
SINGLES = timedelta(hours=26)
BATCH = 500


@dataclass(frozen=True)
class Incident:
    """All checks fail alike from `ago` before the end of the month, for `lasts`."""

    ago: timedelta
    lasts: timedelta
    outcome: Outcome = Outcome.HTTP_ERROR

    def covers(self, left: timedelta) -> bool:
        return self.ago - self.lasts < left <= self.ago


@dataclass(frozen=True)
class Pattern:
    """How a port fails: a share of its checks at random, and incidents. `seconds` is its p50."""

    name: str
    failing: float = 0.0
    incidents: tuple[Incident, ...] = ()
    seconds: float = 0.08


@dataclass(frozen=True)
class Check:
    slot: datetime
    outcome: Outcome
    seconds: float


def hours(number: float) -> timedelta:
    return timedelta(hours=number)


PATTERNS = (
    Pattern("healthy", failing=0.0002),
    Pattern("never fails", seconds=0.03),
    Pattern("one outage", failing=0.0005, incidents=(Incident(hours(130), hours(3)),)),
    Pattern("slow", failing=0.002, seconds=0.42),
    Pattern("failing now", failing=0.0005, incidents=(Incident(hours(0.45), hours(1)),)),
    Pattern("breached", failing=0.06),
    Pattern(
        "recovered",
        failing=0.001,
        incidents=(Incident(hours(10), hours(9), Outcome.TIMEOUT), Incident(hours(400), hours(4))),
    ),
    Pattern("burning", failing=0.0005, incidents=(Incident(hours(2), hours(1.2)),)),
)


def simulated_checks(
    pattern: Pattern, *, seed: int, start: datetime, end: datetime, step: timedelta, now: datetime
) -> Iterator[Check]:
    """Yield a check for each slot in [start, end); the same arguments yield the same checks."""
    slot, chance = start, random.Random(f"{seed} {start.timestamp()}")
    while slot < end:
        incident = next((i for i in pattern.incidents if i.covers(now - slot)), None)
        outcome = incident.outcome if incident else Outcome.GOOD
        if outcome == Outcome.GOOD and chance.random() < pattern.failing:
            outcome = Outcome.HTTP_ERROR if chance.random() < 0.7 else Outcome.TIMEOUT
        seconds = 10.0 if outcome == Outcome.TIMEOUT else chance.lognormvariate(0, 0.35)
        yield Check(slot, outcome, seconds if seconds == 10.0 else seconds * pattern.seconds)
        slot += step


def exact_consumed(failed: int, expected: int, target: Fraction) -> Fraction:
    """Return the consumed share of an error budget without rounding."""
    return Fraction(failed) / ((1 - target) * expected)


def write_checks(checks_by_port: Mapping[int, Sequence[Check]], *, singles_since: datetime) -> None:
    """Write roll-ups of hours, and the single measurements since a moment."""
    rows: dict[tuple[int, datetime], RollUp] = {}
    singles = []
    for port_id, checks in checks_by_port.items():
        for check in checks:
            key = (port_id, start_of_hour(check.slot))
            hour = rows.setdefault(key, RollUp(port_id=port_id, period=Period.HOUR, start=key[1]))
            total = StoredStats(outcomes=hour.outcomes, latencies=hour.latencies)
            for stored in (total, stored_slice(hour.slices, check.slot)):
                add_measurement(stored, outcome=check.outcome, seconds=check.seconds)
            if check.slot >= singles_since:
                singles.append(measurement(port_id, check))
    RollUp.objects.bulk_create(rows.values(), batch_size=BATCH)
    Measurement.objects.bulk_create(singles, batch_size=BATCH)


def measurement(port_id: int, check: Check) -> Measurement:
    status = {Outcome.GOOD: 200, Outcome.HTTP_ERROR: 503}.get(check.outcome)
    return Measurement(
        port_id=port_id,
        slot=check.slot,
        measured_at=check.slot,
        outcome=check.outcome,
        status_code=status,
        dns=check.seconds * 0.04,
        connect=check.seconds * 0.1,
        tls=check.seconds * 0.2,
        first_byte=check.seconds * 0.5,
        total=check.seconds,
    )


def probed_ports() -> dict[int, int]:
    """Return the interval of each probed port of a published product, in seconds."""
    schedules = ProbeSchedule.objects.probed().filter(
        port__product__status__in=LIVE_STATUSES, port__product__working_copy_of__isnull=True
    )
    return dict(schedules.order_by("port_id").values_list("port_id", "interval"))


def fill(intervals: Mapping[int, int], *, days: int, now: datetime) -> int:
    """Give ports a history up to now; return how many checks it has."""
    start = start_of_day(now) - days * DAY
    objectives = _forget(intervals, since=start)
    count = 0
    for number in range(days + 1):
        day = start + number * DAY
        end = min(day + DAY, now)
        checks_by_port = {
            port_id: list(
                simulated_checks(
                    PATTERNS[place % len(PATTERNS)],
                    seed=port_id,
                    start=day + timedelta(seconds=port_id % interval),
                    end=end,
                    step=timedelta(seconds=interval),
                    now=now,
                )
            )
            for place, (port_id, interval) in enumerate(intervals.items())
        }
        count += sum(map(len, checks_by_port.values()))
        write_checks(checks_by_port, singles_since=now - SINGLES)
        for is_good in (True, False):
            update_probe_times(probes=_last_probes(checks_by_port, is_good=is_good))
        roll_up_days(now=end)
        fill_values(objectives, start=day, end=end)
        evaluate(objectives=list(Objective.objects.filter(pk__in=objectives)), now=end)
        print(f"{day:%Y-%m-%d} {count:>10,} checks", flush=True)
    products = OutputPort.objects.filter(pk__in=intervals).values_list("product_id", flat=True)
    publish_status(product_ids=[], changed=set(products), now=now)
    return count


def fill_values(objectives: Collection[int], *, start: datetime, end: datetime) -> None:
    """Record a value an hour for the objectives that are not probed."""
    on_values = Objective.objects.filter(pk__in=objectives).exclude(
        indicator__in=["availability", "latency"]
    )
    for objective in on_values.select_related("port"):
        ports = [objective.port_id] if objective.port_id else []
        if objective.product_id:
            of_product = OutputPort.objects.filter(product_id=objective.product_id)
            ports = list(of_product.values_list("pk", flat=True))
        threshold = objective.threshold or 1.0
        values = []
        for port_id in ports:
            slot, chance = start, random.Random(f"{port_id} {objective.pk} {start.timestamp()}")
            while slot < end:
                is_good = chance.random() > 0.02
                better = 0.5 if objective.indicator == "freshness" else 1.0
                worse = 1.5 if objective.indicator == "freshness" else 0.9
                value = threshold * (better if is_good else worse)
                values.append(
                    RecordedValue(
                        port_id=port_id,
                        indicator=objective.indicator,
                        slot=slot,
                        value=value,
                        rows=1000,
                    )
                )
                slot += HOUR
        record_values(values=values, now=end)


def _forget(port_ids: Iterable[int], *, since: datetime) -> list[int]:
    """Delete what was measured of ports, and have their objectives in force since then."""
    ports = list(port_ids)
    for model in (Measurement, RollUp, IndicatorValue):
        model.objects.filter(port_id__in=ports).delete()
    OutputPort.objects.filter(pk__in=ports).update(last_probed_at=None, last_good_at=None)
    covering = Q(port_id__in=ports) | Q(product__output_ports__in=ports)
    objectives = list(Objective.objects.filter(covering).distinct().values_list("pk", flat=True))
    Breach.objects.filter(objective_id__in=objectives).delete()
    ObjectiveStatus.objects.filter(objective_id__in=objectives).delete()
    Objective.objects.filter(pk__in=objectives).update(effective_since=since)
    return objectives


def _last_probes(
    checks_by_port: Mapping[int, Sequence[Check]], *, is_good: bool
) -> dict[int, ProbeSummary]:
    """Return the last probe of each port; if `is_good` is true, the last good one."""
    last: dict[int, ProbeSummary] = {}
    for port_id, checks in checks_by_port.items():
        for check in reversed(checks):
            passed = check.outcome == Outcome.GOOD
            if passed or not is_good:
                last[port_id] = ProbeSummary(
                    at=check.slot, outcome=check.outcome, is_good=passed, server=""
                )
                break
    return last


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--fill", action="store_true", help="write a month into this instance")
    parser.add_argument("--days", type=int, default=30)
    options = parser.parse_args()
    began = time.monotonic()
    if options.fill:
        ports = probed_ports()
        count = fill(ports, days=options.days, now=timezone.now())
        print(f"{count:,} checks of {len(ports)} ports in {time.monotonic() - began:.0f} s")
        return
    now = start_of_day(timezone.now())
    for pattern in PATTERNS:
        checks = list(
            simulated_checks(
                pattern,
                seed=1,
                start=now - options.days * DAY,
                end=now,
                step=timedelta(minutes=1),
                now=now,
            )
        )
        failed = sum(check.outcome != Outcome.GOOD for check in checks)
        used = exact_consumed(failed, len(checks), Fraction(99, 100))
        print(f"{pattern.name:<12} {failed:>6,} of {len(checks):,} failed: {float(used):.4f}")


if __name__ == "__main__":
    main()
