"""Claims what is due in fair shares, and keeps schedules right when the wall clock is set."""

import math
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.apps import apps
from django.db import transaction
from django.db.models import F, Max, Q

from governance.schedules.clock import BOOT_ID, TOLERANCE
from governance.schedules.models import AnySchedule, HostClock, Schedule, ScheduleQuerySet

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


def work_through(
    rows: ScheduleQuerySet[AnySchedule],
    claim: UUID,
    port_ids: Sequence[int],
    work: Callable[[int], None],
    *,
    seconds: float,
) -> int:
    """Do the work of claimed ports one after another; return how many were begun.

    After `seconds` it begins with no other port: those are due again at once.
    """
    ends_at, count = time.monotonic() + seconds, 0
    for port_id in port_ids:
        if time.monotonic() >= ends_at:
            break
        if start_claimed(rows, port_id, claim):
            work(port_id)
            count += 1
    left = rows.filter(claim=claim)
    for interval in set(left.values_list("interval", flat=True)):
        period = rows.model(interval=interval).period
        left.filter(interval=interval).update(
            claim=None, claimed_until=None, next_due_at=F("next_due_at") - period
        )
    return count


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
