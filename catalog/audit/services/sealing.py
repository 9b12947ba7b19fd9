"""Seals events in the one order that everybody reads."""

from django.db import IntegrityError, transaction

from catalog.audit.chain import EVENT_FIELDS, GENESIS, link
from catalog.audit.models import AuditEvent, AuditSeal, UnsealedEvent

BATCH = 1000


def seal_pending(*, limit: int | None = None) -> int:
    """Chain the events that are not sealed yet, by id; return how many. `limit` is for tests.

    An event that commits after later ones is sealed after them, so nothing is left out. Of two
    sealers one wins a place: the sequence number is the primary key; the other leaves the rest.
    """
    count = 0
    while True:
        size = BATCH if limit is None else min(BATCH, limit - count)
        try:
            written = _seal_batch(size=size)
        except IntegrityError:
            return count
        count += written
        if written < size or count == limit:
            return count


@transaction.atomic
def _seal_batch(*, size: int) -> int:
    last = AuditSeal.objects.order_by("-sequence").first()
    sequence, digest = (last.sequence, last.digest) if last else (0, GENESIS)
    ids = list(UnsealedEvent.objects.order_by("event_id").values_list("event_id", flat=True)[:size])
    seals = []
    for event in AuditEvent.objects.filter(pk__in=ids).order_by("pk").values(*EVENT_FIELDS):
        sequence, previous = sequence + 1, digest
        digest = link(previous, event)
        seals.append(
            AuditSeal(
                sequence=sequence, event_id=event["id"], previous_digest=previous, digest=digest
            )
        )
    AuditSeal.objects.bulk_create(seals)
    UnsealedEvent.objects.filter(event__in=ids).delete()
    return len(ids)
