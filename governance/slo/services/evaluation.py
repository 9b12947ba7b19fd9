"""Evaluates objectives against measurements: updates their status, opens and closes breaches.

After a batch of measurements all objectives that cover its ports get a cheap check; only those
whose status must be written are evaluated in full: the verdict changed, the metrics are old, or
an hour is over.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from django.db import transaction

from governance.schedules.services import clock_set_at
from governance.slo.budget import Ratio
from governance.slo.coverage import CoveredPort, covered_ports, latest
from governance.slo.evaluation import (
    MIN_MEASUREMENTS,
    SPEC_FIELDS,
    BudgetingMethod,
    ObjectiveSpec,
    Verdict,
    is_unmeasured,
    value_of,
    verdict_of,
)
from governance.slo.models import Objective, ObjectiveStatus
from governance.slo.rollups import HourBucket, hours_since, ratio_of_hours, window_base
from governance.slo.services.breaches import close_breach, open_breach
from governance.slo.stats import HOUR, Stats, merge, start_of_hour, window_start

# While the verdict stays, metrics are written this seldom: they inform, nothing acts on them.
METRICS_INTERVAL = timedelta(minutes=5)
STATUS_FIELDS = ("verdict", "base_good", "base_total", "base_to", "as_of")
COVERAGE_FIELDS = ("pk", "port_id", "product_id")


class _Budgeted(Protocol):
    @property
    def budgeting(self) -> str: ...


def evaluate_ports(*, port_ids: Collection[int], now: datetime) -> set[int]:
    """Evaluate every objective that covers these ports; return the products whose status changed.

    A verdict that changes to breached opens one breach, however long it lasts; a change away from
    it closes the breach. No data closes nothing.
    """
    objectives = list(
        Objective.objects.covering_ports(port_ids).values_list(
            *COVERAGE_FIELDS,
            *SPEC_FIELDS,
            *(f"status__{name}" for name in STATUS_FIELDS),
            named=True,
        )
    )
    covered = covered_ports(objectives)
    recent_hours = _recent_hours(covered, now, objectives)
    outdated = []
    for row in objectives:
        is_due = row.status__as_of is None or abs(now - row.status__as_of) >= METRICS_INTERVAL
        if is_due or row.status__base_to != base_end(now):
            outdated.append(row.pk)
            continue
        spec = ObjectiveSpec(**{name: getattr(row, name) for name in SPEC_FIELDS})
        recent = ratio_of_hours(spec, _hours_of(covered[row.pk], recent_hours))
        ratio = Ratio(row.status__base_good, row.status__base_total) + recent
        if verdict_of(spec, ratio, recent) != row.status__verdict:
            outdated.append(row.pk)
    return evaluate(objectives=list(Objective.objects.filter(pk__in=outdated)), now=now)


@transaction.atomic
def evaluate(*, objectives: Sequence[Objective], now: datetime) -> set[int]:
    """Evaluate objectives in full; return the ids of the products whose status changed."""
    pks = {objective.pk for objective in objectives}
    rows = ObjectiveStatus.objects.filter(objective_id__in=pks)
    missing = pks - set(rows.values_list("objective_id", flat=True))
    ObjectiveStatus.objects.bulk_create(
        [ObjectiveStatus(objective_id=pk) for pk in missing], ignore_conflicts=True
    )
    locked = rows.select_for_update().order_by("pk")
    statuses = {status.objective_id: status for status in locked}
    covered_by_objective = covered_ports(objectives)
    recent_hours = _recent_hours(covered_by_objective, now, objectives)
    changed: set[int] = set()
    set_at = clock_set_at(now)
    for objective in objectives:
        status, covered = statuses[objective.pk], covered_by_objective.get(objective.pk, [])
        _refresh_base(objective, covered, status, now)
        hours = _hours_of(covered, recent_hours)
        if _evaluate(objective, covered, status, hours, now, clock_set_at=set_at):
            changed |= {port.product_id for port in covered}
    ObjectiveStatus.objects.bulk_create(
        statuses.values(),
        update_conflicts=True,
        unique_fields=["objective"],
        update_fields=[*STATUS_FIELDS, "since", "good", "total", "value", "base"],
    )
    return changed


def base_end(now: datetime) -> datetime:
    """Return where the base of a window ends: the last full hour may still be written to."""
    return start_of_hour(now) - HOUR


def _recent_hours(
    covered: Mapping[int, Sequence[CoveredPort]], now: datetime, objectives: Iterable[_Budgeted]
) -> Mapping[int, list[HourBucket]]:
    """Return the hours since the base by port."""
    port_ids = {port.port_id for ports in covered.values() for port in ports}
    with_slices = any(objective.budgeting == BudgetingMethod.TIMESLICES for objective in objectives)
    return hours_since(port_ids, base_end(now), with_slices=with_slices)


def _hours_of(
    covered: Sequence[CoveredPort], hours: Mapping[int, list[HourBucket]]
) -> list[HourBucket]:
    return [hour for port in covered for hour in hours.get(port.port_id, ())]


def _refresh_base(
    objective: Objective, covered: Sequence[CoveredPort], status: ObjectiveStatus, now: datetime
) -> None:
    """Count the window's full hours again once an hour, or when the objective has changed."""
    end = base_end(now)
    if status.base_to == end:
        return
    start = min(window_start(objective.window, now), end)
    base = window_base(objective.spec, [port.port_id for port in covered], start, end)
    status.base, status.base_to = base.stats.as_json(), end
    status.base_good, status.base_total = base.ratio.good, base.ratio.total


def _evaluate(
    objective: Objective,
    covered: Sequence[CoveredPort],
    status: ObjectiveStatus,
    hours: Collection[HourBucket],
    now: datetime,
    *,
    clock_set_at: datetime | None,
) -> bool:
    """Set metrics and verdict of a status; return True if the verdict changed."""
    spec = objective.spec
    recent = ratio_of_hours(spec, hours)
    ratio = Ratio(status.base_good, status.base_total) + recent
    stats = Stats.from_json(status.base) + merge(hour.stats for hour in hours)
    had_verdict = status.total >= MIN_MEASUREMENTS
    status.good, status.total = ratio.good, ratio.total
    status.value = value_of(spec, stats, ratio)
    status.as_of = latest(covered)
    interval = max((port.interval for port in covered), default=timedelta(0))
    is_unknown = is_unmeasured(status.as_of, interval=interval, now=now, clock_set_at=clock_set_at)
    verdict = Verdict.NO_DATA if is_unknown else verdict_of(spec, ratio, recent)
    if verdict == status.verdict:
        return False
    status.verdict, status.since = verdict, status.as_of or status.since
    if verdict == Verdict.BREACHED:
        # Without an earlier verdict it has been missed since its first failure.
        port_ids = () if had_verdict else [port.port_id for port in covered]
        open_breach(objective=objective, opened_at=status.since, port_ids=port_ids)
    elif verdict != Verdict.NO_DATA:
        close_breach(objective=objective, closed_at=status.since)
    return True
