"""The SLO tab for programs: one report as JSON, its days and its measurements as CSV."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any

from catalog.web.csv_lines import csv_lines
from governance.slo.models import Breach, Measurement
from governance.slo.reports import DayReport, ObjectiveReport
from governance.web.slo.report_cards import ObjectiveCard

DAY_COLUMNS = (
    "objective indicator port date good total share target threshold verdict p50 p95".split()
)
MEASUREMENT_COLUMNS = (
    "port slot measured_at outcome status_code dns connect tls first_byte total".split()
)


def objective_json(card: ObjectiveCard) -> dict[str, Any]:
    """Return an objective and how it stands; seconds and shares as numbers."""
    report = card.report
    spec = report.spec
    return {
        "id": report.objective.pk,
        "indicator": spec.indicator,
        "port": card.port or None,
        "promise": card.description,
        "target": spec.target,
        "threshold": spec.effective_threshold,
        "threshold_asked": spec.threshold,
        "percentile": spec.percentile,
        "window_seconds": int(spec.window.total_seconds()),
        "budgeting": spec.budgeting,
        "verdict": report.verdict,
        "value": report.value,
        "good": report.ratio.good,
        "total": report.ratio.total,
        "share": report.ratio.share,
        "budget_spent": _finite(report.consumed),
        "burn_rate": _finite(report.burn_rate),
        "budget_lasts_seconds": _seconds(report.time_to_exhaustion),
        "as_of": report.as_of,
        "sentence": card.summary,
        "note": card.footnote,
        "days": [_day_json(day) for day in report.days if day.ratio.total],
    }


def _day_json(day: DayReport) -> dict[str, Any]:
    return {
        "date": day.day.date().isoformat(),
        "good": day.ratio.good,
        "total": day.ratio.total,
        "share": day.ratio.share,
        "verdict": day.verdict,
        "p50": day.p50,
        "p95": day.p95,
        "is_in_window": day.is_in_window,
    }


def measurement_json(measurement: Measurement) -> dict[str, Any]:
    """Return one measurement; seconds."""
    return {"port": str(measurement.port)} | {
        name: getattr(measurement, name) for name in MEASUREMENT_COLUMNS[1:]
    }


def breach_json(breach: Breach) -> dict[str, Any]:
    """Return one breach."""
    return {
        "objective": breach.objective_id,
        "promise": breach.description,
        "opened_at": breach.opened_at,
        "closed_at": breach.closed_at,
    }


def day_lines(reports: Iterable[ObjectiveReport]) -> Iterator[str]:
    """Yield the CSV of all measured days, a header first."""
    yield from csv_lines(DAY_COLUMNS, (row for each in reports for row in _day_rows(each)))


def _day_rows(report: ObjectiveReport) -> Iterator[list[Any]]:
    spec, objective = report.spec, report.objective
    for day in report.days:
        if day.ratio.total:
            speed = [day.p50, day.p95] if report.is_latency else ["", ""]
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
                *speed,
            ]


def measurement_lines(measurements: Iterable[Measurement]) -> Iterator[str]:
    """Yield the CSV of single measurements, a header first."""
    rows = (list(measurement_json(each).values()) for each in measurements)
    yield from csv_lines(MEASUREMENT_COLUMNS, rows)


def _finite(number: float) -> float | None:
    """Return a number that JSON can hold; None for without end."""
    return number if number < float("inf") else None


def _seconds(time: timedelta | None) -> int | None:
    return None if time is None else int(time.total_seconds())
