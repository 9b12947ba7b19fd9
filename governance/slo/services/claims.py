"""Claims the ports whose slot has come, so that each slot is measured by one worker at most."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypedDict
from uuid import uuid4

from django.db import transaction
from django.db.models import F, Q

from catalog.contracts.models import Server
from governance.slo.models import PROBED_TYPES, ProbeSchedule
from governance.slo.probe_types import ProbeTask

# Longer than a batch can take: its deadlines, its writing, and a wait for the database.
LEASE = timedelta(minutes=1)


class Place(TypedDict):
    """Where a port is probed."""

    type: str
    location: str
    format: str


class ProbeQueue(StrEnum):
    """Sound ports are never kept waiting by those that have lately failed slowly."""

    SOUND = "sound"
    SUSPECT = "suspect"


@transaction.atomic
def claim_due(*, limit: int, lane: ProbeQueue, now: datetime) -> list[ProbeTask]:
    """Claim up to `limit` due ports of a lane; returns one Due each, for their latest slot.

    The conditional UPDATE is the claim: of two workers, each gets ports that the other does not.
    Slots that were missed are skipped, never made up for. In the suspect lane nothing is claimed
    while an earlier batch of it is under way.
    """
    due = ProbeSchedule.objects.due(now)
    if lane == ProbeQueue.SUSPECT and ProbeSchedule.objects.suspect().held(now).exists():
        return []
    wanted = due.suspect() if lane == ProbeQueue.SUSPECT else due.sound()
    return _claim(list(wanted.values_list("pk", flat=True)[:limit]), now)


@transaction.atomic
def claim_ports(*, port_ids: list[int], now: datetime) -> list[ProbeTask]:
    """Claim these ports whether or not they are due, but for those under way elsewhere.

    Their slot is now; their schedule goes on as it was.
    """
    schedules = ProbeSchedule.objects.probed().filter(port_id__in=port_ids)
    held = _hold(list(schedules.values_list("pk", flat=True)), now)
    return _dues([(schedule, now) for schedule in held])


def _claim(pks: list[int], now: datetime) -> list[ProbeTask]:
    held = _hold(pks, now, Q(next_due_at__lte=now))
    steps: dict[timedelta, list[int]] = {}
    for schedule in held:
        step = slot_of(schedule, now) + schedule.gap - schedule.next_due_at
        steps.setdefault(step, []).append(schedule.pk)
    # Most are on time and of one interval, so this is few statements for hundreds of ports.
    for step, together in steps.items():
        rows = ProbeSchedule.objects.filter(pk__in=together)
        rows.update(next_due_at=F("next_due_at") + step)
    return _dues([(schedule, slot_of(schedule, now)) for schedule in held])


def _hold(pks: list[int], now: datetime, *conditions: Q) -> list[ProbeSchedule]:
    claim = uuid4()
    free = Q(claimed_until__isnull=True) | Q(claimed_until__lte=now)
    won = ProbeSchedule.objects.filter(free, *conditions, pk__in=pks).update(
        claim=claim, claimed_until=now + LEASE
    )
    return list(ProbeSchedule.objects.filter(claim=claim).order_by("pk")) if won else []


def slot_of(schedule: ProbeSchedule, now: datetime) -> datetime:
    """Return the latest slot that has come."""
    missed = (now - schedule.next_due_at) // schedule.gap
    return schedule.next_due_at + missed * schedule.gap


def _dues(slots: list[tuple[ProbeSchedule, datetime]]) -> list[ProbeTask]:
    places = places_of([schedule.port_id for schedule, _ in slots])
    return [
        ProbeTask(
            port_id=schedule.port_id,
            slot=slot,
            interval=schedule.interval,
            **places[schedule.port_id],
        )
        for schedule, slot in slots
        if schedule.port_id in places
    ]


def places_of(port_ids: list[int]) -> dict[int, Place]:
    """Return the place where each port is probed: the first of its contract that can be."""
    servers = Server.objects.annotate(port_id=F("contract__port_contracts__port_id"))
    rows = servers.filter(port_id__in=port_ids, type__in=PROBED_TYPES).order_by("-position", "-pk")
    return {
        port_id: Place(type=kind, location=location, format=file_format)
        for port_id, kind, location, file_format in rows.values_list(
            "port_id", "type", "location", "format"
        )
    }
