"""How the objectives of a product stand, in one form for page, JSON and CSV alike."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from catalog.products.models import DataProduct
from governance.slo.budget import Ratio, burn_rate, lasts, spent
from governance.slo.coverage import CoveredPort, covered_ports, newest
from governance.slo.evaluation import (
    BudgetingMethod,
    Indicator,
    ObjectiveSpec,
    Verdict,
    is_unmeasured,
    score_of,
    score_of_slices,
    value_of,
    verdict_of,
)
from governance.slo.models import Objective
from governance.slo.past import DAYS, RollUps, past_of
from governance.slo.stats import DAY, HOUR, Stats, hour_of, together, window_start


@dataclass(frozen=True, kw_only=True)
class DayReport:
    """One of the 90 days: its score, what it says of the promise, and how quick answers were."""

    day: datetime
    score: Ratio
    verdict: Verdict
    p50: float | None
    p95: float | None
    is_in_window: bool


@dataclass(frozen=True, kw_only=True)
class Point:
    """One step of a course: the median and 95th percentile, and what is left of the budget."""

    at: datetime
    p50: float | None
    p95: float | None
    left: float
    even: float


@dataclass(frozen=True, kw_only=True)
class ObjectiveReport:
    """One objective: its promise, its window's score and verdict, its 90 days and its course."""

    objective: Objective
    promise: ObjectiveSpec
    score: Ratio
    recent: Ratio
    value: float | None
    verdict: Verdict
    as_of: datetime | None
    begins_at: datetime | None
    days: Sequence[DayReport]
    step: timedelta
    course: Sequence[Point]

    @property
    def spent(self) -> float:
        """Return the spent share of the budget."""
        return spent(self.score, self.promise.target)

    @property
    def burn_rate(self) -> float:
        """Return how fast the last hours spend it; 1 is just right."""
        return burn_rate(self.recent, self.promise.target)

    @property
    def lasts(self) -> timedelta | None:
        """Return how long the rest lasts at that rate; None where for ever."""
        return lasts(
            self.score, self.recent, target=self.promise.target, window=self.promise.window
        )


def reports_of(product: DataProduct, now: datetime) -> list[ObjectiveReport]:
    """Return the report of every objective about a product or its ports, the worst first."""
    objectives = list(Objective.objects.of_products([product.pk]))
    watched = covered_ports(objectives)
    ports = {port.port_id for each in watched.values() for port in each}
    sliced = any(each.budgeting == BudgetingMethod.TIMESLICES for each in objectives)
    past = past_of(ports, now, all_slices=sliced)
    reports = [_report(each, watched.get(each.pk, []), past) for each in objectives]
    order = list(Verdict)
    return sorted(reports, key=lambda report: order.index(report.verdict))


def _report(objective: Objective, watched: Sequence[CoveredPort], past: RollUps) -> ObjectiveReport:
    promise, ports = objective.promise, {port.port_id for port in watched}
    start = window_start(promise.window, past.now)
    score, tally = _window(promise, ports, past, start)
    recent, _ = _window(promise, ports, past, hour_of(past.now) - HOUR)
    as_of = newest(watched)
    interval = max((port.interval for port in watched), default=timedelta(0))
    silent = is_unmeasured(as_of, interval=interval, now=past.now)
    step, course = past.course(ports)
    return ObjectiveReport(
        objective=objective,
        promise=promise,
        score=score,
        recent=recent,
        value=value_of(promise, tally, score),
        verdict=Verdict.NO_DATA if silent else verdict_of(promise, score, recent),
        as_of=as_of,
        begins_at=past.begins_at(ports),
        days=_days(promise, ports, past, start),
        step=step,
        course=_course(promise, {at: each for at, each in course.items() if at + step > start}),
    )


def _window(
    promise: ObjectiveSpec, ports: Collection[int], past: RollUps, start: datetime
) -> tuple[Ratio, Stats]:
    """Return score and tally since a moment: of days where it begins one, else of hours."""
    by_day = past.by_day(ports) if start.hour == 0 else past.by_hour(ports)
    tally = together(each for at, found in by_day.items() if at >= start for each in found)
    if promise.budgeting != BudgetingMethod.TIMESLICES:
        return score_of(promise, tally), tally
    slices = (each for at, found in past.by_slice(ports).items() if at >= start for each in found)
    return score_of_slices(promise, slices), tally


def _days(
    promise: ObjectiveSpec, ports: Collection[int], past: RollUps, start: datetime
) -> list[DayReport]:
    """Return the 90 days, those without a measurement too."""
    by_day, sliced = past.by_day(ports), past.slices_by_day(ports)
    days = []
    for number in range(DAYS):
        day = past.first_day + number * DAY
        tally = together(by_day.get(day, ()))
        score = score_of(promise, tally)
        if promise.budgeting == BudgetingMethod.TIMESLICES:
            score = score_of_slices(promise, sliced.get(day, ()))
        days.append(
            DayReport(
                day=day,
                score=score,
                verdict=day_verdict(promise, score),
                p50=tally.latencies.quantile(0.5),
                p95=tally.latencies.quantile(0.95),
                is_in_window=day >= start,
            )
        )
    return days


def day_verdict(promise: ObjectiveSpec, score: Ratio) -> Verdict:
    """Judge a day by itself; it has no future, so only what it was counts."""
    if score.total == 0:
        return Verdict.NO_DATA
    if score.good >= promise.target * score.total - 1e-9 * score.total:
        return Verdict.MET
    return Verdict.BREACHED if score.bad > 1 else Verdict.AT_RISK


def _course(promise: ObjectiveSpec, steps: dict[datetime, Stats]) -> list[Point]:
    """Return the course of a window: quantiles step by step, and the budget burning down.

    The even pace is where the budget would be had all that was measured failed evenly.
    """
    scores = {at: score_of(promise, tally) for at, tally in steps.items()}
    whole = sum(scores.values(), Ratio())
    so_far, points = Ratio(), []
    for at, tally in steps.items():
        so_far += scores[at]
        allowed = (1 - promise.target) * whole.total
        points.append(
            Point(
                at=at,
                p50=tally.latencies.quantile(0.5),
                p95=tally.latencies.quantile(0.95),
                left=max(0.0, 1 - so_far.bad / allowed) if allowed > 0 else float(so_far.bad == 0),
                even=1 - so_far.total / whole.total if whole.total else 1.0,
            )
        )
    return points


def is_about_speed(report: ObjectiveReport) -> bool:
    """Say whether an objective promises latency."""
    return report.promise.indicator == Indicator.LATENCY
