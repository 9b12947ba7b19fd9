"""Writes revisions, which ones followers have handled, and tombstones of what was deleted."""

from collections.abc import Collection, Mapping, Sequence
from functools import partial
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F, QuerySet, Value
from django.utils import timezone

from catalog.audit.actors import Actor
from catalog.audit.services import Subject, record
from catalog.revisions.followers import notify_followers
from catalog.revisions.models import Followed, Revisioned, Tombstone
from catalog.types import JSONObject


def record_change(
    row: Revisioned,
    actor: Actor,
    verb: str,
    *,
    before: JSONObject | None = None,
    after: JSONObject | None = None,
    reason: str = "",
) -> None:
    record(
        actor=actor,
        verb=verb,
        subject=audit_subject(row),
        before=before,
        after=after,
        reason=reason,
    )
    publish_change(kind=row.audit_kind, ids=[row.uuid])


def audit_subject(row: Revisioned) -> Subject:
    return Subject(
        kind=row.audit_kind,
        id=str(row.uuid),
        name=str(row),
        domain_id=row.domain_id,
        revision=row.revision,
    )


def publish_change(*, kind: str, ids: Sequence[UUID]) -> None:
    """Notify the followers once this transaction has committed."""
    transaction.on_commit(partial(notify_followers, kind, list(ids)), robust=True)


@transaction.atomic
def bump_revision(*, rows: QuerySet[Any]) -> int:
    """Bump the revision of objects because something they show has changed; return how many.

    The condition of `rows` must still be true of them afterwards.
    """
    count = rows.update(revision=F("revision") + 1, revised_at=timezone.now())
    if count:
        publish_change(kind=rows.model.KIND, ids=list(rows.values_list("uuid", flat=True)))
    return count


def mark_indexed(*, follower: str, kind: str, revisions: Mapping[UUID, int]) -> None:
    """Save the revisions that a follower has handled, over earlier ones."""
    rows = [
        Followed(follower=follower, kind=kind, object_id=object_id, revision=revision)
        for object_id, revision in revisions.items()
    ]
    Followed.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["follower", "kind", "object_id"],
        update_fields=["revision"],
        batch_size=500,
    )


def mark_indexed_bulk(*, follower: str, kind: str, rows: QuerySet[Any]) -> None:
    """Note all of a query of objects (with `uuid` and `revision`) as handled, for the first time.

    The database copies them itself: to take each of 100,000 rows out and in again took as long
    as to make the documents' terms.
    """
    chosen = rows.order_by().values_list(Value(follower), Value(kind), "uuid", "revision")
    text, values = chosen.query.sql_with_params()
    table, *columns = map(
        connection.ops.quote_name,
        (Followed._meta.db_table, "follower", "kind", "object_id", "revision"),
    )
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {table} ({', '.join(columns)}) {text}", values)


def create_tombstones(*, kind: str, object_id: UUID, revision: int) -> None:
    """Leave a tombstone for a deleted object, in the transaction that deletes it."""
    Tombstone.objects.create(
        kind=kind, object_id=object_id, revision=revision, deleted_at=timezone.now()
    )


def forget_other_generations(*, prefix: str, keep: Collection[str]) -> None:
    """Delete what followers have handled whose names start with a prefix, but not those to keep."""
    Followed.objects.filter(follower__startswith=prefix).exclude(follower__in=keep).delete()
