"""Judges objectives by what was measured: standings, and breaches that open and close.

A batch of measurements first looks lightly at all objectives that it bears on, and judges in full
those whose standing must be written: it turned, its figures are old, or an hour is over.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from governance.slo.budget import Ratio
from governance.slo.coverage import CoveredPort, covered_ports, newest
from governance.slo.evaluation import (
    LEAST_MEASURED,
    BudgetingMethod,
    ObjectiveSpec,
    Verdict,
    is_unmeasured,
    value_of,
    verdict_of,
)
from governance.slo.history import HourBucket, base_of, hours_since, score_of_hours
from governance.slo.models import Objective, ObjectiveStatus
from governance.slo.services.breaches import close_breach, open_breach
from governance.slo.stats import HOUR, Stats, hour_of, together, window_start

# While the verdict stays, figures are written this seldom: they are for reading, not for acting.
FIGURES_EVERY = timedelta(minutes=5)
PROMISED = ("indicator", "target", "window", "threshold", "percentile", "budgeting")
STANDING = ("verdict", "base_good", "base_total", "base_to", "as_of")
SUBJECT = ("pk", "port_id", "product_id", "domain_id")


def evaluate_ports(*, port_ids: Collection[int], now: datetime) -> set[int]:
    """Judge every objective that these ports bear on; returns the products whose standing turned.

    A verdict that turns to breached opens one breach, however long it lasts; the one that turns
    away from it closes that. No data closes nothing.
    """
    stale = _stale(port_ids, now)
    return judge(objectives=list(Objective.objects.filter(pk__in=stale)), now=now)


def _stale(port_ids: Collection[int], now: datetime) -> list[int]:
    """Return the objectives whose standing is to be written; their ports were just measured."""
    rows = Objective.objects.about_ports(port_ids).values_list(
        *SUBJECT, *PROMISED, *(f"standing__{name}" for name in STANDING), named=True
    )
    subjects = list(rows)
    ports = covered_ports(subjects)
    recent = _recent(ports, now, subjects)
    return [row.pk for row in subjects if _is_stale(row, _hours(ports[row.pk], recent), now)]


def _is_stale(row: Any, hours: Collection[HourBucket], now: datetime) -> bool:
    as_of, base_to = row.standing__as_of, row.standing__base_to
    if as_of is None or base_to != base_end(now) or now - as_of >= FIGURES_EVERY:
        return True
    promise = ObjectiveSpec(**{name: getattr(row, name) for name in PROMISED})
    recent = score_of_hours(promise, hours)
    score = Ratio(row.standing__base_good, row.standing__base_total) + recent
    return bool(verdict_of(promise, score, recent) != row.standing__verdict)


@transaction.atomic
def judge(*, objectives: Sequence[Objective], now: datetime) -> set[int]:
    """Judge some objectives in full; returns the ids of the products whose standing turned."""
    standings = _standings(objectives)
    ports = covered_ports(objectives)
    recent = _recent(ports, now, objectives)
    turned: set[int] = set()
    for objective in objectives:
        standing, watched = standings[objective.pk], ports.get(objective.pk, [])
        _refresh_base(objective, watched, standing, now)
        if _judge(objective, watched, standing, _hours(watched, recent), now):
            turned |= {port.product_id for port in watched}
    ObjectiveStatus.objects.bulk_create(
        standings.values(),
        update_conflicts=True,
        unique_fields=["objective"],
        update_fields=[*STANDING, "since", "good", "total", "value", "base"],
    )
    return turned


def base_end(now: datetime) -> datetime:
    """Return where the base of a standing ends: the last full hour may still be written to."""
    return hour_of(now) - HOUR


def _recent(
    ports: Mapping[int, Sequence[CoveredPort]], now: datetime, subjects: Iterable[Any]
) -> Mapping[int, list[HourBucket]]:
    port_ids = {port.port_id for each in ports.values() for port in each}
    with_slices = any(each.budgeting == BudgetingMethod.TIMESLICES for each in subjects)
    return hours_since(port_ids, base_end(now), with_slices=with_slices)


def _hours(
    watched: Sequence[CoveredPort], recent: Mapping[int, list[HourBucket]]
) -> list[HourBucket]:
    return [hour for port in watched for hour in recent.get(port.port_id, ())]


def _standings(objectives: Sequence[Objective]) -> dict[int, ObjectiveStatus]:
    """Return the standing of each objective, locked; a new one where there is none."""
    pks = {objective.pk for objective in objectives}
    known = ObjectiveStatus.objects.filter(objective_id__in=pks)
    missing = pks - set(known.values_list("objective_id", flat=True))
    ObjectiveStatus.objects.bulk_create(
        [ObjectiveStatus(objective_id=pk) for pk in missing], ignore_conflicts=True
    )
    return {
        standing.objective_id: standing for standing in known.select_for_update().order_by("pk")
    }


def _refresh_base(
    objective: Objective, watched: Sequence[CoveredPort], standing: ObjectiveStatus, now: datetime
) -> None:
    """Count the window's full hours anew once an hour, or when the promise has changed."""
    end = base_end(now)
    if standing.base_to == end:
        return
    start = min(window_start(objective.window, now), end)
    base = base_of(objective.promise, [port.port_id for port in watched], start, end)
    standing.base, standing.base_to = base.tally.as_json(), end
    standing.base_good, standing.base_total = base.score.good, base.score.total


def _judge(
    objective: Objective,
    watched: Sequence[CoveredPort],
    standing: ObjectiveStatus,
    hours: Collection[HourBucket],
    now: datetime,
) -> bool:
    """Set the figures and the verdict of a standing; returns whether the verdict turned."""
    promise = objective.promise
    recent = score_of_hours(promise, hours)
    score = Ratio(standing.base_good, standing.base_total) + recent
    tally = Stats.from_json(standing.base) + together(hour.tally for hour in hours)
    was_judged = standing.total >= LEAST_MEASURED
    standing.good, standing.total = score.good, score.total
    standing.value = value_of(promise, tally, score)
    standing.as_of = newest(watched)
    interval = max((port.interval for port in watched), default=timedelta(0))
    is_known = not is_unmeasured(standing.as_of, interval=interval, now=now)
    verdict = verdict_of(promise, score, recent) if is_known else Verdict.NO_DATA
    if verdict == standing.verdict:
        return False
    standing.verdict, standing.since = verdict, standing.as_of or standing.since
    # What there was too little of to judge before is missed from its first bad one on.
    _tell_breaches(objective, standing, () if was_judged else [port.port_id for port in watched])
    return True


def _tell_breaches(
    objective: Objective, standing: ObjectiveStatus, port_ids: Collection[int]
) -> None:
    if standing.verdict == Verdict.BREACHED:
        open_breach(objective=objective, at=standing.since, port_ids=port_ids)
    elif standing.verdict != Verdict.NO_DATA:
        close_breach(objective=objective, at=standing.since)
