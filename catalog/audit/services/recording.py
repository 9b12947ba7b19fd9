"""Writes the events of the audit trail, each with its change."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import structlog
from django.core.cache import cache
from django.db import DatabaseError
from django.utils import timezone

from catalog.audit.actors import Actor
from catalog.audit.limits import within_limit
from catalog.audit.models import AuditEvent, UnsealedEvent
from catalog.exceptions import CatalogError, PermissionDenied

log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True)
class Subject:
    """What an event is about."""

    kind: str
    id: str
    name: str
    domain_id: int | None = None
    revision: int = 0


def record(
    *,
    actor: Actor,
    verb: str,
    subject: Subject,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    reason: str = "",
    on_behalf_of: str = "",
) -> AuditEvent:
    """Write one event; call it in the transaction of the change."""
    context = structlog.contextvars.get_contextvars()
    event = AuditEvent.objects.create(
        occurred_at=timezone.now(),
        actor_id=actor.audit_id,
        actor_name=actor.audit_name[:200],
        on_behalf_of=on_behalf_of,
        verb=verb,
        object_kind=subject.kind,
        object_id=subject.id,
        object_name=subject.name[:300],
        domain_id=subject.domain_id,
        revision=subject.revision,
        before=within_limit(before or {}),
        after=within_limit(after or {}),
        reason=reason,
        request_id=str(context.get("request_id", ""))[:64],
        token_id=str(context.get("token_id", "")),
        token_name=str(context.get("token_name", "")),
    )
    UnsealedEvent.objects.create(event=event)
    return event


def record_denial(*, actor: Actor, action: str, reason: str) -> None:
    """Write that an actor was denied an action, once a minute for the same one.

    Call it outside the transaction that fails. A database that takes no write changes no answer.
    """
    digest = sha256(f"{actor.audit_id} {action} {reason}".encode()).hexdigest()[:32]
    if not cache.add(f"denial:{digest}", 1, timeout=60):
        return
    subject = Subject(kind="action", id=digest, name=action)
    try:
        record(actor=actor, verb="was denied", subject=subject, reason=reason)
    except DatabaseError as error:
        log.warning("denial_not_recorded", action=action, reason=reason, exc_info=error)


def record_if_denied(error: CatalogError, *, actor: Actor, action: str) -> None:
    """Write the error to the trail if the actor lacked a permission."""
    if isinstance(error, PermissionDenied):
        record_denial(actor=actor, action=action, reason=error.message)
