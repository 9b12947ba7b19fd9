"""What people do with an alert: acknowledge, assign, resolve and silence it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from catalog.authorization.access import access_for, require_permission
from catalog.exceptions import (
    InvalidTransition,
    NotFound,
    ValidationFailed,
    require_edition,
)
from catalog.people.models import Person
from catalog.permissions import Permission
from governance.alerts.models import Alert, AlertState, EventKind
from governance.alerts.services.events import record_alert_event

MAX_SILENCE = timedelta(days=90)
MAX_REASON = 2000


def acknowledge(*, alert: Alert, edition: int, actor: Person, now: datetime) -> Alert:
    """Say that somebody looks after an open alert; it is then assigned to them if to nobody.

    Raises PermissionDenied, EditConflict, InvalidTransition.
    """
    with _change(alert, EventKind.ACKNOWLEDGE, edition, actor, now) as change:
        current = _require_open(change.alert)
        if current.state == AlertState.ACKNOWLEDGED:
            raise InvalidTransition(
                _("The alert is acknowledged already."), hint=_("Assign it to change who acts.")
            )
        current.state = AlertState.ACKNOWLEDGED
        current.acknowledged_at, current.acknowledged_by = now, actor
        current.assigned_to = current.assigned_to or actor
    return current


def assign(
    *, alert: Alert, person: Person | None, edition: int, actor: Person, now: datetime
) -> Alert:
    """Assign an open alert to a person who may see it, or (None) to nobody."""
    with _change(alert, EventKind.ASSIGN, edition, actor, now) as change:
        current = _require_open(change.alert)
        if person is not None and not (
            person.is_active and current.is_visible_to(access_for(person))
        ):
            raise ValidationFailed.of(
                "assigned_to",
                _("{name} cannot see this alert.").format(name=person.display_name),
                _("Choose somebody who can see it."),
            )
        current.assigned_to = person
        change.note = person.display_name if person else ""
    return current


def resolve(*, alert: Alert, reason: str, edition: int, actor: Person, now: datetime) -> Alert:
    """Resolve an open alert for a reason.

    While its condition goes on it stays resolved for a day, then it opens again.
    """
    with _change(alert, EventKind.RESOLVE, edition, actor, now) as change:
        current = _require_open(change.alert)
        change.note = current.resolution = _required_reason(reason)
        current.state = AlertState.RESOLVED
        current.resolved_at, current.resolved_by = now, actor
    return current


def silence(
    *,
    alert: Alert,
    until: datetime | None,
    edition: int,
    actor: Person,
    now: datetime,
    reason: str = "",
) -> Alert:
    """Send nothing of an alert until then; None ends the silence."""
    with _change(alert, EventKind.SILENCE, edition, actor, now) as change:
        if until is not None and not now < until <= now + MAX_SILENCE:
            raise ValidationFailed.of(
                "until",
                _("A silence ends in the future, within {days} days.").format(
                    days=MAX_SILENCE.days
                ),
            )
        change.alert.silenced_until = until
        end = "" if until is None else f"until {until:%Y-%m-%d %H:%M} UTC. "
        change.note = f"{end}{reason[:MAX_REASON]}".strip()
    return change.alert


@dataclass
class _Change:
    """The locked row of an alert while it is changed, and the note of its event."""

    alert: Alert
    note: str = ""


@contextmanager
def _change(
    alert: Alert, kind: EventKind, edition: int, actor: Person, now: datetime
) -> Iterator[_Change]:
    """Lock an alert that the actor has read and may change; save it, and record the event."""
    rows = Alert.objects.select_for_update(of=("self",))
    with transaction.atomic():
        current = rows.select_related("product__domain", "domain").filter(pk=alert.pk).first()
        if current is None:
            raise NotFound(_("This alert was deleted."))
        domain = current.owning_domain
        needed = Permission.EDIT_PRODUCTS if domain else Permission.OPERATE_PLATFORM
        require_permission(actor, needed, domain)
        require_edition(sent=edition, read=alert.edition, current=current.edition)
        change = _Change(current)
        yield change
        current.edition += 1
        current.save()
        is_announced = kind != EventKind.SILENCE and not current.is_silenced(now)
        record_alert_event(
            current, kind, actor=actor, at=now, note=change.note, is_announced=is_announced
        )


def _require_open(alert: Alert) -> Alert:
    if alert.is_open:
        return alert
    raise InvalidTransition(
        _("The alert is resolved."), hint=_("It opens again by itself if it happens again.")
    )


def _required_reason(reason: str) -> str:
    reason = reason.strip()
    if not reason or len(reason) > MAX_REASON:
        raise ValidationFailed.of(
            "reason",
            _("A reason is needed, of at most {limit} characters.").format(limit=MAX_REASON),
            _("Say what was done, or why nothing needs to be done."),
        )
    return reason
