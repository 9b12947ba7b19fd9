"""Comparing the live index with the database, and repairing what differs."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar

from django.utils import timezone

from catalog.products.models import PRODUCT
from catalog.search.document import split_key
from catalog.search.result_types import RESULT_TYPES
from catalog.search.services.diff import (
    Mismatch,
    MismatchKind,
    candidates,
    compare,
    fingerprint_database,
    fingerprint_index,
    repair_index,
)
from catalog.search.services.sync import pending_domains
from catalog.types import JSONObject

if TYPE_CHECKING:
    from catalog.search.flow.engine import SearchBackend

# A change may take this long to reach the index; until then it is no difference.
GRACE_PERIOD = timedelta(seconds=10)
MAX_REPORTED_IDS = 100
_POLL_INTERVAL = 0.2
T = TypeVar("T")


@dataclass
class IndexDiff:
    """The objects in which an index differs from the database, by kind of mismatch.

    A product is identified by its id, anything else by `type:id`. `types` counts by type of
    document: how many were checked, and the mismatches of each kind.
    """

    engine: str
    missing: list[str] = field(default_factory=list)
    surplus: list[str] = field(default_factory=list)
    revision: list[str] = field(default_factory=list)
    readers: list[str] = field(default_factory=list)
    content: list[str] = field(default_factory=list)
    types: dict[str, Counter[str]] = field(default_factory=dict)
    checked: int = 0
    repaired: int = 0

    @property
    def counts(self) -> dict[str, int]:
        return {kind.value: len(getattr(self, kind)) for kind in MismatchKind}

    @property
    def count(self) -> int:
        return sum(self.counts.values())

    def count_checked(self, name: str) -> None:
        self.checked += 1
        self.types.setdefault(name, Counter())["checked"] += 1

    def add(self, mismatch: Mismatch) -> None:
        identity = mismatch.id if mismatch.type == PRODUCT else mismatch.key
        getattr(self, mismatch.kind).append(identity)
        self.types.setdefault(mismatch.type, Counter())[mismatch.kind.value] += 1

    def report(self) -> JSONObject:
        """Return JSON values, with the first hundred ids of each kind of mismatch."""
        return {
            "engine": self.engine,
            "checked": self.checked,
            "drift": self.count,
            "repaired": self.repaired,
            "counts": self.counts,
            "types": {name: dict(counts) for name, counts in sorted(self.types.items())},
            **{kind.value: getattr(self, kind)[:MAX_REPORTED_IDS] for kind in MismatchKind},
        }


def verify(
    backend: SearchBackend,
    *,
    repair: bool = False,
    progress: Callable[[int], None] = lambda _count: None,
    meanwhile: Callable[[], None] = lambda: None,
) -> IndexDiff:
    """Compare ids, revisions, reader tokens and contents of an index with the database.

    What differs is compared again before it counts, and changes of the last ten seconds do not
    count. With `repair` each mismatch is written again, even if its revision is the same.
    `meanwhile` is called again and again, for a caller with other work. Raises SearchUnavailable.
    """
    diff = IndexDiff(engine=backend.name)
    indexed = fingerprint_index(_with_other_work(backend.entries(), meanwhile))
    for key in indexed:
        name, _ = split_key(key)
        if name not in RESULT_TYPES:  # the database has no such type: surplus
            diff.count_checked(name)
    expected = _with_other_work(_counted(diff, progress), meanwhile)
    mismatches = _settled(backend, candidates(indexed, expected), meanwhile)
    for mismatch in mismatches:
        diff.add(mismatch)
    if repair and mismatches:
        with backend.open_writer() as session:
            repair_index(session, backend.name, mismatches)
        remaining = compare(backend.entries, [mismatch.key for mismatch in mismatches])
        diff.repaired = len(mismatches) - len(remaining)
    return diff


def _with_other_work(items: Iterable[T], work: Callable[[], None]) -> Iterator[T]:
    for item in items:
        yield item
        work()


def _counted(diff: IndexDiff, progress: Callable[[int], None]) -> Iterator[tuple[str, bytes]]:
    for key, fingerprint in fingerprint_database():
        diff.count_checked(split_key(key)[0])
        progress(diff.checked)
        yield key, fingerprint


def _settled(
    backend: SearchBackend, keys: Sequence[str], meanwhile: Callable[[], None]
) -> list[Mismatch]:
    """Return what still differs, and has not changed within the grace period."""
    settled_at = timezone.now() - GRACE_PERIOD
    if keys:
        _wait_for_domains(meanwhile)
    mismatches = compare(backend.entries, keys, meanwhile)
    return [m for m in mismatches if m.changed_at is None or m.changed_at <= settled_at]


def _wait_for_domains(meanwhile: Callable[[], None]) -> None:
    """Give products the time to follow a renamed domain, whose name their documents contain."""
    deadline = time.monotonic() + GRACE_PERIOD.total_seconds()
    while pending_domains().exists() and time.monotonic() < deadline:
        time.sleep(_POLL_INTERVAL)
        meanwhile()
