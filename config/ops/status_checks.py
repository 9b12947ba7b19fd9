"""What the status page reads: each part of the installation, and how far it lags."""

import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from importlib.metadata import PackageNotFoundError, version

from django.conf import settings
from django.db import connection
from django.db.models import Max, Min
from django.utils import timezone

from catalog.audit.models import AuditSeal, UnsealedEvent
from catalog.audit.verification import verify_chain
from catalog.breaker import RETRY_SECONDS, redis_breaker
from catalog.ports.models import OutputPort
from catalog.search.models import IndexCheck
from catalog.search.services.checks import WINDOW
from catalog.search.services.pending import engine_states
from catalog.types import JSONObject
from config.health import part_states
from governance.alerts.models import Delivery, DeliveryState
from governance.alerts.services import PathProof, path_proof
from governance.inspection.models import SourceSchedule
from governance.slo.models import ProbeSchedule

GIGABYTE = 1024**3
MIN_FREE_GIGABYTES = 1.0
MAX_LAG_SECONDS = 60
MAX_MEASUREMENT_AGE = 900
MAX_DELIVERY_LAG = timedelta(minutes=2)
DEAD_LETTERS_SINCE = timedelta(days=7)
MAX_SOURCE_WAIT = timedelta(hours=2)


@dataclass(frozen=True)
class StatusReading:
    """One fact: its name, its value as text, and whether it is ok; None if nothing was checked."""

    name: str
    value: str
    is_well: bool | None = True
    note: str = ""

    def as_json(self) -> JSONObject:
        return asdict(self)


def parts() -> list[StatusReading]:
    readings = []
    for name, state in part_states().items():
        if not state["ok"]:
            reading = StatusReading(name, "degraded", False, state.get("problem", ""))
        elif "milliseconds" in state:
            reading = StatusReading(name, "responds", True, f"{state['milliseconds']} ms")
        else:
            reading = StatusReading(name, "alive", True, f"{state['seconds_since_sign']} s ago")
        readings.append(reading)
    return [*readings, cache_use()]


def cache_use() -> StatusReading:
    """Return whether this process uses the shared cache, or its circuit breaker is open."""
    seconds = redis_breaker(settings.CELERY_BROKER_URL).seconds_open()
    if seconds is None:
        return StatusReading("shared cache", "in use", note="circuit breaker closed")
    note = (
        f"no answer for {seconds:.0f} s, tried again every {RETRY_SECONDS:.0f} s; until then each "
        "process counts for itself, and the index follows once it answers"
    )
    return StatusReading("shared cache", "circuit breaker open", False, note)


def index() -> list[StatusReading]:
    """Return how far each search engine is behind the database."""
    readings = []
    for state in engine_states():
        is_well = state.is_ready and not state.problem and state.oldest_seconds < MAX_LAG_SECONDS
        note = state.problem or (f"max lag {state.oldest_seconds:.0f} s" if state.pending else "")
        readings.append(StatusReading(state.engine, f"{state.pending} behind", is_well, note))
        readings.append(_last_check(state.engine))
    return readings


def _last_check(engine: str) -> StatusReading:
    """Return how the last comparison of an index with the database ended."""
    name, now = f"{engine}, last check", timezone.now()
    last = IndexCheck.objects.of(engine, since=now - WINDOW).first()
    if last is None:
        return StatusReading(name, "not yet", None, "first within minutes of the start")
    age = int((now - last.at).total_seconds())
    return StatusReading(
        name, f"{last.drift} differences", last.is_good, last.problem or f"{age} s ago"
    )


