"""Probes a batch of ports and records what was seen; nothing is held open while the network is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice

from django.utils import timezone

from governance.slo.probes.measuring import Told, measure
from governance.slo.seen import Due, Seen
from governance.slo.services.recording import record_measurements

# One transaction writes so many ports, so that on SQLite nobody waits long for the one writer.
PORTS_PER_TRANSACTION = 200


def probe(*, due: Sequence[Due], told: Told | None = None) -> int:
    """Measure claimed ports and record it; returns how many measurements were new.

    A batch that comes so late that its slots have passed (a message delivered again, a worker
    that slept) is dropped: a measurement is never written under a slot of another time.
    """
    seen = measure(timely(due, timezone.now()), told=told)
    return sum(record_measurements(seen=part, now=timezone.now()) for part in _parts(seen))


def timely(due: Sequence[Due], now: datetime) -> list[Due]:
    """Return those whose slot is less than an interval old."""
    return [each for each in due if now - each.slot < timedelta(seconds=each.interval)]


def _parts(seen: Sequence[Seen]) -> Iterator[list[Seen]]:
    waiting = iter(seen)
    while part := list(islice(waiting, PORTS_PER_TRANSACTION)):
        yield part
