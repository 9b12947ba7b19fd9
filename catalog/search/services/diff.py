"""An index and the database, line by line: what each holds of a thing, and how they differ."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import blake2b
from uuid import UUID

from catalog.revisions.models import Tombstone
from catalog.search.document import SearchDocument, key_of
from catalog.search.documents import KINDS
from catalog.search.port import IndexEntry, IndexSession
from catalog.search.services.following import (
    BATCH,
    chunks,
    follower_of,
    put_things,
    remember_written,
)

# One line of 32 bytes for each key, so that 100,000 things take some 25 MB: revision, readers,
# content.
Lines = dict[str, bytes]
Ledger = Callable[[Collection[str] | None], Iterator[IndexEntry]]
REVISION, READERS = slice(0, 8), slice(8, 16)


class Difference(StrEnum):
    """How an index differs from the database in one thing, the gravest first."""

    MISSING = "missing"
    SURPLUS = "surplus"
    REVISION = "revision"
    READERS = "readers"
    CONTENT = "content"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mismatch:
    """One thing in which they differ: since when in the database, if that is known."""

    kind: str
    id: str
    difference: Difference
    held_revision: int = 0
    changed_at: datetime | None = None

    @property
    def key(self) -> str:
        """Identity across kinds."""
        return key_of(self.kind, self.id)


def line_of_entry(entry: IndexEntry) -> bytes:
    """Return what an index holds of a thing as a line."""
    return _line(entry.revision, entry.readers, entry.digest)


def line_of_document(document: SearchDocument) -> bytes:
    """Return what an index should hold of a thing as a line."""
    return _line(document.revision, document.tokens, document.digest())


def _line(revision: int, readers: Iterable[str], digest: str) -> bytes:
    tokens = "\0".join(sorted(set(readers)))
    return (
        revision.to_bytes(8)
        + blake2b(tokens.encode(), digest_size=8).digest()
        + blake2b(digest.encode(), digest_size=16).digest()
    )


def lines_of(entries: Iterable[IndexEntry]) -> Lines:
    """Return a whole ledger as lines."""
    return {key_of(entry.type, entry.id): line_of_entry(entry) for entry in entries}


def lines_of_database() -> Iterator[tuple[str, bytes]]:
    """Yield key and line of all that an index should hold, read anew from the database."""
    for kind in KINDS.values():
        for chunk in chunks(kind):
            for document in kind.documents(chunk):
                yield document.key, line_of_document(document)


def suspects(held: Lines, wanted: Iterable[tuple[str, bytes]]) -> list[str]:
    """Return the keys whose lines are not equal, on either side; `held` is used up.

    The two sides were read at different moments, so each suspect is to be looked at again.
    """
    unequal = [key for key, line in wanted if held.pop(key, None) != line]
    return [*unequal, *held]


def differing(ledger: Ledger, keys: Sequence[str]) -> list[Mismatch]:
    """Compare some things as both sides stand now, the index first."""
    found: list[Mismatch] = []
    for start in range(0, len(keys), BATCH):
        found += _differing(ledger, keys[start : start + BATCH])
    return found


def _differing(ledger: Ledger, keys: Sequence[str]) -> Iterator[Mismatch]:
    held = {key_of(entry.type, entry.id): entry for entry in ledger(keys)}
    documents: dict[str, SearchDocument] = {}
    changes: dict[str, datetime] = {}
    for name, ids in _by_kind(keys).items():
        rows = list(KINDS[name].rows(ids))
        documents |= {document.key: document for document in KINDS[name].documents(rows)}
        changes |= {key_of(name, str(row.uuid)): row.revised_at for row in rows}
        for grave in Tombstone.objects.filter(kind=name, object_id__in=ids):
            changes.setdefault(key_of(name, str(grave.object_id)), grave.deleted_at)
    for key in keys:
        entry = held.get(key)
        if difference := _difference(entry, documents.get(key)):
            kind, _, identity = key.partition(":")
            yield Mismatch(
                kind=kind,
                id=identity,
                difference=difference,
                held_revision=entry.revision if entry else 0,
                changed_at=changes.get(key),
            )


def _difference(entry: IndexEntry | None, document: SearchDocument | None) -> Difference | None:
    """Say how two sides differ; what the database does not know of is surplus."""
    if entry is None:
        return Difference.MISSING if document else None
    if document is None:
        return Difference.SURPLUS
    held, wanted = line_of_entry(entry), line_of_document(document)
    if held == wanted:
        return None
    if held[REVISION] != wanted[REVISION]:
        return Difference.REVISION
    return Difference.READERS if held[READERS] != wanted[READERS] else Difference.CONTENT


def _by_kind(keys: Iterable[str]) -> dict[str, list[UUID]]:
    """Return the ids of those keys that the database could know of."""
    found: dict[str, list[UUID]] = {}
    for key in keys:
        kind, _, identity = key.partition(":")
        with suppress(ValueError):
            found.setdefault(kind, []).append(UUID(identity))
    return {kind: ids for kind, ids in found.items() if kind in KINDS}


def mend(session: IndexSession, engine: str, found: Sequence[Mismatch]) -> None:
    """Write right what differs, of the same revision too; what is surplus is forgotten."""
    surplus = [each for each in found if each.difference is Difference.SURPLUS]
    wrong = [each.key for each in found if each.difference is not Difference.SURPLUS]
    written = put_things(session, _by_kind(wrong))
    session.delete((each.kind, each.id, each.held_revision + 1) for each in surplus)
    session.commit()
    remember_written(follower_of(engine, session.generation), written)
