"""How an index and the database differ, object by object, and the repair of it."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import blake2b
from uuid import UUID

from catalog.revisions.models import Tombstone
from catalog.search.document import SearchDocument, key_of, split_key
from catalog.search.port import IndexEntry, IndexSession
from catalog.search.result_types import RESULT_TYPES
from catalog.search.services.pending import (
    BATCH_SIZE,
    follower_name,
    mark_written,
    write_documents,
)

# 32 bytes for each key, so that 100,000 objects take about 25 MB: revision, readers, content.
Fingerprints = dict[str, bytes]
REVISION, READERS = slice(0, 8), slice(8, 16)
# Yields the entries of an index: those of some keys, or all.
ReadEntries = Callable[[Collection[str] | None], Iterator[IndexEntry]]


class MismatchKind(StrEnum):
    """How an index differs from the database in one object, most serious first."""

    MISSING = "missing"
    SURPLUS = "surplus"
    REVISION = "revision"
    READERS = "readers"
    CONTENT = "content"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mismatch:
    """One object that differs; `changed_at` is its last change in the database, if known."""

    type: str
    id: str
    kind: MismatchKind
    indexed_revision: int = 0
    changed_at: datetime | None = None

    @property
    def key(self) -> str:
        return key_of(self.type, self.id)


def fingerprint_entry(entry: IndexEntry) -> bytes:
    """Return the fingerprint of what an index holds of an object."""
    return _fingerprint(entry.revision, entry.readers, entry.digest)


def fingerprint_document(document: SearchDocument) -> bytes:
    """Return the fingerprint of what an index should hold of an object."""
    return _fingerprint(document.revision, document.tokens, document.digest())


def _fingerprint(revision: int, readers: Iterable[str], digest: str) -> bytes:
    tokens = "\0".join(sorted(set(readers)))
    return (
        revision.to_bytes(8)
        + blake2b(tokens.encode(), digest_size=8).digest()
        + blake2b(digest.encode(), digest_size=16).digest()
    )


def fingerprint_index(entries: Iterable[IndexEntry]) -> Fingerprints:
    return {key_of(entry.type, entry.id): fingerprint_entry(entry) for entry in entries}


def fingerprint_database() -> Iterator[tuple[str, bytes]]:
    """Yield key and fingerprint of everything that an index should hold."""
    for result_type in RESULT_TYPES.values():
        for chunk in result_type.chunks():
            for document in result_type.documents(chunk):
                yield document.key, fingerprint_document(document)


def candidates(indexed: Fingerprints, expected: Iterable[tuple[str, bytes]]) -> list[str]:
    """Return the keys whose fingerprints differ, on either side; `indexed` is consumed.

    The two sides were read at different moments, so each candidate must be compared again.
    """
    unequal = [key for key, line in expected if indexed.pop(key, None) != line]
    return [*unequal, *indexed]


def compare(
    read_entries: ReadEntries, keys: Sequence[str], meanwhile: Callable[[], None] = lambda: None
) -> list[Mismatch]:
    """Compare some objects in their current state, the index first."""
    mismatches: list[Mismatch] = []
    for start in range(0, len(keys), BATCH_SIZE):
        mismatches += _compare_batch(read_entries, keys[start : start + BATCH_SIZE])
        meanwhile()
    return mismatches


def _compare_batch(read_entries: ReadEntries, keys: Sequence[str]) -> Iterator[Mismatch]:
    entries = {key_of(entry.type, entry.id): entry for entry in read_entries(keys)}
    documents: dict[str, SearchDocument] = {}
    changes: dict[str, datetime] = {}
    for name, ids in _ids_by_type(keys).items():
        rows = list(RESULT_TYPES[name].rows(ids))
        documents |= {document.key: document for document in RESULT_TYPES[name].documents(rows)}
        changes |= {key_of(name, str(row.uuid)): row.revised_at for row in rows}
        for stone in Tombstone.objects.filter(kind=name, object_id__in=ids):
            changes.setdefault(key_of(name, str(stone.object_id)), stone.deleted_at)
    for key in keys:
        entry = entries.get(key)
        if kind := _mismatch_kind(entry, documents.get(key)):
            name, identity = split_key(key)
            yield Mismatch(
                type=name,
                id=identity,
                kind=kind,
                indexed_revision=entry.revision if entry else 0,
                changed_at=changes.get(key),
            )


def _mismatch_kind(
    entry: IndexEntry | None, document: SearchDocument | None
) -> MismatchKind | None:
    if entry is None:
        return MismatchKind.MISSING if document else None
    if document is None:
        return MismatchKind.SURPLUS
    indexed, expected = fingerprint_entry(entry), fingerprint_document(document)
    if indexed == expected:
        return None
    if indexed[REVISION] != expected[REVISION]:
        return MismatchKind.REVISION
    return MismatchKind.READERS if indexed[READERS] != expected[READERS] else MismatchKind.CONTENT


def _ids_by_type(keys: Iterable[str]) -> dict[str, list[UUID]]:
    """Return the ids of those keys that the database could know."""
    ids: dict[str, list[UUID]] = {}
    for key in keys:
        name, identity = split_key(key)
        if name in RESULT_TYPES:
            with suppress(ValueError):
                ids.setdefault(name, []).append(UUID(identity))
    return ids


def repair_index(session: IndexSession, engine: str, mismatches: Sequence[Mismatch]) -> None:
    """Write what differs again, even if the revision is the same; delete what is surplus."""
    surplus = [mismatch for mismatch in mismatches if mismatch.kind is MismatchKind.SURPLUS]
    wrong = [mismatch.key for mismatch in mismatches if mismatch.kind is not MismatchKind.SURPLUS]
    written = write_documents(session, _ids_by_type(wrong))
    session.delete((entry.type, entry.id, entry.indexed_revision + 1) for entry in surplus)
    session.commit()
    mark_written(follower_name(engine, session.generation), written)
