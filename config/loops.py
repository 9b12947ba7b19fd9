"""Records when each loop of the workers ran, by the signals of their tasks."""

import logging
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from celery import states
from celery.signals import beat_init, task_postrun
from django.db import DatabaseError
from django.utils import timezone

from catalog.types import JSONObject
from governance.schedules.services import declare_loops, record_runs

log = logging.getLogger(__name__)
# Runs that did nothing are recorded together, so that an idle installation hardly writes.
QUIET_SECONDS = 15
# Tasks that do the work which a loop has queued.
WORK = {
    "governance.tasks.probe_batch": "probe a batch of ports",
    "governance.tasks.read_sources": "read sources",
    "governance.tasks.measure_representation": "measure representation",
}


@dataclass
class Pending:
    """Runs of a loop in this process that are not recorded yet."""

    runs: int = 0
    failures: int = 0
    items: int = 0
    recorded_at: float = -QUIET_SECONDS


class LoopRecorder:
    """Records runs of the loops of a timetable: entries with a task and its seconds."""

    def __init__(self, timetable: Mapping[str, JSONObject]) -> None:
        names = {entry["task"]: (name, entry["schedule"]) for name, entry in timetable.items()}
        self.loops: dict[str, tuple[str, int]] = {
            **{task: (name, 0) for task, name in WORK.items()},
            **names,
        }
        self.timetable = dict(names.values())
        self.pending: dict[str, Pending] = {}
        self.lock = threading.Lock()

    def declare(self, **_: Any) -> None:
        """Make the loops known when beat begins, so that one that never runs is silent too."""
        with_errors_logged(declare_loops, timetable=self.timetable, now=timezone.now())

    def record(self, sender: Any = None, retval: object = None, state: str = "", **_: Any) -> None:
        """Record that a task of a loop has ended."""
        loop = self.loops.get(getattr(sender, "name", ""))
        if loop is None:
            return
        name, every = loop
        with self.lock:
            pending = self.pending.setdefault(name, Pending())
            pending.runs += 1
            pending.failures += state != states.SUCCESS
            pending.items += retval if type(retval) is int and state == states.SUCCESS else 0
            is_quiet = not pending.failures and not pending.items
            if is_quiet and time.monotonic() - pending.recorded_at < QUIET_SECONDS:
                return
            self.pending[name] = Pending(recorded_at=time.monotonic())
        with_errors_logged(
            record_runs,
            name=name,
            now=timezone.now(),
            runs=pending.runs,
            failures=pending.failures,
            items=pending.items,
            every=every,
        )


def with_errors_logged(write: Any, **values: Any) -> None:
    """Write; what is recorded of the work must never end the work itself."""
    try:
        write(**values)
    except DatabaseError:
        log.warning("the run of a loop could not be recorded", exc_info=True)


def connect(timetable: Mapping[str, JSONObject]) -> LoopRecorder:
    """Let the workers of this process record their loops."""
    recorder = LoopRecorder(timetable)
    task_postrun.connect(recorder.record, weak=False, dispatch_uid="loops.record")
    beat_init.connect(recorder.declare, weak=False, dispatch_uid="loops.declare")
    return recorder
