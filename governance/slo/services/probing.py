"""Probes a batch of ports and records what was seen; nothing is held open while the network is."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice

from django.utils import timezone

from governance.slo.models import ProbeSchedule
from governance.slo.probe_types import ProbeResult, ProbeTask
from governance.slo.probes.measuring import Told, measure
from governance.slo.services.claims import claim_ports
from governance.slo.services.objectives import schedule_missing_ports
from governance.slo.services.recording import record_measurements

# One transaction writes so many ports, so that on SQLite nobody waits long for the one writer.
PORTS_PER_TRANSACTION = 400
PORTS_PER_ROUND = 400


def probe(*, due: Sequence[ProbeTask], told: Told | None = None) -> list[ProbeResult]:
    """Measure claimed ports and record it; returns what was seen, recorded before or not.

    A batch that comes so late that its slots have passed (a message delivered again, a worker
    that slept) is dropped: a measurement is never written under a slot of another time.
    """
    seen = measure(drop_late(due, timezone.now()), told=told)
    for part in _parts(seen):
        record_measurements(seen=part, now=timezone.now())
    return seen


def probe_ports(
    *, port_ids: Collection[int] | None = None, told: Told | None = None
) -> list[ProbeResult]:
    """Measure ports now, due or not, in the foreground; all of them where none are named.

    Needs neither broker nor worker. Ports that another worker holds at this moment, and ports
    without a place that can be probed, are passed over.
    """
    schedule_missing_ports()
    schedules = ProbeSchedule.objects.probed()
    if port_ids is not None:
        schedules = schedules.filter(port_id__in=port_ids)
    waiting = iter(list(schedules.values_list("port_id", flat=True)))
    seen: list[ProbeResult] = []
    while part := list(islice(waiting, PORTS_PER_ROUND)):
        seen += probe(due=claim_ports(port_ids=part, now=timezone.now()), told=told)
    return seen


def drop_late(due: Sequence[ProbeTask], now: datetime) -> list[ProbeTask]:
    """Return those whose slot is less than an interval old."""
    return [each for each in due if now - each.slot < timedelta(seconds=each.interval)]


def _parts(seen: Sequence[ProbeResult]) -> Iterator[list[ProbeResult]]:
    waiting = iter(seen)
    while part := list(islice(waiting, PORTS_PER_TRANSACTION)):
        yield part
