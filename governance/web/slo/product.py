"""The SLO tab of a product: its objectives, their status, its ports and measurements."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

from django.conf import settings
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import reverse
from django.utils import timezone

from catalog.authorization.access import AccessContext
from catalog.ports.models import OutputPort
from catalog.products.models import DataProduct
from catalog.web.csv_lines import csv_response
from catalog.web.pages import render_page
from catalog.web.products.layout import ProductFrame, product_frame
from catalog.web.products.lookup import on_product
from governance.alerts.models import Alert
from governance.slo.models import (
    Breach,
    MaintenanceWindow,
    Measurement,
    Objective,
    ObjectiveStandard,
)
from governance.slo.reports import DayReport, ObjectiveReport, reports_of
from governance.slo.rollups import DAYS, last_day
from governance.slo.stats import DAY, Stats
from governance.web.slo.exports import (
    DAY_COLUMNS,
    MEASUREMENT_COLUMNS,
    day_rows,
    measurement_rows,
)
from governance.web.slo.report_cards import ObjectiveCard, objective_card

RECENT = 20
BREACHES = 20


@dataclass(frozen=True)
class PortRow:
    """The measurements of a port over the last day, also without an objective on them.

    `interval` in seconds.
    """

    port: OutputPort
    is_probed: bool
    interval: int | None
    stats: Stats
    has_objective: bool

    @property
    def share(self) -> float | None:
        return self.stats.good / self.stats.total if self.stats.total else None

    @property
    def p50(self) -> float | None:
        return self.stats.latencies.quantile(0.5)

    @property
    def p95(self) -> float | None:
        return self.stats.latencies.quantile(0.95)


@dataclass(frozen=True, kw_only=True)
class ProductSLOPage:
    """`edit_url` is empty for readers who may not edit."""

    frame: ProductFrame
    cards: list[ObjectiveCard]
    ports: list[PortRow]
    recent: list[Measurement]
    breaches: list[Breach]
    alerts: list[Alert]
    maintenance: list[MaintenanceWindow]
    csv_url: str
    measurements_url: str
    feed_url: str
    badge_url: str
    edit_url: str

    @property
    def badge_markdown(self) -> str:
        """Return what shows the badge in a README, with a link to this page."""
        base = settings.ASSAY_BASE_IRI.rstrip("/")
        return f"[![SLO]({base}{self.badge_url})]({self.frame.canonical})"

    @cached_property
    def days(self) -> list[tuple[date, list[DayReport | None]]]:
        """Return the measured days, newest first, each with the report of every objective."""
        columns = [
            {day.date: day for day in card.report.days if day.ratio.total} for card in self.cards
        ]
        days = sorted({day for column in columns for day in column}, reverse=True)
        return [(day, [column.get(day) for column in columns]) for day in days]


@on_product
def product_slo(request: HttpRequest, product: DataProduct, reader: AccessContext) -> HttpResponse:
    now = timezone.now()
    reports = reports_of(product, now)
    maintenance = maintenance_of(product, now)
    periods = [(window.starts_at, window.ends_at) for window in maintenance]
    origins = origins_of(reports)
    cards = [
        objective_card(report, origin=origins.get(report.objective.origin_id, ""), periods=periods)
        for report in reports
    ]
    api_url = reverse("api:product_slo", args=[product.uuid])
    frame = product_frame(request, product, reader, tab="product_slo", api_url=api_url)
    page = ProductSLOPage(
        frame=frame,
        cards=cards,
        ports=port_rows(product, now, [report.objective for report in reports]),
        recent=list(Measurement.objects.of_product(product)[:RECENT]),
        breaches=list(Breach.objects.of_product(product)[:BREACHES]),
        alerts=list(Alert.objects.open().visible_to(reader).filter(product=product)[:RECENT]),
        maintenance=[window for window in maintenance if window.ends_at > now - DAY],
        csv_url=_url("product_slo_csv", product),
        feed_url=_url("product_slo_feed", product),
        badge_url=reverse("slo_badge", args=[product.uuid]),
        measurements_url=_url("product_measurements_csv", product),
        edit_url=_url("product_objectives", product) if frame.can_edit else "",
    )
    return render_page(request, "governance/slo/product.html", page)


@on_product
def product_slo_csv(
    request: HttpRequest, product: DataProduct, reader: AccessContext
) -> StreamingHttpResponse:
    rows = day_rows(reports_of(product, timezone.now()))
    return csv_response(f"{product.slug}-slo.csv", DAY_COLUMNS, rows)


@on_product
def product_measurements_csv(
    request: HttpRequest, product: DataProduct, reader: AccessContext
) -> StreamingHttpResponse:
    """Return every single measurement that is kept, newest first."""
    rows = measurement_rows(Measurement.objects.of_product(product).iterator(chunk_size=1000))
    return csv_response(f"{product.slug}-probes.csv", MEASUREMENT_COLUMNS, rows)


def maintenance_of(product: DataProduct, now: datetime) -> list[MaintenanceWindow]:
    """Return the planned maintenance of the days that the charts show, and what comes."""
    windows = MaintenanceWindow.objects.affecting(product).planned()
    return list(windows.filter(ends_at__gt=now - DAYS * DAY))


def origins_of(reports: Sequence[ObjectiveReport]) -> dict[int | None, str]:
    """Return the domain of each standard that set an objective, by the standard."""
    ids = (report.objective.origin_id for report in reports)
    origins = {origin_id for origin_id in ids if origin_id is not None}
    if not origins:
        return {}
    rows = ObjectiveStandard.objects.filter(pk__in=origins)
    return dict(rows.values_list("pk", "domain__name"))


def port_rows(
    product: DataProduct, now: datetime, objectives: Sequence[Objective]
) -> list[PortRow]:
    """Return each output port with its measurements of the last 24 hours."""
    ports = list(product.output_ports.select_related("probe_schedule"))
    measured = last_day([port.pk for port in ports], now)
    probed = set(
        product.output_ports.filter(port_contract__contract__servers__is_probed=True).values_list(
            "pk", flat=True
        )
    )
    rows = []
    for port in ports:
        stats = measured.get(port.pk, Stats())
        schedule = getattr(port, "probe_schedule", None)
        interval = schedule.interval if schedule else None
        has_objective = any(
            objective.spec.is_probed and objective.port_id in (None, port.pk)
            for objective in objectives
        )
        rows.append(PortRow(port, port.pk in probed, interval, stats, has_objective))
    return rows


def _url(name: str, product: DataProduct) -> str:
    return reverse(name, args=[product.domain.slug, product.slug])