def polling() -> list[StatusReading]:
    """Return how many ports and sources are polled and due, and when one was last measured."""
    now = timezone.now()
    sources = SourceSchedule.objects.due(now)
    oldest = sources.aggregate(oldest=Min("next_due_at"))["oldest"]
    polled = ProbeSchedule.objects.probed().count()
    due = ProbeSchedule.objects.due(now).count()
    last = OutputPort.objects.aggregate(last=Max("last_probed_at"))["last"]
    age = None if last is None else int((now - last).total_seconds())
    last_text = "never" if age is None else f"{age} s ago"
    is_read = oldest is None or now - oldest < MAX_SOURCE_WAIT
    is_recent = age is not None and age < MAX_MEASUREMENT_AGE
    return [
        StatusReading("ports polled", str(polled), True if polled else None),
        StatusReading("ports due now", str(due), due <= max(5, polled // 5) if polled else None),
        StatusReading("ports in the slow queue", str(ProbeSchedule.objects.slow().count())),
        StatusReading("last measurement", last_text, is_recent if polled else None),
        StatusReading("sources to read", str(sources.count()), is_read),
    ]


def installed_version() -> str:
    try:
        return version("assay")
    except PackageNotFoundError:
        return "from a checkout"


def alerting() -> list[StatusReading]:
    """Return whether alerts arrive: the hourly synthetic alert, and what waits or was given up."""
    now, proof = timezone.now(), path_proof()
    readings = [_path_reading(proof, now)]
    if proof.routes:
        failed = f"{proof.undelivered} of {proof.routes} did not get it"
        readings.append(
            StatusReading("routes of the synthetic alert", failed, not proof.undelivered)
        )
    late = Delivery.objects.due(now).filter(next_attempt_at__lt=now - MAX_DELIVERY_LAG).count()
    lost = Delivery.objects.filter(
        state=DeliveryState.DEAD, created_at__gte=now - DEAD_LETTERS_SINCE
    ).count()
    readings.append(StatusReading("messages that are late", str(late), late == 0))
    readings.append(StatusReading("messages given up in 7 days", str(lost), lost == 0))
    return readings


def _path_reading(proof: PathProof, now: datetime) -> StatusReading:
    """Return how the newest synthetic alert fared on its way through the whole path."""
    name = "synthetic alert"
    if proof.sent_at is None:
        return StatusReading(name, "not sent yet", None, "every hour, the first after the start")
    age = int((now - proof.sent_at).total_seconds())
    if proof.arrived_at is None:
        return StatusReading(name, f"not arrived after {age} s", proof.is_proven(now), proof.error)
    seconds = (proof.arrived_at - proof.sent_at).total_seconds()
    note = f"sent {age} s ago" + (f"; {proof.error}" if proof.error else "")
    if not proof.routes:
        note += "; no route takes it, so it proves the path within Assay only"
    return StatusReading(name, f"arrived within {seconds:.1f} s", proof.is_proven(now), note)


def storage() -> list[StatusReading]:
    """Return version, database, search engines and free disk space."""
    free = shutil.disk_usage(settings.ASSAY_DATA_DIR).free / GIGABYTE
    return [
        StatusReading("version", installed_version()),
        StatusReading("database", connection.vendor),
        StatusReading("search engines", ", ".join(settings.ASSAY_SEARCH_ENGINES)),
        StatusReading("disk free", f"{free:.1f} GB", free >= MIN_FREE_GIGABYTES),
    ]


def audit_chain(*, verify: bool) -> list[StatusReading]:
    """Return the head of the sealed audit trail; `verify` walks all of it."""
    head = AuditSeal.objects.order_by("-sequence").first()
    waiting = UnsealedEvent.objects.count()
    head_text = f"{head.sequence}: {head.digest[:16]}…" if head else "nothing sealed yet"
    readings = [
        StatusReading("sealed head", head_text),
        StatusReading("events to seal", str(waiting)),
    ]
    if not verify:
        return [*readings, StatusReading("chain", "not verified", None)]
    report = verify_chain(max_issues=1)
    issue = report.issues[0] if report.issues else None
    state = f"broken at {issue.sequence}: {issue.kind}" if issue else "intact"
    return [*readings, StatusReading("chain", state, report.is_intact)]


def all_checks(*, verify: bool = False) -> Iterator[tuple[str, list[StatusReading]]]:
    yield "parts", parts()
    yield "index", index()
    yield "polling", polling()
    yield "alerts", alerting()
    yield "installation", storage()
    yield "audit", audit_chain(verify=verify)
