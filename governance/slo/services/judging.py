"""Judges objectives by what was measured: standings, and breaches that open and close."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from catalog.ports.models import OutputPort
from governance.slo.budget import Score
from governance.slo.evaluation import LEAST_MEASURED, Verdict, is_silent, value_of, verdict_of
from governance.slo.history import Hour, base_of, hours_since, window_with
from governance.slo.models import Objective, Standing
from governance.slo.services.breaches import close_breach, open_breach
from governance.slo.tally import HOUR, hour_of


@dataclass(frozen=True, slots=True)
class Watched:
    """A port as the judge needs it."""

    port_id: int
    product_id: int
    last_probed_at: datetime | None
    interval: timedelta


@dataclass(frozen=True, slots=True)
class Judged:
    """How an objective stands by its ports."""

    score: Score
    value: float | None
    verdict: Verdict
    as_of: datetime | None


def judge_ports(*, port_ids: Collection[int], now: datetime) -> set[int]:
    """Judge every objective that these ports bear on; returns the products whose standing turned.

    A verdict that turns to breached opens one breach, however long it lasts; the one that turns
    away from it closes that. No data closes nothing.
    """
    return judge(objectives=list(Objective.objects.about_ports(port_ids)), now=now)


@transaction.atomic
def judge(*, objectives: Sequence[Objective], now: datetime) -> set[int]:
    """Judge some objectives; returns the ids of the products whose standing turned."""
    standings = _standings(objectives)
    ports = _ports_of(objectives)
    recent = hours_since({port.port_id for each in ports.values() for port in each}, _base_end(now))
    turned: set[int] = set()
    for objective in objectives:
        standing, watched = standings[objective.pk], ports[objective.pk]
        judged = _judged(objective, watched, standing, recent, now)
        if judged.verdict != standing.verdict:
            _turn(objective, standing, judged, [port.port_id for port in watched])
            turned |= {port.product_id for port in watched}
        standing.good, standing.total = judged.score.good, judged.score.total
        standing.value, standing.as_of = judged.value, judged.as_of
    Standing.objects.bulk_create(
        standings.values(),
        update_conflicts=True,
        unique_fields=["objective"],
        update_fields=["verdict", "since", "good", "total", "value", "as_of", "base", "base_to"],
    )
    return turned


def _base_end(now: datetime) -> datetime:
    """Return where the base of a standing ends: the last full hour may still be written to."""
    return hour_of(now) - HOUR


def _standings(objectives: Sequence[Objective]) -> dict[int, Standing]:
    """Return the standing of each objective, locked; a new one where there is none."""
    pks = {objective.pk for objective in objectives}
    Standing.objects.bulk_create(
        [Standing(objective_id=pk) for pk in pks - _standing_pks(pks)], ignore_conflicts=True
    )
    locked = Standing.objects.select_for_update().filter(objective_id__in=pks).order_by("pk")
    return {standing.objective_id: standing for standing in locked}


def _standing_pks(pks: set[int]) -> set[int]:
    rows = Standing.objects.filter(objective_id__in=pks)
    return set(rows.values_list("objective_id", flat=True))


def _ports_of(objectives: Sequence[Objective]) -> Mapping[int, list[Watched]]:
    """Return, for each objective, the ports it is about."""
    by_port, by_product, by_domain = _by_subject(objectives)
    rows = OutputPort.objects.filter(
        Q(pk__in=by_port) | Q(product_id__in=by_product) | Q(product__domain_id__in=by_domain)
    ).values_list(
        "pk", "product_id", "product__domain_id", "last_probed_at", "probe_schedule__interval"
    )
    found: dict[int, list[Watched]] = defaultdict(list)
    for pk, product_id, domain_id, last_probed_at, interval in rows:
        watched = Watched(pk, product_id, last_probed_at, timedelta(seconds=interval or 0))
        for objective_pk in (*by_port[pk], *by_product[product_id], *by_domain[domain_id]):
            found[objective_pk].append(watched)
    return found


def _by_subject(objectives: Sequence[Objective]) -> tuple[defaultdict[int, list[int]], ...]:
    by_port, by_product, by_domain = (defaultdict[int, list[int]](list) for _ in range(3))
    for each in objectives:
        for subject, index in (
            (each.port_id, by_port),
            (each.product_id, by_product),
            (each.domain_id, by_domain),
        ):
            if subject is not None:
                index[subject].append(each.pk)
    return by_port, by_product, by_domain


def _judged(
    objective: Objective,
    watched: Sequence[Watched],
    standing: Standing,
    recent: Mapping[int, list[Hour]],
    now: datetime,
) -> Judged:
    promise = objective.promise
    _refresh_base(objective, [port.port_id for port in watched], standing, now)
    hours = [hour for port in watched for hour in recent.get(port.port_id, [])]
    window = window_with(promise, standing.base, hours)
    as_of = max((port.last_probed_at for port in watched if port.last_probed_at), default=None)
    interval = max((port.interval for port in watched), default=timedelta(0))
    verdict = Verdict.NO_DATA
    if not is_silent(as_of, interval=interval, now=now):
        verdict = verdict_of(promise, window.score, window.recent)
    return Judged(window.score, value_of(promise, window.tally, window.score), verdict, as_of)


def _refresh_base(
    objective: Objective, port_ids: list[int], standing: Standing, now: datetime
) -> None:
    """Count the window's full hours anew once an hour, or when the promise has changed."""
    end = _base_end(now)
    if standing.base_to != end:
        start = min(hour_of(now - objective.window), end)
        standing.base = base_of(objective.promise, port_ids, start, end)
        standing.base_to = end


def _turn(
    objective: Objective, standing: Standing, judged: Judged, port_ids: Sequence[int]
) -> None:
    standing.verdict = judged.verdict
    standing.since = judged.as_of or standing.since
    if judged.verdict == Verdict.BREACHED:
        # What there was too little of to judge before is missed from its first bad one on.
        is_first = standing.total < LEAST_MEASURED
        open_breach(objective=objective, at=standing.since, port_ids=port_ids if is_first else ())
    elif judged.verdict != Verdict.NO_DATA:
        close_breach(objective=objective, at=standing.since)
