"""Verifies the sealed audit trail: whether an event or a seal was changed, deleted, added or moved.

Rows are read in batches of the sealed order, so memory does not grow with the trail.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.db.models import Exists, OuterRef

from catalog.audit.chain import EVENT_FIELDS, GENESIS, link
from catalog.audit.models import AuditEvent, AuditSeal, UnsealedEvent

BATCH = 5000


class ChainIssueKind(StrEnum):
    """What is wrong at a place of the trail; the values are sentences of pages."""

    SEAL_MISSING = "The seal, or the event that it is of, is missing."
    EVENT_CHANGED = "The event, or its place, is not what was sealed."
    CHAIN_BROKEN = "The seal does not follow the one before it."
    NOT_QUEUED = "The event has no seal and does not wait for one."
    TAIL_CUT = "The trail ends before a place that an anchor names."
    ANCHOR_DIFFERS = "The seal is not the one that an anchor names."


@dataclass(frozen=True)
class ChainIssue:
    """One thing wrong; `sequence` is its place in the order, None for an event without a seal."""

    kind: ChainIssueKind
    sequence: int | None
    event_id: int | None = None


@dataclass(frozen=True)
class ChainReport:
    """What a verification says: how many events are sealed, and how many wait for it.

    `head` is the last digest.
    """

    events: int
    waiting: int
    head: str
    issues: tuple[ChainIssue, ...] = ()

    @property
    def is_intact(self) -> bool:
        return not self.issues


@dataclass(frozen=True)
class Anchor:
    """A place of the sealed order that was written down outside of the database."""

    sequence: int
    digest: str


def verify_chain(
    *,
    anchors: tuple[Anchor, ...] = (),
    max_issues: int = 100,
    progress: Callable[[int], None] = lambda count: None,
) -> ChainReport:
    """Verify the whole trail and return the first issues; `progress` gets the number verified."""
    by_sequence = {anchor.sequence: anchor.digest for anchor in anchors}
    issues: list[ChainIssue] = []
    expected, digest = 1, GENESIS
    for seal in _seals():
        sequence = seal["sequence"]
        if sequence != expected:
            issues.append(ChainIssue(ChainIssueKind.SEAL_MISSING, expected))
        elif seal["previous_digest"] != digest:
            issues.append(ChainIssue(ChainIssueKind.CHAIN_BROKEN, sequence, seal["event_id"]))
        if kind := _kind_of(seal, by_sequence.get(sequence)):
            issues.append(ChainIssue(kind, sequence, seal["event_id"]))
        expected, digest = sequence + 1, seal["digest"]
        if sequence % BATCH == 0:
            progress(sequence)
        if len(issues) >= max_issues:
            break
    else:
        later = [anchor for anchor in by_sequence if anchor >= expected]
        issues += [ChainIssue(ChainIssueKind.TAIL_CUT, min(later))] if later else []
        issues += _unqueued(max_issues - len(issues))
    return ChainReport(
        events=expected - 1,
        waiting=UnsealedEvent.objects.count(),
        head=digest,
        issues=tuple(issues[:max_issues]),
    )


def _kind_of(seal: dict[str, Any], anchored: str | None) -> ChainIssueKind | None:
    event = {name: seal[f"event__{name}"] for name in EVENT_FIELDS}
    if link(str(seal["previous_digest"]), event) != seal["digest"]:
        return ChainIssueKind.EVENT_CHANGED
    return ChainIssueKind.ANCHOR_DIFFERS if anchored not in (None, seal["digest"]) else None


def _seals() -> Iterator[dict[str, Any]]:
    """Yield the seals in their order, each with the members of its event."""
    columns = ("sequence", "event_id", "previous_digest", "digest")
    fields = [f"event__{name}" for name in EVENT_FIELDS]
    rows = AuditSeal.objects.order_by("sequence").values(*columns, *fields)
    yield from rows.iterator(chunk_size=BATCH)


def _unqueued(limit: int) -> list[ChainIssue]:
    seals = AuditSeal.objects.filter(event=OuterRef("pk"))
    waiting = UnsealedEvent.objects.filter(event=OuterRef("pk"))
    events = AuditEvent.objects.filter(~Exists(seals), ~Exists(waiting)).order_by("pk")
    ids = events.values_list("pk", flat=True)[:limit]
    return [ChainIssue(ChainIssueKind.NOT_QUEUED, None, pk) for pk in ids]
