"""The SLO tab of a product: its objectives, their status, its ports and measurements."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from catalog.authorization.access import AccessContext
from catalog.ports.models import OutputPort
from catalog.products.models import DataProduct
from catalog.web.products import on_product, product_frame
from governance.slo.evaluation import worst
from governance.slo.models import PROBED_TYPES, Breach, Measurement
from governance.slo.reports import reports_of
from governance.slo.rollups import load_rollups
from governance.slo.stats import DAY, Stats, merge
from governance.web.slo.exports import (
    breach_json,
    day_lines,
    measurement_json,
    measurement_lines,
    objective_json,
)
from governance.web.slo.report_cards import ObjectiveCard, objective_card

Answer = TypeVar("Answer", bound=HttpResponseBase)
RECENT = 20
BREACHES = 20


@dataclass(frozen=True)
class PortRow:
    """The measurements of a port over the last day; `interval` in seconds."""

    port: OutputPort
    is_probed: bool
    interval: int | None
    stats: Stats

    @property
    def share(self) -> float | None:
        return self.stats.good / self.stats.total if self.stats.total else None

    @property
    def p50(self) -> float | None:
        return self.stats.latencies.quantile(0.5)

    @property
    def p95(self) -> float | None:
        return self.stats.latencies.quantile(0.95)


@on_product
def product_slo(request: HttpRequest, product: DataProduct, reader: AccessContext) -> HttpResponse:
    """Show every objective with its days, its budget and its speed; then what was seen lately."""
    now = timezone.now()
    cards = [objective_card(report, now) for report in reports_of(product, now)]
    context = product_frame(request, product, reader, tab="product_slo")
    context |= {
        "cards": cards,
        "days": _table(cards),
        "ports": port_rows(product, now),
        "recent": Measurement.objects.of_product(product)[:RECENT],
        "breaches": Breach.objects.of_product(product)[:BREACHES],
        "csv_url": _url("product_slo_csv", product),
        "measurements_url": _url("product_measurements_csv", product),
    }
    return render(request, "governance/slo/product.html", context)


@on_product
def product_slo_json(
    request: HttpRequest, product: DataProduct, reader: AccessContext
) -> HttpResponse:
    """Give a program the same report."""
    now = timezone.now()
    cards = [objective_card(report, now) for report in reports_of(product, now)]
    recent = Measurement.objects.of_product(product)[:RECENT]
    return JsonResponse(
        {
            "product": {"id": str(product.uuid), "path": product.path},
            "verdict": worst(card.report.verdict for card in cards),
            "objectives": [objective_json(card) for card in cards],
            "ports": [_port_json(row) for row in port_rows(product, now)],
            "breaches": [breach_json(each) for each in Breach.objects.of_product(product)],
            "measurements": [measurement_json(each) for each in recent],
        }
    )


@on_product
def product_slo_csv(
    request: HttpRequest, product: DataProduct, reader: AccessContext
) -> HttpResponse:
    """Give a spreadsheet the days that the page shows."""
    lines = "".join(day_lines(reports_of(product, timezone.now())))
    return _as_csv(HttpResponse(lines), f"{product.slug}-slo.csv")


@on_product
def product_measurements_csv(
    request: HttpRequest, product: DataProduct, reader: AccessContext
) -> StreamingHttpResponse:
    """Give a spreadsheet every single measurement that is kept, newest first."""
    rows = Measurement.objects.of_product(product).iterator(chunk_size=1000)
    return _as_csv(StreamingHttpResponse(measurement_lines(rows)), f"{product.slug}-probes.csv")


def port_rows(product: DataProduct, now: datetime) -> list[PortRow]:
    """Return each output port with its measurements of the last 24 hours."""
    ports = list(product.output_ports.select_related("probe_schedule"))
    rollups = load_rollups([port.pk for port in ports], now)
    probed = set(
        product.output_ports.filter(
            port_contract__contract__servers__type__in=PROBED_TYPES
        ).values_list("pk", flat=True)
    )
    rows = []
    for port in ports:
        hours = rollups.by_hour([port.pk]).items()
        recent = [stats for at, parts in hours if at > now - DAY for stats in parts]
        schedule = getattr(port, "probe_schedule", None)
        interval = schedule.interval if schedule else None
        rows.append(PortRow(port, port.pk in probed, interval, merge(recent)))
    return rows


def _table(cards: list[ObjectiveCard]) -> list[tuple[Any, list[Any]]]:
    """Return the measured days, newest first, each with the day of every objective."""
    columns = [{day.day: day for day in card.report.days if day.ratio.total} for card in cards]
    days = sorted({day for column in columns for day in column}, reverse=True)
    return [(day, [column.get(day) for column in columns]) for day in days]


def _port_json(row: PortRow) -> dict[str, Any]:
    return {
        "port": str(row.port),
        "is_probed": row.is_probed,
        "interval_seconds": row.interval,
        "last_probed_at": row.port.last_probed_at,
        "last_good_at": row.port.last_good_at,
        "last_outcome": row.port.last_outcome or None,
        "last_day": {
            "share": row.share,
            "total": row.stats.total,
            "p50": row.p50,
            "p95": row.p95,
        },
    }


def _as_csv(response: Answer, name: str) -> Answer:
    response["Content-Type"] = "text/csv; charset=utf-8"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _url(name: str, product: DataProduct) -> str:
    return reverse(name, args=[product.domain.slug, product.slug])
