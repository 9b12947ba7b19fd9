"""The SLO tab as CSV: its days, and every single measurement."""

from collections.abc import Iterable, Iterator

from governance.slo.models import Measurement
from governance.slo.reports import ObjectiveReport

DAY_COLUMNS = (
    "objective indicator port date good total share target threshold verdict p50 p95".split()
)
MEASUREMENT_COLUMNS = (
    "port slot measured_at outcome status_code dns connect tls first_byte total".split()
)


def day_rows(reports: Iterable[ObjectiveReport]) -> Iterator[list[object]]:
    for report in reports:
        spec, objective = report.spec, report.objective
        for day in report.days:
            if day.ratio.total:
                quantiles = [day.p50, day.p95] if report.is_latency else ["", ""]
                yield [
                    objective.pk,
                    spec.indicator,
                    objective.port or "",
                    day.day.date().isoformat(),
                    day.ratio.good,
                    day.ratio.total,
                    day.ratio.share,
                    spec.target,
                    spec.effective_threshold,
                    day.verdict.value,
                    *quantiles,
                ]


def measurement_rows(measurements: Iterable[Measurement]) -> Iterator[list[object]]:
    for measurement in measurements:
        yield [getattr(measurement, name) for name in MEASUREMENT_COLUMNS]
