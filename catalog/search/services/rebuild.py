"""Letting another index answer: one built anew beside the live one, or the one before it.

Every step may be the last one of a process that is killed. What an index holds is remembered
under the name of its generation, so there is no moment at which memory and index disagree.
"""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from enum import StrEnum

from catalog.exceptions import CatalogError
from catalog.revisions.models import Tombstone
from catalog.revisions.services import forget_other_generations, mark_indexed_bulk
from catalog.search.document import SearchDocument, key_of
from catalog.search.documents import KINDS
from catalog.search.port import IndexSession, NewIndex, SearchBackend
from catalog.search.services.diff import (
    Lines,
    Mismatch,
    differing,
    line_of_document,
    lines_of,
    lines_of_database,
    mend,
    suspects,
)
from catalog.search.services.following import (
    CHUNK,
    catch_up,
    chunks,
    follower_of,
    remember_graves,
)

MENDED_AT_MOST = 3
SEARCHED_AFTER = 200_000


class Step(StrEnum):
    """The steps by which another index comes to answer, in their order."""

    FILLING = "filling"
    FILLED = "filled"
    COMPARED = "compared"
    SWAPPING = "swapping"
    SWAPPED = "swapped"
    CLEARED = "cleared"


Progress = Callable[[Step, int], None]


class ActivationRefused(CatalogError):
    """An index differs from the database, so it may not answer; the live one goes on."""

    code = "swap-refused"

    def __init__(self, engine: str, held: int, found: Iterable[Mismatch]) -> None:
        counts = Counter(each.difference.value for each in found)
        differences = ", ".join(f"{count:,} {name}" for name, count in sorted(counts.items()))
        wanted = sum(kind.all_rows.count() for kind in KINDS.values())
        super().__init__(
            f"{engine}: of {wanted:,} things the index would hold "
            f"{held:,}, and it differs from the database: {differences}. "
            "The index that answered goes on answering.",
            hint="Look at the engine's log and its disk, then rebuild again.",
        )
        self.counts = counts


def _silent(step: Step, count: int) -> None:
    """Tell nobody."""


def rebuild(
    backend: SearchBackend, progress: Progress = _silent, *, unless_ready: bool = False
) -> int:
    """Build an engine's index anew beside the live one, compare it with the database, and swap.

    Readers see the old index until the new one is whole. What changes meanwhile is written into
    the new one before the swap. Returns how many documents were put. Raises SearchUnavailable
    where the engine is down, ActivationRefused where the new index differs.
    """
    clear_leftovers(backend)
    if unless_ready and backend.is_ready():
        return 0
    with _few_searches_for_cycles(), backend.start_rebuild() as fresh:
        noted = _Noted(fresh)
        count = _fill(noted, backend.name, progress)
        catch_up(noted, backend.name)
        progress(Step.FILLED, count)
        _swap(backend, fresh, _noted_lines(noted.lines), progress)
    _end(backend, progress)
    return count


def roll_back(backend: SearchBackend, progress: Progress = _silent) -> int:
    """Let the index that answered before answer again; return how many writes it had missed.

    It is first brought up to date by its own memory and compared with the database as a new one
    is, so nothing that was deleted or hidden since comes back. Raises as `rebuild` does.
    """
    with backend.open_previous() as before:
        count = catch_up(before, backend.name)
        progress(Step.FILLED, count)
        _swap(backend, before, lines_of_database(), progress)
    _end(backend, progress)
    return count


def clear_leftovers(backend: SearchBackend) -> None:
    """Remove half-built indexes, those that answered too long ago, and what was noted of them."""
    with backend.remove_unused() as held:
        kept = [follower_of(backend.name, generation) for generation in held]
        forget_other_generations(prefix=follower_of(backend.name, ""), kept=kept)


