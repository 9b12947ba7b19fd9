"""Which loops of the workers have stopped: decided from when each last ran; pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

# A loop that runs every few seconds may wait for a long task of the same worker.
MIN_SILENCE = timedelta(minutes=2)


@dataclass(frozen=True, kw_only=True)
class LoopState:
    """When a loop last ran; `every` is 0 seconds for one that runs when there is work."""

    name: str
    every: timedelta
    known_since: datetime
    ended_at: datetime | None = None
    worked_at: datetime | None = None
    failed_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class SilentLoop:
    """A loop that should have run; `since` is when it last did, or when it became known."""

    name: str
    since: datetime
    every: timedelta
    has_run: bool
    is_failing: bool

    @property
    def reason(self) -> str:
        if self.is_failing:
            return f"“{self.name}” has only failed since then."
        return f"“{self.name}” should run every {self.every.total_seconds():g} s."


def silent_after(every: timedelta) -> timedelta:
    """Return after how long without a run a loop counts as silent."""
    return max(3 * every, MIN_SILENCE)


def silent_loops(
    states: Iterable[LoopState], now: datetime, *, clock_set_at: datetime | None = None
) -> list[SilentLoop]:
    """Return the loops that have not run for too long, the longest silent first.

    After the wall clock was set, the time before is not known: it counts from then on.
    """
    silent = []
    for state in states:
        last = state.ended_at or state.known_since
        known = max([last, *([clock_set_at] if clock_set_at else [])])
        if not state.every or now - known <= silent_after(state.every):
            continue
        is_failing = state.failed_at is not None and state.failed_at > last
        silent.append(
            SilentLoop(
                name=state.name,
                since=last,
                every=state.every,
                has_run=state.ended_at is not None,
                is_failing=is_failing,
            )
        )
    return sorted(silent, key=lambda loop: loop.since)
