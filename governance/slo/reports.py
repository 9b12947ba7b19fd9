"""The SLO report of a product, in one form for page, API and CSV."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from catalog.products.models import DataProduct
from governance.slo.budget import Ratio, burn_rate, consumed, time_to_exhaustion
from governance.slo.coverage import CoveredPort, covered_ports, latest
from governance.slo.evaluation import (
    Indicator,
    ObjectiveSpec,
    Verdict,
    is_unmeasured,
    ratio_of,
    ratio_of_slices,
    value_of,
    verdict_of,
)
from governance.slo.models import Objective
from governance.slo.rollups import DAYS, RollUps, load_rollups
from governance.slo.stats import DAY, HOUR, Stats, merge, start_of_hour, window_start


@dataclass(frozen=True, kw_only=True)
class DayReport:
    """One of the 90 days; `p50` and `p95` in seconds."""

    day: datetime
    ratio: Ratio
    verdict: Verdict
    p50: float | None
    p95: float | None
    is_in_window: bool

    @property
    def date(self) -> date:
        return self.day.date()


@dataclass(frozen=True, kw_only=True)
class Point:
    """One step of the burn-down: latency quantiles, and the remaining share of the budget.

    `even_burn` is where the budget would be if it were consumed exactly by the end of the window.
    """

    at: datetime
    p50: float | None
    p95: float | None
    remaining: float
    even_burn: float


@dataclass(frozen=True, kw_only=True)
class ObjectiveReport:
    """One objective: its window, its 90 days and its burn-down at a resolution."""

    objective: Objective
    spec: ObjectiveSpec
    ratio: Ratio
    recent: Ratio
    value: float | None
    verdict: Verdict
    as_of: datetime | None
    first_measured_at: datetime | None
    days: Sequence[DayReport]
    resolution: timedelta
    burn_down: Sequence[Point]

    @property
    def consumed(self) -> float:
        return consumed(self.ratio, self.spec.target)

    @property
    def burn_rate(self) -> float:
        """Return the burn rate of the last hours; 1 is on pace."""
        return burn_rate(self.recent, self.spec.target)

    @property
    def time_to_exhaustion(self) -> timedelta | None:
        return time_to_exhaustion(
            self.ratio, self.recent, target=self.spec.target, window=self.spec.window
        )

    @property
    def is_latency(self) -> bool:
        return self.spec.indicator == Indicator.LATENCY


def reports_of(product: DataProduct, now: datetime) -> list[ObjectiveReport]:
    """Return a report of every objective of a product or its ports, the worst first."""
    objectives = list(Objective.objects.of_products([product.pk]))
    covered = covered_ports(objectives)
    port_ids = {port.port_id for ports in covered.values() for port in ports}
    is_sliced = any(objective.spec.is_sliced for objective in objectives)
    rollups = load_rollups(port_ids, now, all_slices=is_sliced)
    reports = [
        report_of(objective, covered.get(objective.pk, []), rollups) for objective in objectives
    ]
    rank = list(Verdict)
    return sorted(reports, key=lambda report: rank.index(report.verdict))


def report_of(
    objective: Objective, covered: Sequence[CoveredPort], rollups: RollUps
) -> ObjectiveReport:
    spec, ports, now = objective.spec, {port.port_id for port in covered}, rollups.now
    history = History(spec, ports, rollups)
    start = window_start(spec.window, now)
    ratio, stats = history.since(start)
    recent, _ = history.since(start_of_hour(now) - HOUR)
    as_of = latest(covered)
    interval = max((port.interval for port in covered), default=timedelta(0))
    unmeasured = is_unmeasured(as_of, interval=interval, now=now)
    resolution, series = rollups.chart_series(ports)
    in_window = {at: stats for at, stats in series.items() if at + resolution > start}
    return ObjectiveReport(
        objective=objective,
        spec=spec,
        ratio=ratio,
        recent=recent,
        value=value_of(spec, stats, ratio),
        verdict=Verdict.NO_DATA if unmeasured else verdict_of(spec, ratio, recent),
        as_of=as_of,
        first_measured_at=rollups.first_measured_at(ports),
        days=list(history.days(start)),
        resolution=resolution,
        burn_down=burn_down(spec, in_window),
    )


@dataclass(frozen=True)
class History:
    """The measurements of an objective's ports, counted by its specification."""

    spec: ObjectiveSpec
    ports: Collection[int]
    rollups: RollUps

    def since(self, start: datetime) -> tuple[Ratio, Stats]:
        """Return ratio and stats since a moment: from days if it starts one, else from hours."""
        rollups, ports = self.rollups, self.ports
        series = rollups.by_day(ports) if start.hour == 0 else rollups.by_hour(ports)
        stats = merge(stats for at, parts in series.items() if at >= start for stats in parts)
        if not self.spec.is_sliced:
            return ratio_of(self.spec, stats), stats
        slices = rollups.by_slice(ports).items()
        counted = (slice_ for at, parts in slices if at >= start for slice_ in parts)
        return ratio_of_slices(self.spec, counted), stats

    def days(self, start: datetime) -> Iterator[DayReport]:
        """Yield all 90 days, including those without measurements; the window begins at `start`."""
        by_day = self.rollups.by_day(self.ports)
        slices_by_day = self.rollups.slices_by_day(self.ports)
        for number in range(DAYS):
            day = self.rollups.first_day + number * DAY
            stats = merge(by_day.get(day, ()))
            if self.spec.is_sliced:
                ratio = ratio_of_slices(self.spec, slices_by_day.get(day, ()))
            else:
                ratio = ratio_of(self.spec, stats)
            yield DayReport(
                day=day,
                ratio=ratio,
                verdict=day_verdict(self.spec, ratio),
                p50=stats.latencies.quantile(0.5),
                p95=stats.latencies.quantile(0.95),
                is_in_window=day >= start,
            )


def day_verdict(spec: ObjectiveSpec, ratio: Ratio) -> Verdict:
    """Return the verdict of a single day, where the recent burn rate plays no part."""
    if ratio.total == 0:
        return Verdict.NO_DATA
    if ratio.good >= spec.target * ratio.total - 1e-9 * ratio.total:
        return Verdict.MET
    return Verdict.BREACHED if ratio.failed > 1 else Verdict.AT_RISK


def burn_down(spec: ObjectiveSpec, series: Mapping[datetime, Stats]) -> list[Point]:
    ratios = {at: ratio_of(spec, stats) for at, stats in series.items()}
    total = sum(ratios.values(), Ratio())
    allowed = (1 - spec.target) * total.total
    so_far, points = Ratio(), []
    for at, stats in series.items():
        so_far += ratios[at]
        points.append(
            Point(
                at=at,
                p50=stats.latencies.quantile(0.5),
                p95=stats.latencies.quantile(0.95),
                remaining=(
                    max(0.0, 1 - so_far.failed / allowed)
                    if allowed > 0
                    else float(so_far.failed == 0)
                ),
                even_burn=1 - so_far.total / total.total if total.total else 1.0,
            )
        )
    return points
