"""Metrics of the installation for Prometheus: what the workers do, how late they are, what waits.

They are read from the database, where all processes write, so every web process says the same.
No metric has the name of a product, a domain or a person.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Count, Min
from django.http import HttpResponse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector, CollectorRegistry
from rest_framework.exceptions import NotAuthenticated
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.views import APIView

from catalog.authorization.access import access_for, require_permission
from catalog.permissions import Permission
from catalog.search.services.pending import engine_states
from config.health import part_states
from config.ops.status_checks import installed_version
from governance.alerts.models import Alert, AlertState, Delivery, DeliveryState
from governance.inspection.models import SourceSchedule
from governance.representation.models import RepresentationSchedule
from governance.schedules.models import LoopRun, WorkCount
from governance.slo.models import ProbeSchedule
from governance.slo.services import queue_states
from governance.slo.services.poller import INFINITE, LATENESS, LATENESS_BOUNDS, PROBES

Metrics = Iterator[Metric]


@method_decorator(never_cache, name="dispatch")
class PrometheusMetrics(APIView):
    """The metrics, for operators and auditors: by API token, or signed in."""

    permission_classes = [AllowAny]
    schema = None

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:  # noqa: FBT001
        """Take any Accept header: the encoder below knows those of Prometheus."""
        return super().perform_content_negotiation(request, force=True)

    def get(self, request: Request) -> HttpResponse:
        """Return the metrics in the format that the caller accepts."""
        access = access_for(request.user)
        if not request.user.is_authenticated:
            raise NotAuthenticated
        if not access.can(Permission.READ_AUDIT, None):
            require_permission(access, Permission.OPERATE_PLATFORM, None)
        registry = CollectorRegistry()
        registry.register(AssayCollector(timezone.now()))
        encode, content_type = choose_encoder(request.headers.get("Accept", ""))
        return HttpResponse(encode(registry), content_type=content_type)


class AssayCollector(Collector):
    """Reads all metrics as of one moment."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def describe(self) -> Metrics:
        return iter(())

    def collect(self) -> Metrics:
        yield from installation_metrics()
        yield from loop_metrics(self.now)
        yield from probe_metrics()
        yield from queue_metrics(self.now)
        yield from index_metrics()
        yield from alert_metrics(self.now)


def gauge(name: str, text: str, label: str, values: Mapping[str, float]) -> Metric:
    family = GaugeMetricFamily(f"assay_{name}", text, labels=[label])
    for value_label, value in values.items():
        family.add_metric([value_label], value)
    return family


def counter(name: str, text: str, label: str, values: Mapping[str, float]) -> Metric:
    family = CounterMetricFamily(f"assay_{name}", text, labels=[label])
    for value_label, value in values.items():
        family.add_metric([value_label], value)
    return family


def installation_metrics() -> Metrics:
    """Yield version and database, and which parts work."""
    info = GaugeMetricFamily(
        "assay_build_info", "Version and database; always 1.", labels=["version", "database"]
    )
    info.add_metric([installed_version(), connection.vendor], 1)
    yield info
    states = {name: float(state["ok"]) for name, state in part_states().items()}
    yield gauge("part_up", "1 if a part of the installation works, else 0.", "part", states)


def loop_metrics(now: datetime) -> Metrics:
    """Yield what each loop of the workers has done, and how long ago."""
    loops = list(LoopRun.objects.order_by("name"))
    ages = {loop.name: (now - (loop.ended_at or loop.known_since)) for loop in loops}
    text = "Seconds since a loop of the workers last ended without error, or became known."
    seconds = {name: max(0.0, age.total_seconds()) for name, age in ages.items()}
    yield gauge("loop_age_seconds", text, "loop", seconds)
    every = {loop.name: float(loop.every) for loop in loops if loop.every}
    yield gauge("loop_interval_seconds", "How often a loop should run.", "loop", every)
    for field, text in (
        ("runs", "Runs of a loop."),
        ("failures", "Runs of a loop that ended with an error."),
        ("items", "What all runs of a loop did together: ports claimed, rows deleted."),
    ):
        totals = {loop.name: float(getattr(loop, field)) for loop in loops}
        yield counter(f"loop_{field}", text, "loop", totals)


