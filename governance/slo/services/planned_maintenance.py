"""Announces planned maintenance, and cancels or ends it."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db import transaction

from catalog.audit.services import record
from catalog.authorization.access import Writer, require_permission
from catalog.domains.models import Domain
from catalog.exceptions import InvalidTransition, NotFound, require_valid
from catalog.identifiers import character_issues
from catalog.issues import Issue
from catalog.people.models import Person
from catalog.permissions import Permission
from catalog.products.models import DataProduct
from catalog.revisions.services import audit_subject
from governance.slo.models import MaintenanceWindow

MAX_LENGTH = timedelta(days=7)
MAX_AHEAD = timedelta(days=3653)
MAX_SUMMARY = 200
MAX_PLANNED = 200


@transaction.atomic
def plan_maintenance(
    *,
    subject: DataProduct | Domain,
    starts_at: datetime,
    ends_at: datetime,
    summary: str,
    actor: Writer,
    now: datetime,
) -> MaintenanceWindow:
    """Announce maintenance of a product, or of all products of a domain and its subdomains.

    What is measured in it does not count, so it must begin later than it is announced. Raises
    PermissionDenied, ValidationFailed.
    """
    require_permission(actor, Permission.EDIT_PRODUCTS, subject.domain)
    summary = summary.strip()
    require_valid(list(_issues(starts_at, ends_at, summary, now)))
    if isinstance(subject, DataProduct):
        subject = subject.working_copy_of or subject
    windows = MaintenanceWindow.objects.of_subject(subject)
    if windows.planned().filter(ends_at__gt=now).count() >= MAX_PLANNED:
        message = f"At most {MAX_PLANNED} windows can be planned ahead."
        require_valid([Issue(location="starts_at", message=message, hint="Cancel some first.")])
    window = MaintenanceWindow.objects.create(
        product=subject if isinstance(subject, DataProduct) else None,
        domain=subject if isinstance(subject, Domain) else None,
        starts_at=starts_at,
        ends_at=ends_at,
        summary=summary,
        created_at=now,
        changed_at=now,
        created_by=actor if isinstance(actor, Person) else None,
    )
    record(
        actor=actor,
        verb="planned maintenance",
        subject=audit_subject(subject),
        after=_state(window),
    )
    return window


@transaction.atomic
def cancel_maintenance(
    *, window: MaintenanceWindow, actor: Writer, now: datetime, reason: str = ""
) -> MaintenanceWindow:
    """Cancel maintenance that has not begun, or end now what has: the rest of it counts again.

    Raises PermissionDenied, NotFound, InvalidTransition (it is over, or was cancelled).
    """
    locked = MaintenanceWindow.objects.select_for_update(of=("self",), no_key=True)
    current = locked.select_related("product__domain", "domain").filter(pk=window.pk).first()
    if current is None:
        raise NotFound("This maintenance window was deleted.")
    subject = current.product or current.domain
    assert subject is not None
    require_permission(actor, Permission.EDIT_PRODUCTS, subject.domain)
    if current.cancelled_at or current.ends_at <= now:
        raise InvalidTransition("This maintenance is over, or was cancelled already.")
    before = _state(current)
    if current.starts_at < now:
        current.ends_at, verb = now, "ended maintenance early"
    else:
        current.cancelled_at, verb = now, "cancelled maintenance"
    current.changed_at, current.sequence = now, current.sequence + 1
    current.save()
    record(
        actor=actor,
        verb=verb,
        subject=audit_subject(subject),
        before=before,
        after=_state(current),
        reason=reason,
    )
    return current


def _issues(starts_at: datetime, ends_at: datetime, summary: str, now: datetime) -> Iterator[Issue]:
    if not summary or len(summary) > MAX_SUMMARY:
        message = f"Say in 1 to {MAX_SUMMARY} characters what is done."
        yield Issue(location="summary", message=message)
    yield from character_issues({"summary": summary})
    if starts_at < now:
        yield Issue(
            location="starts_at",
            message="Maintenance must be announced before it begins.",
            hint="What was measured already counts. Choose a later start.",
        )
    if starts_at > now + MAX_AHEAD:
        yield Issue(location="starts_at", message="It may begin within ten years.")
    if ends_at <= starts_at:
        yield Issue(location="ends_at", message="It must end after it begins.")
    elif ends_at - starts_at > MAX_LENGTH:
        hint = "Plan several windows, or retire the product."
        message = f"A window is at most {MAX_LENGTH.days} days long."
        yield Issue(location="ends_at", message=message, hint=hint)


def _state(window: MaintenanceWindow) -> dict[str, str | bool]:
    return {
        "summary": window.summary,
        "starts_at": window.starts_at.isoformat(),
        "ends_at": window.ends_at.isoformat(),
        "is_cancelled": window.cancelled_at is not None,
    }
