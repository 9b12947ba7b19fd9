"""Reads the values of data quality indicators in the windows of objectives."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median

from governance.slo.assessment import BURN_WINDOWS, BurnRate, CheckRun
from governance.slo.budget import Ratio
from governance.slo.check_runs import Check, continue_runs
from governance.slo.coverage import CoveredPort
from governance.slo.evaluation import CLOCK_TOLERANCE, ObjectiveSpec, is_good_value
from governance.slo.models import IndicatorValue, Objective
from governance.slo.planned_maintenance import Downtime, time_in_maintenance
from governance.slo.stats import DAY
from governance.slo.verdicts import Counts
from governance.slo.windows import Window

# Taken for the interval of runs while there is only one value.
FIRST_INTERVAL = DAY

Key = tuple[int, str, str]


class ValueReader:
    """The values that some objectives count, read at once."""

    def __init__(
        self,
        objectives: Collection[Objective],
        covered: Mapping[int, Sequence[CoveredPort]],
        windows: Mapping[int, Window],
        now: datetime,
    ) -> None:
        self.covered, self.windows, self.now = covered, windows, now
        self.values: Mapping[Key, list[IndicatorValue]] = defaultdict(list)
        if not objectives:
            return
        port_ids = {port.port_id for one in objectives for port in covered.get(one.pk, ())}
        start = min(windows[objective.pk].start for objective in objectives)
        for value in IndicatorValue.objects.between(port_ids, start, now + CLOCK_TOLERANCE):
            self.values[value.port_id, value.indicator, value.source].append(value)

    def of(self, objective: Objective) -> list[IndicatorValue]:
        """Return the values in the window of an objective, the oldest first."""
        spec, start = objective.spec, self.windows[objective.pk].start
        values = [
            value
            for port in self.covered.get(objective.pk, ())
            for value in self.values.get((port.port_id, spec.indicator, spec.source), ())
            if value.slot >= start
        ]
        return sorted(values, key=lambda value: value.slot)

    def count(
        self,
        objective: Objective,
        downtimes: Mapping[int, Sequence[Downtime]],
        known: Sequence[CheckRun],
    ) -> Counts:
        """Return what was counted of an objective: each value is a check."""
        spec, window = objective.spec, self.windows[objective.pk]
        by_port = defaultdict[int, list[IndicatorValue]](list)
        values = self.of(objective)
        for value in values:
            by_port[value.port_id].append(value)
        counted = [value for value in values if not value.in_maintenance]
        intervals = {
            port_id: interval_of(objective.interval, own) for port_id, own in by_port.items()
        }
        return Counts(
            ratio=ratio_of_values(spec, counted),
            expected=sum(
                round(
                    (
                        window.length
                        - time_in_maintenance(downtimes.get(port_id, ()), window.start, window.end)
                    )
                    / interval
                )
                for port_id, interval in intervals.items()
            ),
            maintenance=len(values) - len(counted),
            value=counted[-1].value if counted else None,
            as_of=values[-1].slot if values else None,
            interval=max(intervals.values(), default=FIRST_INTERVAL),
            burn_rates=self._burn_rates(spec, counted),
            runs=continue_runs(
                known,
                (Check(v.port_id, v.slot, is_good_value(spec, v.value)) for v in counted),
            ),
        )

    def _burn_rates(
        self, spec: ObjectiveSpec, values: Sequence[IndicatorValue]
    ) -> tuple[BurnRate, ...]:
        def since(window: timedelta) -> Ratio:
            start = self.now - window
            return ratio_of_values(spec, [value for value in values if value.slot >= start])

        return tuple(
            BurnRate(short, long, since(short), since(long), spec.target)
            for short, long in BURN_WINDOWS
        )


def ratio_of_values(spec: ObjectiveSpec, values: Sequence[IndicatorValue]) -> Ratio:
    return Ratio(sum(is_good_value(spec, value.value) for value in values), len(values))


def interval_of(seconds: int | None, values: Sequence[IndicatorValue]) -> timedelta:
    """Return the interval that an objective asks for, else that of the latest values."""
    if seconds:
        return timedelta(seconds=seconds)
    gaps = [
        (later.slot - earlier.slot).total_seconds() for earlier, later in pairwise(values[-20:])
    ]
    return timedelta(seconds=median(gaps)) if gaps and median(gaps) else FIRST_INTERVAL