def _fill(noted: _Noted, engine: str, progress: Progress) -> int:
    """Put everything. What was deleted before the first read is not met any more."""
    follower, count = follower_of(engine, noted.generation), 0
    _remember_the_dead(follower)
    _remember_the_living(follower)
    for kind in KINDS.values():
        for chunk in chunks(kind):
            noted.put(kind.documents(chunk))
            count += len(chunk)
            progress(Step.FILLING, count)
    noted.commit()
    return count


def _remember_the_dead(follower: str) -> None:
    last = 0
    while graves := list(Tombstone.objects.filter(pk__gt=last).order_by("pk")[:CHUNK]):
        remember_graves(follower, graves)
        last = graves[-1].pk


def _remember_the_living(follower: str) -> None:
    """Note all as it stands before it is read: what changes later is written again."""
    for name, kind in KINDS.items():
        keys, last = kind.rows().values_list("pk", flat=True), 0
        while upto := max(keys.filter(pk__gt=last)[:CHUNK], default=0):
            rows = kind.all_rows.filter(pk__gt=last, pk__lte=upto)
            mark_indexed_bulk(follower=follower, kind=name, rows=rows)
            last = upto


def _swap(
    backend: SearchBackend,
    candidate: NewIndex,
    wanted: Iterable[tuple[str, bytes]],
    progress: Progress,
) -> None:
    """Compare a candidate with the database, and let it answer with the very last changes."""
    _demand_equality(backend.name, candidate, wanted)
    progress(Step.COMPARED, 0)
    with candidate.activate() as session:
        catch_up(session, backend.name)
        progress(Step.SWAPPING, 0)
    progress(Step.SWAPPED, 0)


def _demand_equality(engine: str, candidate: NewIndex, wanted: Iterable[tuple[str, bytes]]) -> None:
    """Raise ActivationRefused unless an index equals the database in number and content.

    What has changed while they were compared is written and compared again.
    """
    held = lines_of(candidate.entries())
    size, unequal = len(held), suspects(held, wanted)
    for _ in range(MENDED_AT_MOST):
        found = differing(candidate.entries, unequal)
        if not found:
            return
        mend(candidate, engine, found)
        unequal = [each.key for each in found]
    if found := differing(candidate.entries, unequal):
        raise ActivationRefused(engine, size, found)


def _end(backend: SearchBackend, progress: Progress) -> None:
    """Write what reached the other index in the moment of the swap, and tidy up."""
    with backend.open_writer() as session:
        catch_up(session, backend.name)
    clear_leftovers(backend)
    progress(Step.CLEARED, 0)


class _Noted:
    """A session that notes a line of each document that is put, as it came from the database."""

    def __init__(self, session: IndexSession) -> None:
        self._session = session
        self.generation = session.generation
        self.lines: Lines = {}

    def put(self, documents: Iterable[SearchDocument]) -> None:
        self._session.put(self._noting(documents))

    def delete(self, things: Iterable[tuple[str, str, int]]) -> None:
        gone = list(things)
        self._session.delete(gone)
        for kind, identity, _ in gone:
            self.lines.pop(key_of(kind, identity), None)

    def commit(self) -> None:
        self._session.commit()

    def _noting(self, documents: Iterable[SearchDocument]) -> Iterator[SearchDocument]:
        for document in documents:
            self.lines[document.key] = line_of_document(document)
            yield document


@contextmanager
def _few_searches_for_cycles() -> Iterator[None]:
    """Let Python look for cycles seldom: rows by the thousand hold none, and live a moment."""
    usual = gc.get_threshold()
    gc.set_threshold(SEARCHED_AFTER, *usual[1:])
    try:
        yield
    finally:
        gc.set_threshold(*usual)


def _noted_lines(lines: Lines) -> Iterator[tuple[str, bytes]]:
    """Yield key and noted line of everything that the database holds now."""
    for name, kind in KINDS.items():
        for uuid in kind.all_rows.values_list("uuid", flat=True).iterator():
            key = key_of(name, str(uuid))
            yield key, lines.get(key, b"")
