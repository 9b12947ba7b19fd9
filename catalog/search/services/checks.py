"""Periodic checks: each index is compared with the database, and every outcome is recorded."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import TYPE_CHECKING

from catalog.search.backends import configured_backends
from catalog.search.models import IndexCheck
from catalog.search.port import SearchUnavailable
from catalog.search.services.diff import MismatchKind
from catalog.search.services.pending import engine_state
from catalog.search.services.rebuild import ActivationRefused, remove_unused_indexes
from catalog.search.services.sync import drain, sync_domain_changes
from catalog.search.services.verify import IndexDiff, verify

if TYPE_CHECKING:
    from catalog.search.flow.engine import SearchBackend

WINDOW = timedelta(days=30)
# The share of checks that must find an index equal to the database, and fresh.
TARGET = 0.999
# Checks take at most this share of the time, however large the catalog is.
CHECK_TIME_SHARE = 0.1
DRAIN_INTERVAL = 0.5


@dataclass(frozen=True, kw_only=True)
class DayOfChecks:
    """The checks of one day (UTC)."""

    day: date
    good: int
    total: int


@dataclass(frozen=True, kw_only=True)
class IndexReport:
    """The checks of one index within the window, newest first, and its days, oldest first."""

    engine: str
    checks: Sequence[IndexCheck]
    days: Sequence[DayOfChecks]

    @property
    def good(self) -> int:
        return sum(check.is_good for check in self.checks)

    @property
    def share(self) -> float | None:
        """Return the share of good checks, 0 to 1; None if there was no check."""
        return self.good / len(self.checks) if self.checks else None

    @property
    def is_met(self) -> bool | None:
        """Return whether the objective is met; None if there was no check."""
        return None if self.share is None else self.share >= TARGET

    @property
    def counts(self) -> dict[str, int]:
        """Return the mismatches of all checks together, by kind."""
        return {
            kind.value: sum(getattr(check, kind) for check in self.checks) for kind in MismatchKind
        }


def index_reports(now: datetime) -> list[IndexReport]:
    reports = []
    for backend in configured_backends():
        checks = list(IndexCheck.objects.of(backend.name, since=now - WINDOW))
        reports.append(IndexReport(engine=backend.name, checks=checks, days=_days(checks, now)))
    return reports


def _days(checks: Sequence[IndexCheck], now: datetime) -> list[DayOfChecks]:
    """Return each day of the window, also those without a check."""
    grouped = groupby(checks, key=lambda check: check.at.date())
    by_day = {day: [check.is_good for check in group] for day, group in grouped}
    days = [now.date() - timedelta(days=back) for back in range(WINDOW.days - 1, -1, -1)]
    return [
        DayOfChecks(day=day, good=sum(by_day.get(day, ())), total=len(by_day.get(day, ())))
        for day in days
    ]


def check_indexes(*, now: datetime) -> int:
    """Compare each engine's index that is due, and record the outcome; return how many were.

    Half-built indexes of processes that died are removed too.
    """
    checked = 0
    for backend in configured_backends():
        last = IndexCheck.objects.of(backend.name, since=now - WINDOW).first()
        if last is None or _is_due(last, now):
            _check(backend, now)
            checked += 1
        with suppress(SearchUnavailable):
            remove_unused_indexes(backend)
    IndexCheck.objects.filter(at__lt=now - WINDOW).delete()
    return checked


def _is_due(last: IndexCheck, now: datetime) -> bool:
    """Return True if the last check is old enough, or of a time before the clock was set back."""
    interval = timedelta(seconds=last.seconds / CHECK_TIME_SHARE)
    return not timedelta(0) <= now - last.at < interval


def _check(backend: SearchBackend, now: datetime) -> None:
    state, started = engine_state(backend), time.monotonic()
    diff, problem = IndexDiff(engine=backend.name), state.problem
    try:
        if not problem:
            diff = verify(backend, meanwhile=_PeriodicDrain())
    except SearchUnavailable as error:
        problem = error.reason
    IndexCheck.objects.create(
        engine=backend.name,
        at=now,
        checked=diff.checked,
        behind=state.pending,
        oldest_seconds=state.oldest_seconds,
        seconds=round(time.monotonic() - started, 3),
        problem=problem,
        **diff.counts,
    )


class _PeriodicDrain:
    """Drains while a check reads, for both are the work of the one index process."""

    def __init__(self) -> None:
        self._next = time.monotonic() + DRAIN_INTERVAL

    def __call__(self) -> None:
        if time.monotonic() >= self._next:
            with suppress(SearchUnavailable, ActivationRefused):
                sync_domain_changes()
                drain()
            self._next = time.monotonic() + DRAIN_INTERVAL
