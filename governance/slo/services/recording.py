"""Writes down what a batch saw: measurements, roll-ups and judgements in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import F

from catalog.ports.models import OutputPort
from catalog.ports.services import Probe, note_probes
from governance.slo.models import Measurement, Period, ProbeSchedule, RollUp
from governance.slo.outcomes import SLOW_TO_FAIL
from governance.slo.probe_types import ProbeResult
from governance.slo.services.evaluation import evaluate_ports
from governance.slo.services.product_status import publish_status
from governance.slo.stats import add_measurement, hour_of, slice_at

Key = tuple[int, datetime]


def record_measurements(*, seen: Sequence[ProbeResult], now: datetime) -> int:
    """Write what was seen and judge what it bears on; returns how many measurements were new.

    A slot that is known already changes nothing, so a batch may be recorded twice. Ports that
    were deleted meanwhile are passed over.
    """
    try:
        return _record(seen=seen, now=now)
    except IntegrityError:
        # Another worker wrote one of these slots, or deleted a port, between our look and our
        # write. Now both looks see it.
        return _record(seen=seen, now=now)


@transaction.atomic
def _record(*, seen: Sequence[ProbeResult], now: datetime) -> int:
    fresh = _fresh(seen)
    Measurement.objects.bulk_create([_measurement(each) for each in fresh])
    _roll_up(fresh)
    _release(seen)
    note_probes(
        probes={
            each.port_id: Probe(at=now, outcome=each.outcome, is_good=each.is_good)
            for each in fresh
        }
    )
    turned = evaluate_ports(port_ids={each.port_id for each in fresh}, now=now)
    publish_status(product_ids=_products_of(fresh), turned=turned, now=now)
    return len(fresh)


def _fresh(seen: Sequence[ProbeResult]) -> list[ProbeResult]:
    """Return what is not written yet, each slot once, of ports that still exist."""
    ports = {each.port_id for each in seen}
    living = set(OutputPort.objects.filter(pk__in=ports).values_list("pk", flat=True))
    slots = {each.slot for each in seen}
    known: set[Key] = set(
        Measurement.objects.filter(port_id__in=ports, slot__in=slots).values_list("port_id", "slot")
    )
    fresh: dict[Key, ProbeResult] = {}
    for each in seen:
        key = (each.port_id, each.slot)
        if each.port_id in living and key not in known:
            fresh.setdefault(key, each)
    return list(fresh.values())


def _measurement(seen: ProbeResult) -> Measurement:
    return Measurement(
        port_id=seen.port_id,
        slot=seen.slot,
        measured_at=seen.at,
        outcome=seen.outcome,
        status_code=seen.status_code,
        dns=seen.phases.dns,
        connect=seen.phases.connect,
        tls=seen.phases.tls,
        first_byte=seen.phases.first_byte,
        total=seen.phases.total,
    )


def _roll_up(fresh: Sequence[ProbeResult]) -> None:
    keys: set[Key] = {(each.port_id, hour_of(each.slot)) for each in fresh}
    rows = {
        (row.port_id, row.start): row
        for row in RollUp.objects.select_for_update()
        .filter(
            period=Period.HOUR,
            port_id__in={port_id for port_id, _ in keys},
            start__in={start for _, start in keys},
        )
        .order_by("port_id", "start")
    }
    hours = {key: rows.get(key) or _new_hour(*key) for key in sorted(keys)}
    for each in fresh:
        hour = hours[each.port_id, hour_of(each.slot)]
        whole = {"outcomes": hour.outcomes, "latencies": hour.latencies}
        for stored in (whole, slice_at(hour.slices, each.slot)):
            add_measurement(stored, outcome=each.outcome, seconds=each.phases.total)
    RollUp.objects.bulk_create(
        hours.values(),
        update_conflicts=True,
        unique_fields=["port", "period", "start"],
        update_fields=["outcomes", "latencies", "slices"],
    )


def _new_hour(port_id: int, start: datetime) -> RollUp:
    return RollUp(port_id=port_id, period=Period.HOUR, start=start)


def _release(seen: Sequence[ProbeResult]) -> None:
    """Give the claims back, and count slow failures in a row."""
    slow = {each.port_id for each in seen if each.outcome in SLOW_TO_FAIL}
    others = {each.port_id for each in seen} - slow
    schedules = ProbeSchedule.objects
    schedules.filter(port_id__in=others).update(claimed_until=None, failures=0)
    schedules.filter(port_id__in=slow).update(claimed_until=None, failures=F("failures") + 1)


def _products_of(fresh: Sequence[ProbeResult]) -> list[int]:
    ports = OutputPort.objects.filter(pk__in={each.port_id for each in fresh})
    return list(ports.values_list("product_id", flat=True).distinct())
