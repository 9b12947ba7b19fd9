"""The SLO report of a product, in one form for page, API and CSV."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from catalog.products.models import DataProduct
from governance.slo.assessment import Assessment
from governance.slo.budget import Ratio
from governance.slo.evaluation import Indicator, ObjectiveSpec, Verdict, count
from governance.slo.models import IndicatorValue, Objective, ObjectiveStatus
from governance.slo.rollups import DAYS, RollUps, load_rollups, read_base
from governance.slo.stats import DAY, HOUR, Stats, merge, start_of_day, start_of_hour
from governance.slo.value_reader import ValueReader, ratio_of_values
from governance.slo.window_reader import ObjectiveWindows


@dataclass(frozen=True, kw_only=True)
class DayReport:
    """One of the 90 days; `p50` and `p95` in seconds.

    Days before the objective was in force, and the hours before it on its first day, count
    nothing.
    """

    day: datetime
    ratio: Ratio
    verdict: Verdict
    p50: float | None
    p95: float | None
    is_in_window: bool
    is_in_force: bool = True

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
    """One objective: its assessment, its 90 days and its burn-down at a resolution."""

    objective: Objective
    spec: ObjectiveSpec
    assessment: Assessment
    days: Sequence[DayReport]
    resolution: timedelta
    burn_down: Sequence[Point]

    @property
    def ratio(self) -> Ratio:
        return self.assessment.ratio

    @property
    def verdict(self) -> str:
        return self.assessment.verdict

    @property
    def is_latency(self) -> bool:
        return self.spec.indicator == Indicator.LATENCY


def reports_of(product: DataProduct, now: datetime) -> list[ObjectiveReport]:
    """Return a report of every objective of a product or its ports, the worst first.

    Its assessment is the stored one, as everywhere; days and charts are of what is recorded by now.
    """
    objectives = list(Objective.objects.of_products([product.pk]))
    windows = ObjectiveWindows(objectives, now)
    values = windows.values_of(objectives)
    port_ids = {port.port_id for ports in windows.covered.values() for port in ports}
    is_sliced = any(objective.spec.is_sliced for objective in objectives)
    rollups = load_rollups(port_ids, now, all_slices=is_sliced)
    reports = [_report_of(objective, windows, values, rollups) for objective in objectives]
    rank = list(Verdict)
    return sorted(reports, key=lambda report: rank.index(Verdict(report.verdict)))


def _report_of(
    objective: Objective, windows: ObjectiveWindows, values: ValueReader, rollups: RollUps
) -> ObjectiveReport:
    spec = objective.spec
    status = getattr(objective, "status", None) or ObjectiveStatus(objective=objective)
    assessment = status.assessment
    ports = {port.port_id for port in windows.covered.get(objective.pk, ())}
    is_collecting = assessment.verdict == Verdict.COLLECTING
    required = assessment.required_checks if is_collecting else 0
    history = History(spec, ports, rollups, windows.in_force_since[objective.pk], required)
    start = windows.windows[objective.pk].start
    if not spec.is_probed:
        own = values.of(objective)
        history = ValueHistory(spec, ports, rollups, history.since, required, own)
    resolution = history.resolution
    series = {at: part for at, part in history.series().items() if at + resolution > start}
    return ObjectiveReport(
        objective=objective,
        spec=spec,
        assessment=assessment,
        days=list(history.days(start)),
        resolution=resolution,
        burn_down=burn_down(assessment, series, resolution),
    )


@dataclass(frozen=True)
class History:
    """The measurements of an objective's ports, counted by its specification.

    A day with fewer checks than `required` has no verdict of its own.
    """

    spec: ObjectiveSpec
    ports: Collection[int]
    rollups: RollUps
    since: datetime
    required: int

    @property
    def resolution(self) -> timedelta:
        return self.rollups.resolution(self.ports)

    def series(self) -> dict[datetime, tuple[Ratio, Stats]]:
        """Return ratio and stats by the start of each step of the chart."""
        rollups, step = self.rollups, self.resolution
        parts: dict[datetime, list[Stats]]
        if step == DAY:
            parts = rollups.by_day(self.ports)
        elif step == HOUR:
            parts = rollups.by_hour(self.ports)
        else:
            parts = rollups.by_slice(self.ports)
        slices = parts
        if self.spec.is_sliced and step != timedelta(minutes=5):
            slices = defaultdict(list)
            cut = start_of_day if step == DAY else start_of_hour
            for at, own in rollups.by_slice(self.ports).items():
                slices[cut(at)] += own
        return {at: (count(self.spec, slices.get(at, [])), merge(own)) for at, own in parts.items()}

    def days(self, start: datetime) -> Iterator[DayReport]:
        """Yield all 90 days, including those without measurements; the window begins at `start`."""
        by_day = self.rollups.by_day(self.ports)
        slices = self.rollups.slices_by_day(self.ports) if self.spec.is_sliced else by_day
        for number in range(DAYS):
            day = self.rollups.first_day + number * DAY
            parts, counted = by_day.get(day, []), slices.get(day, [])
            ratio, stats = count(self.spec, counted), merge(parts)
            if day < self.since < day + DAY and ratio.total:
                base = read_base(self.spec, self.ports, self.since, day + DAY)
                ratio, stats = base.ratio, base.stats
            yield self.day_report(day, start, ratio, stats)

    def day_report(self, day: datetime, start: datetime, ratio: Ratio, stats: Stats) -> DayReport:
        is_in_force = day + DAY > self.since
        if not is_in_force:
            ratio, stats = Ratio(), Stats()
        return DayReport(
            day=day,
            ratio=ratio,
            verdict=day_verdict(self.spec, ratio, self.required),
            p50=stats.latencies.quantile(0.5),
            p95=stats.latencies.quantile(0.95),
            is_in_window=day + DAY > start,
            is_in_force=is_in_force,
        )


@dataclass(frozen=True)
class ValueHistory(History):
    """The values of a data quality indicator of an objective's ports."""

    values: Sequence[IndicatorValue]

    @property
    def resolution(self) -> timedelta:
        return DAY

    def series(self) -> dict[datetime, tuple[Ratio, Stats]]:
        return {day: (ratio, Stats()) for day, ratio in self._by_day().items()}

    def days(self, start: datetime) -> Iterator[DayReport]:
        by_day = self._by_day()
        for number in range(DAYS):
            day = self.rollups.first_day + number * DAY
            yield self.day_report(day, start, by_day.get(day, Ratio()), Stats())

    def _by_day(self) -> Mapping[datetime, Ratio]:
        values = defaultdict[datetime, list[IndicatorValue]](list)
        for value in self.values:
            values[start_of_day(value.slot)].append(value)
        return {day: ratio_of_values(self.spec, own) for day, own in values.items()}


