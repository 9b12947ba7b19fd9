"""The window of an objective, the checks expected in it, and the evidence a verdict needs; pure.

All times are UTC, so no window is longer or shorter on a day on which clocks change.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from governance.slo.evaluation import ObjectiveSpec, WindowKind
from governance.slo.stats import DAY, SLICE, start_of_day, start_of_hour

MONTHS = {WindowKind.MONTH: 1, WindowKind.QUARTER: 3}


@dataclass(frozen=True, slots=True)
class Window:
    """Counted is [start, end). `length` is what the budget is for; a rolling window moves on.

    A window that has not been observed in full ends in the future.
    """

    start: datetime
    end: datetime
    length: timedelta
    is_moving: bool = False


@dataclass(frozen=True, slots=True)
class MinimumEvidence:
    """What a verdict needs: this share of the window observed, and this many checks."""

    share: float = 0.25
    checks: int = 20

    def time(self, length: timedelta) -> timedelta:
        """Return how much of a window must be observed: of 30 days 7, of a day 6 hours."""
        needed = self.share * length
        return needed - needed % DAY if needed >= DAY else needed

    def count(self, expected: int) -> int:
        """Return how many checks are needed; never more than the window will have."""
        return min(self.checks, expected)


def window_at(spec: ObjectiveSpec, now: datetime, effective_since: datetime | None) -> Window:
    """Return the window that `now` is in; it never starts before the objective was in force.

    A full rolling window starts at full five minutes, because that is how finely counts are kept
    for as long as a window may be.
    """
    if spec.window_kind == WindowKind.ROLLING:
        if effective_since and effective_since > now - spec.window:
            return Window(effective_since, effective_since + spec.window, spec.window)
        return Window(next_slice(now - spec.window), now, spec.window, is_moving=True)
    start, end = calendar_window(spec.window_kind, now)
    start = max(start, effective_since or start)
    return Window(start, end, end - start)


def calendar_window(kind: str, now: datetime) -> tuple[datetime, datetime]:
    """Return the start and end of the week (from Monday), month or quarter of a moment, in UTC."""
    today = start_of_day(now)
    if kind == WindowKind.WEEK:
        monday = today - today.weekday() * DAY
        return monday, monday + 7 * DAY
    months = MONTHS[WindowKind(kind)]
    first = today.replace(month=(today.month - 1) // months * months + 1, day=1)
    year, month = divmod(first.month - 1 + months, 12)
    return first, first.replace(year=first.year + year, month=month + 1)


def next_slice(moment: datetime) -> datetime:
    """Return the start of the next slice of five minutes; a start itself stays."""
    rest = (moment - start_of_hour(moment)) % SLICE
    return moment + (SLICE - rest) if rest else moment


def expected_checks(
    length: timedelta, ports: Iterable[tuple[timedelta, timedelta]], *, in_slices: bool
) -> int:
    """Return how many checks, or slices, the schedules of some ports make in a window.

    `ports` has the interval of each and its planned maintenance within the window.
    """
    steps = (
        (max(interval, SLICE) if in_slices else interval, maintenance)
        for interval, maintenance in ports
    )
    return sum(round((length - maintenance) / step) for step, maintenance in steps if step)
