"""What each index has handled of the database; reading and writing what it has missed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, Min, OuterRef, QuerySet
from django.utils import timezone

from catalog.revisions.models import Followed, Tombstone
from catalog.revisions.services import mark_indexed
from catalog.search.backends import configured_backends
from catalog.search.documents import KINDS, Kind
from catalog.search.port import IndexSession, SearchBackend, SearchUnavailable

BATCH, CHUNK = 200, 1000
NO_INDEX = "none"


def follower_of(engine: str, generation: str) -> str:
    """Return the name under which it is remembered what one generation of an index holds.

    The memory belongs to the generation, not to the engine: whichever index answers after a swap,
    a crash or a rollback, what it has missed is exactly what its own memory lacks.
    """
    return f"search:{engine}:{generation}"


@dataclass(frozen=True, kw_only=True)
class EngineState:
    """How far an engine is behind; `oldest_seconds` is the age of the oldest unseen edit."""

    engine: str
    is_ready: bool
    pending: int
    oldest_seconds: float
    problem: str = ""


def pending_for(follower: str, kind: Kind) -> QuerySet[Any]:
    """Return the rows of which a follower has not handled the present revision, unordered.

    Asked for in the order of names, the few of the last seconds would be looked for among all.
    """
    handled = Followed.objects.filter(
        follower=follower,
        kind=kind.name,
        object_id=OuterRef("uuid"),
        revision__gte=OuterRef("revision"),
    )
    return kind.all_rows.filter(~Exists(handled))


def states() -> list[EngineState]:
    """Return how far each fed engine is behind."""
    return [state_of(backend) for backend in configured_backends()]


def state_of(backend: SearchBackend) -> EngineState:
    """Return how far an engine is behind; one without an index lacks everything."""
    generation, problem = NO_INDEX, ""
    try:
        generation = backend.generation()
    except SearchUnavailable as error:
        problem = f"no index answers: {error.reason}"
    follower = follower_of(backend.name, generation)
    late = [
        pending_for(follower, kind).aggregate(n=Count("pk"), at=Min("revised_at"))
        for kind in KINDS.values()
    ]
    graves = Tombstone.objects.unprocessed_by(follower).order_by()
    late.append(graves.aggregate(n=Count("pk"), at=Min("deleted_at")))
    oldest = min((each["at"] for each in late if each["at"]), default=None)
    return EngineState(
        engine=backend.name,
        is_ready=not problem,
        pending=sum(each["n"] for each in late),
        oldest_seconds=(timezone.now() - oldest).total_seconds() if oldest else 0.0,
        problem=problem,
    )


def chunks(kind: Kind, size: int = CHUNK) -> Iterator[list[Any]]:
    """Yield all rows of a kind in the order of their keys, a chunk at a time."""
    last = 0
    while chunk := list(kind.rows().filter(pk__gt=last)[:size]):
        yield chunk
        last = chunk[-1].pk


@dataclass(frozen=True)
class PendingChanges:
    """What an index has yet to see: ids by kind, and deletions."""

    ids: Mapping[str, Sequence[UUID]] = field(default_factory=dict)
    graves: Sequence[Tombstone] = ()

    def __bool__(self) -> bool:
        return any(self.ids.values()) or bool(self.graves)

    def in_lots(self) -> list[PendingChanges]:
        """Return the same in lots of BATCH of each kind, at least one; deletions go first."""
        starts = range(0, max(map(len, self.ids.values()), default=0), BATCH)
        lots = [
            {name: ids[start : start + BATCH] for name, ids in self.ids.items()} for start in starts
        ]
        first, *rest = lots or [{}]
        return [PendingChanges(first, self.graves), *map(PendingChanges, rest)]


def missed_by(
    follower: str, limit: int | None = None, *, since: datetime | None = None
) -> PendingChanges:
    """Return what a follower has not handled, at most so many of each kind.

    With `since`, only what changed from then on is looked at.
    """
    ids = {}
    for name, kind in KINDS.items():
        late = pending_for(follower, kind)
        late = late if since is None else late.filter(revised_at__gte=since)
        ids[name] = list(late.values_list("uuid", flat=True)[:limit])
    return PendingChanges(ids, list(Tombstone.objects.unprocessed_by(follower)[:limit]))


def write_missed(session: IndexSession, engine: str, missed: PendingChanges) -> int:
    """Write what was missed, as it stands now; it is remembered once it is committed."""
    written = put_things(session, missed.ids)
    session.delete((grave.kind, str(grave.object_id), grave.revision) for grave in missed.graves)
    session.commit()
    follower = follower_of(engine, session.generation)
    remember_written(follower, written)
    remember_graves(follower, missed.graves)
    return sum(map(len, written.values())) + len(missed.graves)


def remember_written(follower: str, written: Mapping[str, Mapping[UUID, int]]) -> None:
    """Note what a follower has handled, once it is committed."""
    for kind, revisions in written.items():
        mark_indexed(follower=follower, kind=kind, revisions=revisions)


def remember_graves(follower: str, graves: Sequence[Tombstone]) -> None:
    """Note that a follower has seen these deletions."""
    for kind in {grave.kind for grave in graves}:
        seen = {grave.object_id: grave.revision for grave in graves if grave.kind == kind}
        mark_indexed(follower=follower, kind=kind, revisions=seen)


def catch_up(session: IndexSession, engine: str) -> int:
    """Write all that an index has missed up to now; return how many writes were made."""
    missed = missed_by(follower_of(engine, session.generation))
    return write_missed(session, engine, missed) if missed else 0


def put_things(
    session: IndexSession, ids: Mapping[str, Sequence[UUID]]
) -> dict[str, dict[UUID, int]]:
    """Put the newest state of each thing, by kind; one that is gone meanwhile has its tombstone.

    Returns the revisions that were put.
    """
    written: dict[str, dict[UUID, int]] = {}
    for name, wanted in ids.items():
        for start in range(0, len(wanted), BATCH):
            rows = list(KINDS[name].rows(wanted[start : start + BATCH]))
            session.put(KINDS[name].documents(rows))
            written.setdefault(name, {}).update({row.uuid: row.revision for row in rows})
    return written
