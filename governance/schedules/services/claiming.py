"""Claims what is due in fair shares, and keeps schedules right when the wall clock is set."""

import logging
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.apps import apps
from django.db import transaction
from django.db.models import F, Max, Q, Value

from catalog.exceptions import CatalogError
from governance.schedules.clock import BOOT_ID, TOLERANCE
from governance.schedules.models import AnySchedule, HostClock, Schedule, ScheduleQuerySet

logger = logging.getLogger(__name__)
# Slots of an hour that is passed through twice must differ, or the second would not be recorded.
OFF_GRID = timedelta(seconds=0.6180339887)


def claim_rows(
    rows: ScheduleQuerySet[AnySchedule], pks: Sequence[int], now: datetime, *conditions: Q
) -> list[AnySchedule]:
    """Claim these rows of `rows`, except those that are claimed already.

    The conditional UPDATE is the claim: two workers never get the same row.
    """
    claim = uuid4()
    claimable = rows.unclaimed(now).filter(*conditions, pk__in=pks)
    count = claimable.update(claim=claim, claimed_until=now + rows.model.CLAIM_DURATION)
    return list(rows.filter(claim=claim).order_by("pk")) if count else []


def skip_to_next_slot(claimed: Sequence[AnySchedule], now: datetime) -> dict[int, datetime]:
    """Move claimed rows to their next slot; return the slot that has come, by port.

    Missed slots are skipped, never made up for.
    """
    pks_by_delay: dict[timedelta, list[int]] = {}
    slots = {}
    for row in claimed:
        slots[row.port_id] = slot = row.latest_slot(now)
        pks_by_delay.setdefault(slot + row.period - row.next_due_at, []).append(row.pk)
    # Most are on time and have the same interval, so this is few statements for hundreds of rows.
    for delay, pks in pks_by_delay.items():
        rows = type(claimed[0])._default_manager.filter(pk__in=pks)
        rows.update(next_due_at=F("next_due_at") + delay)
    return slots


@dataclass(frozen=True)
class Batch:
    """Claimed ports, which are worked through one after another."""

    claim: UUID
    port_ids: Sequence[int]


@transaction.atomic
def claim_batch(
    *,
    rows: ScheduleQuerySet[AnySchedule],
    due: ScheduleQuerySet[AnySchedule],
    limit: int,
    now: datetime,
) -> Batch | None:
    """Claim the first `limit` of `due`, in their order; None if another worker has them all."""
    pks = list(due.values_list("pk", flat=True)[:limit])
    claimed = claim_rows(rows, pks, now)
    skip_to_next_slot(claimed, now)
    ordered = sorted(claimed, key=lambda row: pks.index(row.pk))
    if not ordered or (claim := ordered[0].claim) is None:
        return None
    return Batch(claim, [row.port_id for row in ordered])


def claim_only_batch(
    *,
    rows: ScheduleQuerySet[AnySchedule],
    due: ScheduleQuerySet[AnySchedule],
    limit: int,
    now: datetime,
) -> Batch | None:
    """Claim due ports of different domains, those without a failure first.

    None while a batch of `rows` is under way, or if nothing is due.
    """
    if rows.claimed(now).exists():
        return None
    turns = due.in_turns("failures", "next_due_at")
    return claim_batch(rows=rows, due=turns, limit=limit, now=now)


def work_through(
    rows: ScheduleQuerySet[AnySchedule],
    batch: Batch,
    work: Callable[[int], bool],
    *,
    seconds: float,
) -> int:
    """Do the work of claimed ports one after another; return how many were begun.

    `work` returns True if it succeeded. Whatever happens to one port, the others follow. After
    `seconds` it begins with no other port: those are due again at once.
    """
    ends_at, count = time.monotonic() + seconds, 0
    for port_id in batch.port_ids:
        if time.monotonic() >= ends_at:
            break
        if start_claimed(rows, port_id, batch.claim):
            failures = Value(0) if _succeeds(work, port_id) else F("failures") + 1
            rows.filter(port_id=port_id).update(claimed_until=None, failures=failures)
            count += 1
    left = rows.filter(claim=batch.claim)
    for interval in set(left.values_list("interval", flat=True)):
        period = rows.model(interval=interval).period
        left.filter(interval=interval).update(
            claim=None, claimed_until=None, next_due_at=F("next_due_at") - period
        )
    return count


def _succeeds(work: Callable[[int], bool], port_id: int) -> bool:
    try:
        return work(port_id)
    except CatalogError as error:
        # Its server, plan, rules or the port itself were removed meanwhile.
        logger.info("the work of port %d is left out: %s", port_id, error)
    except Exception:
        logger.exception("the work of port %d failed", port_id)
    return False


def follow_clock(*, now: datetime, monotonic: float | None = None, host: str = BOOT_ID) -> bool:
    """Return True if the wall clock of this host was set since the last call.

    After a clock that was set back, everything would wait for hours: it is made due again.
    """
    monotonic = time.monotonic() if monotonic is None else monotonic
    known = HostClock.objects.filter(boot_id=host).first()
    if known is not None and abs(_drift(known, now, monotonic)) <= TOLERANCE:
        return False
    with transaction.atomic():
        reading, is_new = HostClock.objects.select_for_update().get_or_create(
            boot_id=host, defaults={"wall": now, "monotonic": monotonic}
        )
        drift = timedelta(0) if is_new else _drift(reading, now, monotonic)
        if is_set := abs(drift) > TOLERANCE:
            reading.wall, reading.monotonic, reading.set_at = now, monotonic, now
            reading.save()
        for model in apps.get_models():
            if issubclass(model, Schedule):
                _pull_in(model, now, set_back=max(-drift, timedelta(0)))
    return is_set


def clock_set_at(now: datetime) -> datetime | None:
    """Return when the wall clock of some host was last seen to be set, in its new time."""
    last: datetime | None = HostClock.objects.filter(set_at__lte=now).aggregate(last=Max("set_at"))[
        "last"
    ]
    return last


def _drift(reading: HostClock, now: datetime, monotonic: float) -> timedelta:
    return (now - reading.wall) - timedelta(seconds=monotonic - reading.monotonic)


def _pull_in(model: type[Schedule], now: datetime, *, set_back: timedelta) -> None:
    """Move what is due back as the clock was; after a restart, by how much is not known.

    Nothing is due later than one interval from now, and no claim lasts longer than it may. What
    is moved is moved alike, so it stays as spread as it was.
    """
    rows = model._default_manager.all()
    if set_back:
        rows.update(next_due_at=F("next_due_at") - (set_back + OFF_GRID))
    latest = rows.values_list("interval").annotate(latest=Max("next_due_at")).order_by()
    for interval, due_at in latest:
        period = timedelta(seconds=interval)
        if (intervals := math.ceil((due_at - now - period) / period)) > 0:
            earlier = intervals * period + OFF_GRID
            rows.filter(interval=interval).update(next_due_at=F("next_due_at") - earlier)
    too_long = rows.filter(claimed_until__gt=now + model.CLAIM_DURATION)
    too_long.update(claimed_until=now + model.CLAIM_DURATION)


def start_claimed(rows: ScheduleQuerySet[AnySchedule], port_id: int, claim: UUID) -> bool:
    """Return True if this worker is the first to begin with a claimed row.

    A message may come twice, or kill its worker each time it comes.
    """
    return rows.filter(port_id=port_id, claim=claim).update(claim=None) == 1
