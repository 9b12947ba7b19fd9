"""Activating another index: a newly built one, or the previous one.

A process may be killed in every phase. What an index has handled is marked under the name of its
generation, so there is no moment at which marks and index disagree.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum
from typing import TYPE_CHECKING

from catalog.exceptions import CatalogError
from catalog.revisions.models import Tombstone
from catalog.revisions.services import forget_other_generations, mark_indexed_bulk
from catalog.search.document import SearchDocument, key_of
from catalog.search.port import IndexSession, NewIndex
from catalog.search.result_types import CHUNK_SIZE, RESULT_TYPES
from catalog.search.services.diff import (
    Fingerprints,
    Mismatch,
    candidates,
    compare,
    fingerprint_database,
    fingerprint_document,
    fingerprint_index,
    repair_index,
)
from catalog.search.services.pending import catch_up, follower_name, mark_tombstones
from catalog.search.services.rebuild_lock import RebuildClaim, rebuild_lock

if TYPE_CHECKING:
    from catalog.search.flow.engine import SearchBackend

MAX_REPAIRS = 3


class RebuildPhase(StrEnum):
    """What has been reached on the way to another active index, in order."""

    FILLING = "filling"
    FILLED = "filled"
    COMPARED = "compared"
    SWAPPING = "swapping"
    SWAPPED = "swapped"
    CLEARED = "cleared"


Progress = Callable[[RebuildPhase, int], None]


class ActivationRefused(CatalogError):
    """An index differs from the database, so it is not activated; the live one keeps answering."""

    code = "swap-refused"

    def __init__(self, engine: str, size: int, mismatches: Iterable[Mismatch]) -> None:
        counts = Counter(mismatch.kind.value for mismatch in mismatches)
        differences = ", ".join(f"{count:,} {name}" for name, count in sorted(counts.items()))
        expected = sum(result_type.all_rows.count() for result_type in RESULT_TYPES.values())
        super().__init__(
            f"{engine}: the new index has {size:,} of {expected:,} documents "
            f"and differs from the database: {differences}. "
            "The current index keeps answering.",
            hint="Check the engine's log and disk, then rebuild again.",
        )
        self.counts = counts


def _no_progress(phase: RebuildPhase, count: int) -> None:
    pass


def rebuild(
    backend: SearchBackend, progress: Progress = _no_progress, *, unless_ready: bool = False
) -> int:
    """Build a new index next to the live one, compare it with the database and activate it.

    Readers see the old index until the new one is complete; what changes in the meantime is
    written into it before. Returns the number of documents. Raises SearchUnavailable if the engine
    is down or another process rebuilds, ActivationRefused if the new index differs.
    """
    with rebuild_lock(backend.name) as claim:
        _remove_unused(backend)
        if unless_ready and backend.is_ready():
            return 0
        with backend.start_rebuild() as new_index:
            fingerprints = _fill(new_index, backend.name, claim, progress)
            catch_up(new_index, backend.name)
            progress(RebuildPhase.FILLED, len(fingerprints))
            expected = _recorded_fingerprints(fingerprints)
            _activate(backend, new_index, expected, claim, progress)
        _finish(backend, progress)
        return len(fingerprints)


def roll_back(backend: SearchBackend, progress: Progress = _no_progress) -> int:
    """Activate the previous index again; return how many writes it had missed.

    It is first brought up to date by its own marks and compared with the database as a new one is,
    so nothing that was deleted or hidden since comes back. Raises as `rebuild` does.
    """
    with rebuild_lock(backend.name) as claim:
        with backend.open_previous() as previous:
            count = catch_up(previous, backend.name)
            progress(RebuildPhase.FILLED, count)
            _activate(backend, previous, fingerprint_database(), claim, progress)
        _finish(backend, progress)
        return count


def remove_unused_indexes(backend: SearchBackend) -> None:
    """Remove half-built and outdated indexes, and the marks of all that are gone."""
    with rebuild_lock(backend.name):
        _remove_unused(backend)


def _remove_unused(backend: SearchBackend) -> None:
    with backend.remove_unused() as generations:
        remaining = [follower_name(backend.name, generation) for generation in generations]
        forget_other_generations(prefix=follower_name(backend.name, ""), keep=remaining)


def _fill(
    session: IndexSession, engine: str, claim: RebuildClaim, progress: Progress
) -> Fingerprints:
    """Put every document, after marking deletions and rows in their current state.

    What changes or is deleted later is pending then, and is written again. Returns the
    fingerprints of what was read, so that no document need be built again to be compared.
    """
    follower, last = follower_name(engine, session.generation), 0
    fingerprints: Fingerprints = {}
    while stones := list(Tombstone.objects.filter(pk__gt=last).order_by("pk")[:CHUNK_SIZE]):
        mark_tombstones(follower, stones)
        last = stones[-1].pk
    for name, result_type in RESULT_TYPES.items():
        keys, last = result_type.rows().values_list("pk", flat=True), 0
        while upto := max(keys.filter(pk__gt=last)[:CHUNK_SIZE], default=0):
            rows = result_type.all_rows.filter(pk__gt=last, pk__lte=upto)
            mark_indexed_bulk(follower=follower, kind=name, rows=rows)
            last = upto
    for result_type in RESULT_TYPES.values():
        for chunk in claim.renewing(result_type.chunks()):
            session.put(_recorded(result_type.documents(chunk), fingerprints))
            progress(RebuildPhase.FILLING, len(fingerprints))
    session.commit()
    return fingerprints


def _recorded(
    documents: Iterable[SearchDocument], fingerprints: Fingerprints
) -> Iterator[SearchDocument]:
    for document in documents:
        fingerprints[document.key] = fingerprint_document(document)
        yield document


def _activate(
    backend: SearchBackend,
    index: NewIndex,
    expected: Iterable[tuple[str, bytes]],
    claim: RebuildClaim,
    progress: Progress,
) -> None:
    """Require that an index equals the database, then activate it with the latest changes."""
    require_equal(backend.name, index, expected, claim)
    progress(RebuildPhase.COMPARED, 0)
    with index.activate() as session:
        catch_up(session, backend.name)
        progress(RebuildPhase.SWAPPING, 0)
        claim.require()
    progress(RebuildPhase.SWAPPED, 0)


def require_equal(
    engine: str, index: NewIndex, expected: Iterable[tuple[str, bytes]], claim: RebuildClaim
) -> None:
    """Raise ActivationRefused unless an index equals the database.

    What has changed during the comparison is written and compared again.
    """
    indexed = fingerprint_index(claim.renewing(index.entries()))
    size, unequal = len(indexed), candidates(indexed, claim.renewing(expected))
    for _ in range(MAX_REPAIRS):
        mismatches = compare(index.entries, unequal)
        if not mismatches:
            return
        repair_index(index, engine, mismatches)
        unequal = [mismatch.key for mismatch in mismatches]
    if mismatches := compare(index.entries, unequal):
        raise ActivationRefused(engine, size, mismatches)


def _finish(backend: SearchBackend, progress: Progress) -> None:
    """Write what reached the previous index in the moment of the swap, and remove old indexes."""
    with backend.open_writer() as session:
        catch_up(session, backend.name)
    _remove_unused(backend)
    progress(RebuildPhase.CLEARED, 0)


def _recorded_fingerprints(fingerprints: Fingerprints) -> Iterator[tuple[str, bytes]]:
    """Yield key and recorded fingerprint of everything that is in the database now."""
    for name, result_type in RESULT_TYPES.items():
        for uuid in result_type.all_rows.values_list("uuid", flat=True).iterator():
            key = key_of(name, str(uuid))
            yield key, fingerprints.get(key, b"")
