"""Reads what the windows of objectives contain: the one reader for the judge and for pages.

Most of a window are full hours that no longer change. Their counts are kept with the status of
the objective (the base) and are counted again once an hour. To them the reader adds slices of five
minutes: of the hour in which a moving window starts, and of the hours since the base. The first
minutes after an objective was published are read from single measurements.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import chain

from django.conf import settings
from django.db.models import Q

from catalog.products.models import DataProduct, Status
from governance.schedules.services import clock_set_at
from governance.slo.assessment import Assessment, CheckRun
from governance.slo.check_runs import Check, continue_runs, is_good_check
from governance.slo.coverage import CoveredPort, covered_ports, latest
from governance.slo.evaluation import (
    CLOCK_TOLERANCE,
    ObjectiveSpec,
    count,
    is_unmeasured,
    silence_limit,
    value_of,
)
from governance.slo.models import Measurement, Objective, ObjectiveStatus, Period, RollUp
from governance.slo.planned_maintenance import (
    Downtime,
    planned_downtimes,
    time_in_maintenance,
)
from governance.slo.rollups import WindowBase, read_base, single_stats
from governance.slo.stats import DAY, HOUR, SLICE, Stats, merge, parse_slices, start_of_hour
from governance.slo.value_reader import ValueReader
from governance.slo.verdicts import Counts, assess, burn_rates
from governance.slo.windows import (
    MinimumEvidence,
    Window,
    expected_checks,
    next_slice,
    window_at,
)

# How far back the latest checks are read if nothing is known of them yet.
FIRST_LOOK = timedelta(hours=1)
OLD_CHECKS = timedelta(minutes=15)

Slices = Mapping[datetime, Stats]


def minimum_evidence() -> MinimumEvidence:
    return MinimumEvidence(
        share=settings.ASSAY_EVIDENCE_PERCENT / 100, checks=settings.ASSAY_EVIDENCE_CHECKS
    )


def base_end(now: datetime) -> datetime:
    """Return where the base of a window ends: the last full hour may still be written to."""
    return start_of_hour(now) - HOUR


def base_start(window: Window) -> datetime:
    """Return where the base of a window starts; a moving one leaves out its first hour."""
    if window.is_moving:
        return start_of_hour(window.end - window.length) + HOUR
    return window.start


def effective_starts(objectives: Iterable[Objective]) -> dict[int, datetime]:
    """Return since when each objective is in force, by its key.

    In a draft, which promises nothing yet, that is since the product was created.
    """
    starts, unknown = {}, list[Objective]()
    for objective in objectives:
        if objective.effective_since:
            starts[objective.pk] = objective.effective_since
        else:
            unknown.append(objective)
    if unknown:
        pks = [objective.pk for objective in unknown]
        owner = Q(objectives__in=pks) | Q(output_ports__objectives__in=pks)
        columns = ("objectives", "output_ports__objectives", "status", "created_at", "published_at")
        rows = DataProduct.objects.filter(owner).values_list(*columns)
        for of_product, of_port, status, created_at, published_at in rows:
            since = created_at if status == Status.DRAFT else published_at or created_at
            starts |= {pk: since for pk in (of_product, of_port) if pk in pks}
    return starts


class ObjectiveWindows:
    """The ports that objectives cover, since when they are in force, and their windows."""

    def __init__(self, objectives: Sequence[Objective], now: datetime) -> None:
        self.now = now
        self.covered = covered_ports(objectives)
        self.in_force_since = effective_starts(objectives)
        self.windows = {
            objective.pk: window_at(objective.spec, now, self.in_force_since.get(objective.pk))
            for objective in objectives
        }

    def values_of(self, objectives: Sequence[Objective]) -> ValueReader:
        """Read the values of the objectives that are not on probes."""
        unprobed = [objective for objective in objectives if not objective.spec.is_probed]
        return ValueReader(unprobed, self.covered, self.windows, self.now)


class WindowReader(ObjectiveWindows):
    """What some objectives need to be assessed at a moment, read at once."""

    def __init__(
        self,
        objectives: Sequence[Objective],
        statuses: Mapping[int, ObjectiveStatus],
        now: datetime,
    ) -> None:
        super().__init__(objectives, now)
        self.statuses = statuses
        self.minimum = minimum_evidence()
        self.clock_set_at = clock_set_at(now)
        probed = [objective for objective in objectives if objective.spec.is_probed]
        self.slices = self._read_slices(probed)
        self.cut_slices = single_stats(self._cut_slices(probed))
        self.checks = self._read_checks(probed)
        self.values = self.values_of(objectives)
        starts = [window.start for window in self.windows.values()]
        ends = [window.end for window in self.windows.values()]
        port_ids = {port.port_id for ports in self.covered.values() for port in ports}
        self.downtimes: Mapping[int, Sequence[Downtime]] = (
            planned_downtimes(port_ids, min(starts), max(ends)) if starts else {}
        )

    def assess(self, objective: Objective) -> Assessment:
        """Return the assessment of an objective; its status gets the counts it is made of."""
        spec, status = objective.spec, self.statuses[objective.pk]
        ports, window = self._ports(objective), self.windows[objective.pk]
        known = [run for run in status.runs if run.at <= self.now + CLOCK_TOLERANCE]
        if spec.is_probed:
            counts = self._count(spec, ports, window, status, known)
        else:
            counts = self.values.count(objective, self.downtimes, known)
        as_of, interval = counts.as_of, counts.interval
        is_silent = is_unmeasured(
            as_of, interval=interval, now=self.now, clock_set_at=self.clock_set_at
        )
        status.unknown_from = as_of + silence_limit(interval) if as_of and not is_silent else None
        return assess(spec, window, counts, self.minimum, is_silent=is_silent)

    def _ports(self, objective: Objective) -> Sequence[CoveredPort]:
        return self.covered.get(objective.pk, ())

    def _count(
        self,
        spec: ObjectiveSpec,
        ports: Sequence[CoveredPort],
        window: Window,
        status: ObjectiveStatus,
        known: Sequence[CheckRun],
    ) -> Counts:
        port_ids = [port.port_id for port in ports]
        start, end = base_start(window), base_end(self.now)
        base = WindowBase.from_status(status)
        if base is None or (base.start, base.end) != (start, end):
            base = read_base(spec, port_ids, start, end)
            base.keep_in(status)
        loose = [
            (at, stats)
            for at, stats in self._slices_since(port_ids, window.start)
            if at < start or at >= end
        ]
        edge = count(spec, [stats for at, stats in loose if at < start])
        status.edge_good, status.edge_total = edge.good, edge.total
        stats = base.stats + merge(stats for _, stats in loose)
        ratio = base.ratio + count(spec, [stats for _, stats in loose])
        return Counts(
            ratio=ratio,
            expected=self._expected(spec, ports, window),
            maintenance=stats.maintenance,
            value=value_of(spec, stats, ratio),
            as_of=latest(ports),
            interval=max((port.interval for port in ports), default=timedelta(0)),
            burn_rates=burn_rates(spec, self.now, base.hours, loose),
            runs=continue_runs(known, self._checks_of(spec, port_ids)),
        )

    def _expected(self, spec: ObjectiveSpec, ports: Iterable[CoveredPort], window: Window) -> int:
        schedules = (
            (
                port.interval,
                time_in_maintenance(self.downtimes.get(port.port_id, ()), window.start, window.end),
            )
            for port in ports
        )
        return expected_checks(window.length, schedules, in_slices=spec.is_sliced)

    def _slices_since(
        self, port_ids: Iterable[int], start: datetime
    ) -> Iterator[tuple[datetime, Stats]]:
        """Yield the slices that were read of some ports, the first one cut at `start`."""
        first = next_slice(start)
        for port_id in port_ids:
            slices = self.slices.get(port_id, {})
            yield from ((at, stats) for at, stats in slices.items() if at >= first)
            if (port_id, start) in self.cut_slices:
                yield first - SLICE, self.cut_slices[port_id, start]

    def _cut_slices(self, objectives: Iterable[Objective]) -> Iterator[tuple[int, datetime]]:
        """Yield the ports with the starts of windows that lie within a slice that was read."""
        for objective in objectives:
            start = self.windows[objective.pk].start
            if (end := next_slice(start)) > start:
                for port in self._ports(objective):
                    if end - SLICE in self.slices.get(port.port_id, ()):
                        yield port.port_id, start

    def _read_slices(self, objectives: Iterable[Objective]) -> Mapping[int, Slices]:
        """Read the slices since the base, and of the hours in which moving windows start."""
        edges, moving, port_ids = set[datetime](), set[int](), set[int]()
        for objective in objectives:
            window, ports = self.windows[objective.pk], self._ports(objective)
            port_ids |= {port.port_id for port in ports}
            if window.is_moving:
                edges.add(base_start(window) - HOUR)
                moving |= {port.port_id for port in ports}
        end = base_end(self.now)
        # Further ahead are hours of a time before the clock was set back.
        rows = RollUp.objects.hours(port_ids, end, end + 3 * DAY)
        read = [rows.values_list("port_id", "start", "slices")]
        if earlier := [edge for edge in edges if edge < end]:
            hours = RollUp.objects.filter(period=Period.HOUR, port_id__in=moving, start__in=earlier)
            read.append(hours.values_list("port_id", "start", "slices"))
        slices: dict[int, dict[datetime, Stats]] = defaultdict(dict)
        for port_id, start, stored in chain(*read):
            for number, stats in parse_slices(stored).items():
                slices[port_id][start + number * SLICE] = stats
        return slices

    def _read_checks(
        self, objectives: Iterable[Objective]
    ) -> Mapping[int, list[tuple[datetime, str, float]]]:
        """Read the measurements that are newer than what is known of the latest checks."""
        since: dict[int, datetime] = {}
        for objective in objectives:
            runs = {run.port_id: run.at for run in self.statuses[objective.pk].runs}
            start = self.windows[objective.pk].start
            for port in self._ports(objective):
                look = self.now - max(FIRST_LOOK, 20 * port.interval)
                known = max(runs.get(port.port_id, look), look, start)
                since[port.port_id] = min(known, since.get(port.port_id, known))
        # Most are as old as the last evaluation; one that is older would make all of them long.
        old = {pk for pk, moment in since.items() if moment < self.now - OLD_CHECKS}
        checks: dict[int, list[tuple[datetime, str, float]]] = defaultdict(list)
        for group in (old, since.keys() - old):
            if not group:
                continue
            rows = Measurement.objects.filter(
                port_id__in=group,
                slot__gte=min(since[pk] for pk in group),
                slot__lte=self.now + CLOCK_TOLERANCE,
                in_maintenance=False,
            )
            columns = ("port_id", "slot", "outcome", "total")
            for port_id, slot, outcome, seconds in rows.order_by("slot").values_list(*columns):
                if slot >= since[port_id]:
                    checks[port_id].append((slot, outcome, seconds))
        return checks

    def _checks_of(self, spec: ObjectiveSpec, port_ids: Iterable[int]) -> Iterator[Check]:
        for port_id in port_ids:
            for slot, outcome, seconds in self.checks.get(port_id, ()):
                is_good = is_good_check(spec, outcome, seconds)
                if is_good is not None:
                    yield Check(port_id, slot, is_good)
