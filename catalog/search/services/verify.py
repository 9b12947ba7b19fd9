"""Comparing the live index with the database, and writing right what differs."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar

from django.utils import timezone

from catalog.products.models import PRODUCT
from catalog.search.documents import KINDS
from catalog.search.port import SearchBackend
from catalog.search.services.diff import (
    Difference,
    Lines,
    Mismatch,
    differing,
    lines_of,
    lines_of_database,
    mend,
    suspects,
)
from catalog.search.services.following import BATCH
from catalog.search.services.sync import late_domains

SETTLED_AFTER = timedelta(seconds=10)
MOST_IDS = 100
_STEP = 0.2
Counted = Callable[[int], None]
T = TypeVar("T")


@dataclass
class Drift:
    """What an index holds otherwise than the database says, by kind of difference.

    A product is named by its id, anything else as `kind:id`. `kinds` counts by kind of document:
    how many were checked, and how many of them differ in which way.
    """

    engine: str
    missing: list[str] = field(default_factory=list)
    surplus: list[str] = field(default_factory=list)
    revision: list[str] = field(default_factory=list)
    readers: list[str] = field(default_factory=list)
    content: list[str] = field(default_factory=list)
    kinds: dict[str, Counter[str]] = field(default_factory=dict)
    checked: int = 0
    repaired: int = 0

    @property
    def counts(self) -> dict[str, int]:
        """Return how many differences there are of each kind."""
        return {name.value: len(getattr(self, name)) for name in Difference}

    @property
    def count(self) -> int:
        """Return how many differences there are."""
        return sum(self.counts.values())

    def check(self, kind: str) -> None:
        """Count a document that was looked at."""
        self.checked += 1
        self.kinds.setdefault(kind, Counter())["checked"] += 1

    def add(self, found: Mismatch) -> None:
        """Note a difference."""
        named = found.id if found.kind == PRODUCT else found.key
        getattr(self, found.difference.value).append(named)
        self.kinds.setdefault(found.kind, Counter())[found.difference.value] += 1


def _silent(count: int) -> None:
    """Tell nobody."""


def _nothing() -> None:
    """Have nothing else to do."""


def verify(
    backend: SearchBackend,
    *,
    repair: bool = False,
    progress: Counted = _silent,
    meanwhile: Callable[[], None] = _nothing,
) -> Drift:
    """Compare ids, revisions, reader tokens and contents of an index with the database.

    What changed within the last ten seconds is still on its way and no drift; what differs is
    looked at again before it counts. With `repair` every difference is written right at once, of
    the same revision too. `meanwhile` is called again and again, by whoever has other work to do
    as well. Raises SearchUnavailable.
    """
    drift = Drift(engine=backend.name)
    held = lines_of(_beside(backend.entries(), meanwhile))
    _count_strangers(drift, held)
    unequal = suspects(held, _beside(_counted(drift, progress), meanwhile))
    found = _drifted(backend, unequal, meanwhile)
    for each in found:
        drift.add(each)
    if repair and found:
        with backend.open_writer() as session:
            mend(session, backend.name, found)
        still = differing(backend.entries, [each.key for each in found])
        drift.repaired = len(found) - len(still)
    return drift


def _beside(each: Iterable[T], meanwhile: Callable[[], None]) -> Iterator[T]:
    for one in each:
        yield one
        meanwhile()


def _counted(drift: Drift, progress: Counted) -> Iterator[tuple[str, bytes]]:
    for key, line in lines_of_database():
        drift.check(key.partition(":")[0])
        progress(drift.checked)
        yield key, line


def _count_strangers(drift: Drift, held: Lines) -> None:
    """Count documents of kinds that the database feeds to no index: they are surplus."""
    for key in held:
        kind = key.partition(":")[0]
        if kind not in KINDS:
            drift.check(kind)


def _drifted(
    backend: SearchBackend, unequal: Sequence[str], meanwhile: Callable[[], None]
) -> list[Mismatch]:
    """Return what differs and has done so for longer than a change may take."""
    settled = timezone.now() - SETTLED_AFTER
    if unequal:
        _wait_for_domains(meanwhile)
    found: list[Mismatch] = []
    for start in range(0, len(unequal), BATCH):
        found += differing(backend.entries, unequal[start : start + BATCH])
        meanwhile()
    return list(_settled(found, settled))


def _settled(found: Iterable[Mismatch], settled: datetime) -> Iterator[Mismatch]:
    for each in found:
        if each.changed_at is None or each.changed_at <= settled:
            yield each


def _wait_for_domains(meanwhile: Callable[[], None]) -> None:
    """Give products the time to follow a renamed domain, which they show before they follow it."""
    deadline = time.monotonic() + SETTLED_AFTER.total_seconds()
    while late_domains().exists() and time.monotonic() < deadline:
        time.sleep(_STEP)
        meanwhile()


def report_of(drift: Drift) -> dict[str, object]:
    """Return a drift as JSON values; of the ids the first hundred of each kind of difference."""
    return {
        "engine": drift.engine,
        "checked": drift.checked,
        "drift": drift.count,
        "repaired": drift.repaired,
        "counts": drift.counts,
        "kinds": {kind: dict(counts) for kind, counts in sorted(drift.kinds.items())},
        **{name.value: getattr(drift, name)[:MOST_IDS] for name in Difference},
    }
