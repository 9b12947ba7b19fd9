"""Records when loops ran and how often something happened, and reads both."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F

from governance.schedules.loops import LoopState, SilentLoop, silent_loops
from governance.schedules.models import LoopRun, WorkCount


def declare_loops(*, timetable: Mapping[str, int], now: datetime) -> None:
    """Make the loops of a timetable known, by name with seconds; forget those it no longer has.

    A loop that has never run is then known to be silent, too.
    """
    LoopRun.objects.filter(every__gt=0).exclude(name__in=timetable).delete()
    LoopRun.objects.bulk_create(
        [LoopRun(name=name, every=every, known_since=now) for name, every in timetable.items()],
        update_conflicts=True,
        unique_fields=["name"],
        update_fields=["every"],
    )


def record_runs(
    *, name: str, now: datetime, runs: int = 1, failures: int = 0, items: int = 0, every: int = 0
) -> None:
    """Record runs of a loop, `failures` of them failed; `items` is what they did together.

    Each is one short statement outside of any transaction of the work, so no worker waits.
    """
    moments: dict[str, datetime] = {}
    if runs > failures:
        moments["ended_at"] = now
    if failures:
        moments["failed_at"] = now
    if items:
        moments["worked_at"] = now
    counts = {"runs": runs, "failures": failures, "items": items}
    grown = {field: F(field) + count for field, count in counts.items()}
    rows = LoopRun.objects.filter(name=name)
    if not rows.update(**moments, **grown):
        LoopRun.objects.get_or_create(name=name, defaults={"every": every, **moments, **counts})


def count_work(*, name: str, counts: Mapping[str, int], seconds: float = 0) -> None:
    """Add to the counts of a metric, by label; `seconds` are added to the label `""`."""
    added = {**dict.fromkeys([""] if seconds else [], 0), **counts}
    for label, count in sorted(added.items()):
        more = seconds if not label else 0
        grown = {"count": F("count") + count, "seconds": F("seconds") + more}
        if not WorkCount.objects.filter(name=name, label=label).update(**grown):
            with transaction.atomic():
                row, is_new = WorkCount.objects.get_or_create(
                    name=name, label=label, defaults={"count": count, "seconds": more}
                )
            if not is_new:
                WorkCount.objects.filter(pk=row.pk).update(**grown)


def loop_states() -> list[LoopState]:
    return [
        LoopState(
            name=row.name,
            every=timedelta(seconds=row.every),
            known_since=row.known_since,
            ended_at=row.ended_at,
            worked_at=row.worked_at,
            failed_at=row.failed_at,
        )
        for row in LoopRun.objects.order_by("name")
    ]


def find_silent_loops(now: datetime, *, clock_set_at: datetime | None = None) -> list[SilentLoop]:
    """Return the loops that should have run and did not."""
    return silent_loops(loop_states(), now, clock_set_at=clock_set_at)
