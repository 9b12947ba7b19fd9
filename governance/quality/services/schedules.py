"""Runs the checks of all ports on schedule, in fair shares: no port keeps another waiting."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.utils import timezone

from catalog.audit.services import record
from catalog.authorization.access import Writer, require_permission
from catalog.contracts.models import Server, contract_of
from catalog.exceptions import NotFound, ValidationFailed
from catalog.permissions import Permission
from catalog.ports.models import OutputPort
from catalog.ports.services import published_port
from catalog.revisions.services import audit_subject
from governance.quality.models import (
    UNCHECKED_STATUSES,
    CheckOutcome,
    QualityRun,
    QualitySchedule,
)
from governance.quality.services.reading import PORTS, rules_of
from governance.quality.services.running import run_port_checks
from governance.quality.services.states import QUALITY_CHECKS, publish_quality
from governance.sandbox.check_runner import CHECKED_TYPES
from governance.schedules.services import Batch, claim_only_batch, work_through

# One process checks at a time, so that the others read sources and probe slow ports.
PORTS_PER_BATCH = 10
BATCH_SECONDS = 120.0
MIN_INTERVAL, MAX_INTERVAL = timedelta(minutes=5), timedelta(days=7)
# Runs and outcomes are kept so long; the latest run of a port always.
KEPT_FOR = timedelta(days=90)
PRUNE_RUNS = 500


def plan_checks_of(ids: Sequence[UUID]) -> None:
    """Read again the rules of products that changed."""
    _plan(PORTS.filter(product__uuid__in=ids))


def plan_checks() -> int:
    """Read again the rules of contracts that changed, where a commit's hint was lost."""
    return _plan(PORTS.all())


def _plan(chosen: QuerySet[OutputPort]) -> int:
    """Read the rules of ports whose contract changed; return of how many products.

    New ports get a schedule. Checks that changed are due at once.
    """
    _schedule_missing(chosen)
    outdated = QualitySchedule.objects.outdated().filter(port__in=chosen.values("pk"))
    ports = PORTS.filter(pk__in=outdated.values("port")).order_by("pk")
    products = set()
    for port in ports.iterator(chunk_size=20):
        contract = contract_of(port)
        rows = QualitySchedule.objects.filter(port=port)
        rows.update(
            checks=len(rules_of(port).runnable),
            compiled_digest=contract.digest if contract else "",
            next_due_at=timezone.now(),
        )
        if not port.product.is_working_copy:
            products.add(port.product_id)
    publish_quality(sorted(products))
    return len(products)


def _schedule_missing(chosen: QuerySet[OutputPort]) -> None:
    servers = Server.objects.filter(
        contract__port_contracts__port=OuterRef("pk"), type__in=CHECKED_TYPES
    )
    missing = chosen.filter(Exists(servers), quality_schedule__isnull=True)
    ports = missing.exclude(product__status__in=UNCHECKED_STATUSES)
    rows = [QualitySchedule(port=port) for port in ports]
    QualitySchedule.objects.bulk_create(rows, ignore_conflicts=True)


def claim_checks(*, now: datetime) -> Batch | None:
    schedules = QualitySchedule.objects
    return claim_only_batch(
        rows=schedules.all(), due=schedules.due(now), limit=PORTS_PER_BATCH, now=now
    )


def check_batch(batch: Batch, *, seconds: float = BATCH_SECONDS) -> int:
    return work_through(QualitySchedule.objects.all(), batch, _check, seconds=seconds)


def _check(port_id: int) -> bool:
    port = PORTS.filter(pk=port_id).first()
    return port is not None and run_port_checks(port=port, actor=QUALITY_CHECKS).is_ok


def set_interval(*, port: OutputPort, interval: timedelta, actor: Writer) -> QualitySchedule:
    """Say how often the checks of a port run: a setting of its domain.

    Raises PermissionDenied, NotFound (the port is not published), ValidationFailed.
    """
    require_permission(actor, Permission.EDIT_PRODUCTS, port.product.domain)
    if not MIN_INTERVAL <= interval <= MAX_INTERVAL:
        hint = "Choose five minutes to a week."
        raise ValidationFailed.of("interval", "The interval is too short or too long.", hint)
    row = QualitySchedule.objects.filter(port=published_port(port)).first()
    if row is None:
        raise NotFound("The port has no source that can be checked, or is not published yet.")
    before = {"interval": row.interval}
    row.interval = int(interval.total_seconds())
    row.next_due_at = min(row.next_due_at, timezone.now() + interval)
    row.save(update_fields=["interval", "next_due_at"])
    record(
        actor=actor,
        verb="changed check interval",
        subject=audit_subject(port.product),
        before=before,
        after={"port": str(port), "interval": row.interval},
    )
    return row


def prune_runs(*, now: datetime) -> int:
    """Delete runs that are older than 90 days, but not the latest of a port; return how many.

    Deletes in small pieces, so that no lock is held for long.
    """
    same = QualityRun.objects.filter(port=OuterRef("port"), source=OuterRef("source"))
    latest = same.good().order_by("-at", "-pk").values("pk")[:1]
    old = QualityRun.objects.filter(at__lt=now - KEPT_FOR).exclude(pk=Subquery(latest))
    deleted = 0
    while pks := list(old.order_by("at").values_list("pk", flat=True)[:PRUNE_RUNS]):
        with transaction.atomic():
            CheckOutcome.objects.filter(run__in=pks).delete()
            QualityRun.objects.filter(pk__in=pks).delete()
        deleted += len(pks)
    return deleted