def day_verdict(spec: ObjectiveSpec, ratio: Ratio, required: int = 0) -> Verdict:
    """Return the verdict of a single day, where the recent burn rate plays no part."""
    if ratio.total == 0:
        return Verdict.NO_DATA
    if ratio.total < required:
        return Verdict.COLLECTING
    if ratio.good >= spec.target * ratio.total - 1e-9 * ratio.total:
        return Verdict.MET
    return Verdict.BREACHED if ratio.failed > 1 else Verdict.AT_RISK


def burn_down(
    assessment: Assessment,
    series: Mapping[datetime, tuple[Ratio, Stats]],
    resolution: timedelta,
) -> list[Point]:
    """Return how the budget was consumed; the last point is what is left of it now."""
    start, allowed = assessment.starts_at, assessment.allowed
    if start is None:
        return []
    failed, points = assessment.ratio.failed, []
    for at, (ratio, stats) in sorted(series.items(), reverse=True):
        consumed = failed / allowed if allowed > 0 else float(failed > 0)
        points.append(
            Point(
                at=at,
                p50=stats.latencies.quantile(0.5),
                p95=stats.latencies.quantile(0.95),
                remaining=min(max(0.0, 1 - consumed), 1.0),
                even_burn=max(0.0, 1 - (at + resolution - start) / assessment.window),
            )
        )
        failed = max(0, failed - ratio.failed)
    return points[::-1]
