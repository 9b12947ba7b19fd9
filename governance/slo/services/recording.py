"""Records a batch of probe results: measurements, roll-ups and status in one transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from catalog.ports.http_types import Timings
from catalog.ports.models import OutputPort
from catalog.ports.services import ProbeSummary, update_probe_times
from governance.slo.models import Measurement, Period, RollUp
from governance.slo.planned_maintenance import (
    Downtime,
    is_in_maintenance,
    planned_downtimes,
)
from governance.slo.probe_types import ProbeResult
from governance.slo.services.claims import release
from governance.slo.services.evaluation import evaluate_ports
from governance.slo.services.product_status import publish_status
from governance.slo.stats import (
    MAINTENANCE,
    StoredStats,
    add_measurement,
    start_of_hour,
    stored_slice,
)

Key = tuple[int, datetime]
Downtimes = Mapping[int, Sequence[Downtime]]
# Read one by one: asdict would copy each in depth.
PHASES = tuple(field.name for field in fields(Timings))


def record_measurements(*, results: Sequence[ProbeResult], now: datetime) -> int:
    """Record probe results and evaluate the objectives; return how many measurements were new.

    A slot that is recorded already changes nothing, so a batch may be recorded twice. Ports that
    were deleted meanwhile are skipped.
    """
    try:
        return _record(results=results, now=now)
    except IntegrityError:
        # Another worker wrote one of these slots, or a port was deleted, between our read and our
        # write. The second attempt reads it.
        return _record(results=results, now=now)


@transaction.atomic
def _record(*, results: Sequence[ProbeResult], now: datetime) -> int:
    new = _new_results(results)
    downtimes = _downtimes(new)
    Measurement.objects.bulk_create(
        [
            Measurement(
                port_id=result.port_id,
                slot=result.slot,
                measured_at=result.at,
                outcome=result.outcome,
                status_code=result.status_code,
                is_reported=result.is_reported,
                in_maintenance=_is_in_maintenance(result, downtimes),
                **{phase: getattr(result.timings, phase) for phase in PHASES},
            )
            for result in new
        ]
    )
    _roll_up(new, downtimes)
    release(results=results)
    update_probe_times(
        probes={
            result.port_id: ProbeSummary(
                at=now, outcome=result.outcome, is_good=result.is_good, server=result.server
            )
            for result in new
        }
    )
    port_ids = {result.port_id for result in new}
    publish_status(product_ids=evaluate_ports(port_ids=port_ids, now=now))
    return len(new)


def _new_results(results: Sequence[ProbeResult]) -> list[ProbeResult]:
    """Return the results that are not recorded yet, each slot once, of ports that still exist."""
    ports = {result.port_id for result in results}
    existing = set(OutputPort.objects.filter(pk__in=ports).values_list("pk", flat=True))
    slots = {result.slot for result in results}
    recorded: set[Key] = set(
        Measurement.objects.filter(port_id__in=ports, slot__in=slots).values_list("port_id", "slot")
    )
    new: dict[Key, ProbeResult] = {}
    for result in results:
        key = (result.port_id, result.slot)
        if result.port_id in existing and key not in recorded:
            new.setdefault(key, result)
    return list(new.values())


def _downtimes(results: Sequence[ProbeResult]) -> Downtimes:
    """Return the planned maintenance of the ports while they were measured."""
    slots = [result.slot for result in results]
    if not slots:
        return {}
    port_ids = {result.port_id for result in results}
    return planned_downtimes(port_ids, min(slots), max(slots) + timedelta(seconds=1))


def _is_in_maintenance(result: ProbeResult, downtimes: Downtimes) -> bool:
    return is_in_maintenance(result.slot, downtimes.get(result.port_id, ()))


def _roll_up(results: Sequence[ProbeResult], downtimes: Downtimes) -> None:
    keys: set[Key] = {(result.port_id, start_of_hour(result.slot)) for result in results}
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
    hours = {
        key: rows.get(key) or RollUp(port_id=key[0], period=Period.HOUR, start=key[1])
        for key in sorted(keys)
    }
    for result in results:
        hour = hours[result.port_id, start_of_hour(result.slot)]
        total = StoredStats(outcomes=hour.outcomes, latencies=hour.latencies)
        for stored in (total, stored_slice(hour.slices, result.slot)):
            seconds = None if result.is_reported else result.timings.total
            outcome = MAINTENANCE if _is_in_maintenance(result, downtimes) else result.outcome
            add_measurement(stored, outcome=outcome, seconds=seconds)
    RollUp.objects.bulk_create(
        hours.values(),
        update_conflicts=True,
        unique_fields=["port", "period", "start"],
        update_fields=["outcomes", "latencies", "slices"],
    )
