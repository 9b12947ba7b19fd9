"""The ledger of the indexes: each is compared with the database at intervals, and it is kept how
that ended.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby

from catalog.search.backends import configured_backends
from catalog.search.models import IndexCheck
from catalog.search.port import SearchBackend, SearchUnavailable
from catalog.search.services.diff import Difference
from catalog.search.services.following import state_of
from catalog.search.services.rebuild import ActivationRefused, clear_leftovers
from catalog.search.services.sync import drain, follow_domains
from catalog.search.services.verify import Drift, verify

WINDOW = timedelta(days=30)
# The share of checks that must find an index equal to the database, and fresh.
TARGET = 0.999
# A check takes at most so much of the time, however large the catalog is.
MOST_OF_THE_TIME = 0.1
DRAINED_EVERY = 0.5


@dataclass(frozen=True, kw_only=True)
class DayOfChecks:
    """How the checks of one day (UTC) ended."""

    day: date
    good: int
    total: int


@dataclass(frozen=True, kw_only=True)
class IndexReport:
    """How an index has stood over the window: checks from new to old, days from old to new."""

    engine: str
    checks: Sequence[IndexCheck]
    days: Sequence[DayOfChecks]

    @property
    def good(self) -> int:
        """Return how many checks found it equal and fresh."""
        return sum(check.is_good for check in self.checks)

    @property
    def share(self) -> float | None:
        """Return the share of good checks, from 0 to 1; None where there was no check."""
        return self.good / len(self.checks) if self.checks else None

    @property
    def is_met(self) -> bool:
        """Say whether the target is met; before the first check nothing is missed."""
        return self.share is None or self.share >= TARGET

    @property
    def counts(self) -> dict[str, int]:
        """Return the differences that all checks together found, by kind of difference."""
        return {
            name.value: sum(getattr(check, name.value) for check in self.checks)
            for name in Difference
        }


def reports_of(now: datetime) -> list[IndexReport]:
    """Return how each fed engine's index has stood up to now."""
    reports = []
    for backend in configured_backends():
        checks = list(IndexCheck.objects.of(backend.name, since=now - WINDOW))
        reports.append(IndexReport(engine=backend.name, checks=checks, days=_days(checks, now)))
    return reports


def _days(checks: Sequence[IndexCheck], now: datetime) -> list[DayOfChecks]:
    """Return each day of the window, those without a check too."""
    grouped = groupby(checks, key=lambda check: check.at.date())
    by_day = {day: [check.is_good for check in group] for day, group in grouped}
    days = [now.date() - timedelta(days=back) for back in range(WINDOW.days - 1, -1, -1)]
    return [
        DayOfChecks(day=day, good=sum(by_day.get(day, ())), total=len(by_day.get(day, ())))
        for day in days
    ]


def check_indexes(*, now: datetime) -> int:
    """Compare each fed engine's index that is due, note how it ended; return how many were.

    What half-built indexes were left by a process that died is cleared by the way.
    """
    checked = 0
    for backend in configured_backends():
        last = IndexCheck.objects.of(backend.name, since=now - WINDOW).first()
        if last is None or now - last.at >= timedelta(seconds=last.seconds / MOST_OF_THE_TIME):
            _check(backend, now)
            checked += 1
        with suppress(SearchUnavailable):
            clear_leftovers(backend)
    IndexCheck.objects.filter(at__lt=now - WINDOW).delete()
    return checked


def _check(backend: SearchBackend, now: datetime) -> None:
    state, started = state_of(backend), time.monotonic()
    drift, problem = Drift(engine=backend.name), state.problem
    try:
        if not problem:
            drift = verify(backend, meanwhile=_Draining())
    except SearchUnavailable as error:
        problem = error.reason
    IndexCheck.objects.create(
        engine=backend.name,
        at=now,
        checked=drift.checked,
        behind=state.pending,
        oldest_seconds=state.oldest_seconds,
        seconds=round(time.monotonic() - started, 3),
        problem=problem,
        **drift.counts,
    )


class _Draining:
    """Goes on writing while a check reads, for both are the work of the one index process."""

    def __init__(self) -> None:
        self._next = time.monotonic() + DRAINED_EVERY

    def __call__(self) -> None:
        if time.monotonic() >= self._next:
            with suppress(SearchUnavailable, ActivationRefused):
                follow_domains()
                drain()
            self._next = time.monotonic() + DRAINED_EVERY
