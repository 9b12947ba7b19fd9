"""What each index has yet to handle of the database, and the writers that bring it up to date."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self
from uuid import UUID

from django.db.models import Count, Exists, Min, OuterRef, QuerySet
from django.utils import timezone

from catalog.revisions.models import Followed, Tombstone
from catalog.revisions.services import mark_indexed
from catalog.search.backends import configured_backends
from catalog.search.port import IndexSession, SearchUnavailable
from catalog.search.result_types import RESULT_TYPES, ResultType

if TYPE_CHECKING:
    from catalog.search.flow.engine import SearchBackend

BATCH_SIZE = 200
NO_INDEX = "none"


def follower_name(engine: str, generation: str) -> str:
    """Return the follower whose marks say what one generation of an index has handled.

    Marks belong to the generation, not to the engine: whichever index answers after a swap, a
    crash or a rollback, what it has missed is exactly what its own marks lack.
    """
    return f"search:{engine}:{generation}"


@dataclass(frozen=True, kw_only=True)
class EngineState:
    """How far an engine is behind; `oldest_seconds` is the age of the oldest pending change."""

    engine: str
    is_ready: bool
    pending: int
    oldest_seconds: float
    problem: str = ""


def engine_states() -> list[EngineState]:
    return [engine_state(backend) for backend in configured_backends()]


def engine_state(backend: SearchBackend) -> EngineState:
    """Return how far an engine is behind; without an index, everything is pending."""
    generation, problem = NO_INDEX, ""
    try:
        generation = backend.generation()
    except SearchUnavailable as error:
        problem = f"no index answers: {error.reason}"
    follower = follower_name(backend.name, generation)
    counts = [
        pending_for(follower, result_type).aggregate(n=Count("pk"), oldest=Min("revised_at"))
        for result_type in RESULT_TYPES.values()
    ]
    tombstones = Tombstone.objects.unprocessed_by(follower).order_by()
    counts.append(tombstones.aggregate(n=Count("pk"), oldest=Min("deleted_at")))
    oldest = min((count["oldest"] for count in counts if count["oldest"]), default=None)
    return EngineState(
        engine=backend.name,
        is_ready=not problem,
        pending=sum(count["n"] for count in counts),
        oldest_seconds=(timezone.now() - oldest).total_seconds() if oldest else 0.0,
        problem=problem,
    )


def pending_for(follower: str, result_type: ResultType) -> QuerySet[Any]:
    """Return the rows whose current revision a follower has not handled, unordered.

    Ordered by name, the database would look for the few of the last seconds among all rows.
    """
    handled = Followed.objects.filter(
        follower=follower,
        kind=result_type.name,
        object_id=OuterRef("uuid"),
        revision__gte=OuterRef("revision"),
    )
    return result_type.all_rows.filter(~Exists(handled))


@dataclass(frozen=True)
class PendingChanges:
    """What an index has yet to handle: ids by type, and deletions."""

    ids: Mapping[str, Sequence[UUID]] = field(default_factory=dict)
    tombstones: Sequence[Tombstone] = ()

    def __bool__(self) -> bool:
        return any(self.ids.values()) or bool(self.tombstones)

    def batches(self) -> list[PendingChanges]:
        """Return batches of BATCH_SIZE of each type, at least one; deletions are in the first."""
        starts = range(0, max(map(len, self.ids.values()), default=0), BATCH_SIZE)
        first, *rest = [
            {name: ids[start : start + BATCH_SIZE] for name, ids in self.ids.items()}
            for start in starts
        ] or [{}]
        return [PendingChanges(first, self.tombstones), *map(PendingChanges, rest)]


def all_pending(
    follower: str, limit: int | None = None, *, since: datetime | None = None
) -> PendingChanges:
    """Return what a follower has not handled, at most `limit` of each type.

    With `since`, only rows revised from then on are considered.
    """
    ids = {}
    for name, result_type in RESULT_TYPES.items():
        pending = pending_for(follower, result_type)
        pending = pending if since is None else pending.filter(revised_at__gte=since)
        ids[name] = list(pending.values_list("uuid", flat=True)[:limit])
    return PendingChanges(ids, list(Tombstone.objects.unprocessed_by(follower)[:limit]))


def write_documents(
    session: IndexSession, ids: Mapping[str, Sequence[UUID]]
) -> dict[str, dict[UUID, int]]:
    """Put the current document of each object; return the revisions by type and id.

    An object that was deleted in the meantime is skipped: it has a tombstone.
    """
    written: dict[str, dict[UUID, int]] = {}
    for name, uuids in ids.items():
        for start in range(0, len(uuids), BATCH_SIZE):
            rows = list(RESULT_TYPES[name].rows(uuids[start : start + BATCH_SIZE]))
            session.put(RESULT_TYPES[name].documents(rows))
            written.setdefault(name, {}).update({row.uuid: row.revision for row in rows})
    return written


def write_pending(session: IndexSession, engine: str, pending: PendingChanges) -> int:
    """Write changes in their current state, commit, then mark them; return how many writes."""
    written = write_documents(session, pending.ids)
    session.delete(
        (stone.kind, str(stone.object_id), stone.revision) for stone in pending.tombstones
    )
    session.commit()
    follower = follower_name(engine, session.generation)
    mark_written(follower, written)
    mark_tombstones(follower, pending.tombstones)
    return sum(map(len, written.values())) + len(pending.tombstones)


def mark_written(follower: str, written: Mapping[str, Mapping[UUID, int]]) -> None:
    """Mark revisions as handled; only after they are committed to the index."""
    for name, revisions in written.items():
        mark_indexed(follower=follower, kind=name, revisions=revisions)


def mark_tombstones(follower: str, tombstones: Sequence[Tombstone]) -> None:
    for name in {stone.kind for stone in tombstones}:
        revisions = {stone.object_id: stone.revision for stone in tombstones if stone.kind == name}
        mark_indexed(follower=follower, kind=name, revisions=revisions)


def catch_up(session: IndexSession, engine: str) -> int:
    """Write everything that is pending; return how many writes were made."""
    pending = all_pending(follower_name(engine, session.generation))
    return write_pending(session, engine, pending) if pending else 0


class IndexWriters:
    """The writers of one piece of work: each is opened by its first write and kept to the end."""

    def __init__(self) -> None:
        self._sessions: dict[str, IndexSession] = {}
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self._stack.close()

    def has_index(self, backend: SearchBackend) -> bool:
        return backend.name in self._sessions or backend.is_ready()

    def follower(self, backend: SearchBackend) -> str:
        """Return the follower of the index that is written. Raises SearchUnavailable."""
        session = self._sessions.get(backend.name)
        generation = session.generation if session else backend.generation()
        return follower_name(backend.name, generation)

    def write(self, backend: SearchBackend, pending: PendingChanges) -> int:
        """Write changes, if there are any; return how many writes were made."""
        if not pending:
            return 0
        if backend.name not in self._sessions:
            self._sessions[backend.name] = self._stack.enter_context(backend.open_writer())
        return write_pending(self._sessions[backend.name], backend.name, pending)


def for_each_engine(work: Callable[[SearchBackend], int]) -> int:
    """Return the sum of `work` over all configured engines.

    An engine that is down does not keep the others from their work; its SearchUnavailable is
    raised at the end.
    """
    total, failures = 0, []
    for backend in configured_backends():
        try:
            total += work(backend)
        except SearchUnavailable as error:
            failures.append(error)
    if failures:
        raise failures[0]
    return total
