"""How well the poller keeps its schedule: what waits, since when, and what it has counted."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import DatabaseError
from django.db.models import Count, Min

from governance.schedules.services import clock_set_at, count_work
from governance.slo.models import Measurement, ProbeSchedule
from governance.slo.probe_types import ProbeResult

PROBES, LATENESS = "probes", "probe lateness"
# Upper bounds in seconds; what is later is counted at "+Inf".
LATENESS_BOUNDS = (0.5, 1, 2, 5, 10, 30, 60)
INFINITE = "+Inf"
# A port that has waited for so long will miss a slot of the usual interval.
SILENT_AFTER = timedelta(minutes=2)


@dataclass(frozen=True, kw_only=True)
class QueueState:
    """What a queue of the poller has to do; ages in seconds, 0 if nothing waits."""

    due: int
    age: float
    claimed: int


@dataclass(frozen=True, kw_only=True)
class PollerSilence:
    """Ports wait and nobody measures them; `due` of them, the first since `since`."""

    since: datetime
    due: int


def count_probes(results: Sequence[ProbeResult]) -> None:
    """Count measured ports by kind and outcome, and how late each was begun."""
    if not results:
        return
    outcomes = Counter(f"{result.kind} {result.outcome}" for result in results)
    lateness = [max(0.0, (result.at - result.slot).total_seconds()) for result in results]
    try:
        count_work(name=PROBES, counts=outcomes)
        buckets = Counter(map(lateness_bucket, lateness))
        count_work(name=LATENESS, counts=buckets, seconds=sum(lateness))
    except DatabaseError:
        # They are only counted for metrics; the measurements are recorded.
        return


def lateness_bucket(seconds: float) -> str:
    bounds = (bound for bound in LATENESS_BOUNDS if seconds <= bound)
    return next((f"{bound:g}" for bound in bounds), INFINITE)


def queue_states(now: datetime) -> dict[str, QueueState]:
    """Return what the healthy and the slow queue have to do."""
    schedules = ProbeSchedule.objects
    queues = {"probes": schedules.due(now).healthy(), "slow_probes": schedules.due(now).slow()}
    claimed = schedules.claimed(now)
    claims = {"probes": claimed.healthy().count(), "slow_probes": claimed.slow().count()}
    states = {}
    for name, due in queues.items():
        row = due.aggregate(due=Count("pk"), oldest=Min("next_due_at"))
        age = (now - row["oldest"]).total_seconds() if row["oldest"] else 0.0
        states[name] = QueueState(due=row["due"], age=max(0.0, age), claimed=claims[name])
    return states


def find_poller_silence(now: datetime) -> PollerSilence | None:
    """Return since when ports wait that nobody measures; None if the poller keeps up.

    That is read from the ports themselves, whatever has stopped: beat, broker or worker. After
    the wall clock was set, it counts from then on.
    """
    recently, set_at = now - SILENT_AFTER, clock_set_at(now)
    waiting = ProbeSchedule.objects.due(now).filter(next_due_at__lt=recently)
    row = waiting.aggregate(due=Count("pk"), oldest=Min("next_due_at"))
    is_at_work = Measurement.objects.filter(slot__gte=recently, slot__lte=now).exists()
    if not row["due"] or is_at_work or (set_at and set_at > recently):
        return None
    return PollerSilence(since=row["oldest"], due=row["due"])