def probe_metrics() -> Metrics:
    """Yield measured ports by kind and outcome, and how late each measurement began."""
    probes = CounterMetricFamily(
        "assay_probes", "Measurements of ports by outcome.", labels=["kind", "outcome"]
    )
    for label, count in WorkCount.objects.filter(name=PROBES).values_list("label", "count"):
        probes.add_metric(label.split(" ", 1), count)
    yield probes
    rows = {row.label: row for row in WorkCount.objects.filter(name=LATENESS)}
    total, buckets = 0, []
    for bound in (*(f"{bound:g}" for bound in LATENESS_BOUNDS), INFINITE):
        total += rows[bound].count if bound in rows else 0
        buckets.append((bound, float(total)))
    lateness = HistogramMetricFamily(
        "assay_probe_lateness_seconds", "Seconds from when a port was due to its measurement."
    )
    lateness.add_metric([], buckets=buckets, sum_value=rows[""].seconds if "" in rows else 0.0)
    yield lateness


def queue_metrics(now: datetime) -> Metrics:
    """Yield what waits in each queue of what is done on a schedule, and since when."""
    due, ages, claimed = dict[str, float](), dict[str, float](), dict[str, float]()
    for name, state in queue_states(now).items():
        due[name], ages[name], claimed[name] = state.due, state.age, state.claimed
    sources, representation = SourceSchedule.objects, RepresentationSchedule.objects
    for name, waiting, claims in (
        ("sources", sources.due(now), sources.claimed(now)),
        ("representation", representation.due(now), representation.claimed(now)),
    ):
        row = waiting.aggregate(due=Count("pk"), oldest=Min("next_due_at"))
        due[name] = row["due"]
        ages[name] = (now - row["oldest"]).total_seconds() if row["oldest"] else 0.0
        claimed[name] = claims.count()
    yield gauge("queue_due", "What is due and not claimed.", "queue", due)
    yield gauge("queue_age_seconds", "How long the longest has been due.", "queue", ages)
    yield gauge("queue_claimed", "What a worker has claimed and not ended.", "queue", claimed)
    polled = GaugeMetricFamily("assay_ports_polled", "Ports that are probed on a schedule.")
    polled.add_metric([], ProbeSchedule.objects.probed().count())
    yield polled


def index_metrics() -> Metrics:
    """Yield how far each search index is behind the database."""
    states = engine_states()
    pending = {state.engine: float(state.pending) for state in states}
    lags = {state.engine: state.oldest_seconds for state in states}
    yield gauge("index_pending", "Changes that a search index has not handled.", "engine", pending)
    yield gauge("index_lag_seconds", "Age of the oldest of them.", "engine", lags)


def alert_metrics(now: datetime) -> Metrics:
    """Yield open alerts by severity, and deliveries by state."""
    open_alerts = Alert.objects.exclude(state=AlertState.RESOLVED).values_list("severity")
    counts = dict(open_alerts.annotate(count=Count("pk")).order_by())
    text = "Alerts that are open or acknowledged."
    yield gauge("alerts_open", text, "severity", counts)
    rows = Delivery.objects.values_list("state").annotate(count=Count("pk")).order_by()
    states = dict.fromkeys(DeliveryState.values, 0) | dict(rows)
    yield gauge("deliveries", "Deliveries of alerts that are kept, by state.", "state", states)
    oldest = Delivery.objects.due(now).aggregate(oldest=Min("next_attempt_at"))["oldest"]
    late = GaugeMetricFamily("assay_delivery_age_seconds", "How long the oldest has been due.")
    late.add_metric([], (now - oldest).total_seconds() if oldest else 0.0)
    yield late
