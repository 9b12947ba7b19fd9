"""What people do with an alert: acknowledge, assign, resolve and silence it."""

from collections.abc import Callable
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

    def change(current: Alert) -> str:
        _require_open(current)
        if current.state == AlertState.ACKNOWLEDGED:
            raise InvalidTransition(
                _("The alert is acknowledged already."), hint=_("Assign it to change who acts.")
            )
        current.state = AlertState.ACKNOWLEDGED
        current.acknowledged_at, current.acknowledged_by = now, actor
        current.assigned_to = current.assigned_to or actor
        return ""

    return _edit(
        alert=alert,
        edition=edition,
        actor=actor,
        now=now,
        kind=EventKind.ACKNOWLEDGE,
        change=change,
        is_announced=True,
    )


def assign(
    *, alert: Alert, person: Person | None, edition: int, actor: Person, now: datetime
) -> Alert:
    """Assign an open alert to a person who may see it, or (None) to nobody."""

    def change(current: Alert) -> str:
        _require_open(current)
        if person is not None and not (
            person.is_active and current.is_visible_to(access_for(person))
        ):
            raise ValidationFailed.of(
                "assigned_to",
                _("{name} cannot see this alert.").format(name=person.display_name),
                _("Choose somebody who can see it."),
            )
        current.assigned_to = person
        return person.display_name if person else ""

    return _edit(
        alert=alert,
        edition=edition,
        actor=actor,
        now=now,
        kind=EventKind.ASSIGN,
        change=change,
        is_announced=True,
    )


def resolve(*, alert: Alert, reason: str, edition: int, actor: Person, now: datetime) -> Alert:
    """Resolve an open alert for a reason.

    While its condition goes on it stays resolved for a day, then it opens again.
    """

    def change(current: Alert) -> str:
        _require_open(current)
        current.resolution = _required_reason(reason)
        current.state = AlertState.RESOLVED
        current.resolved_at, current.resolved_by = now, actor
        return current.resolution

    return _edit(
        alert=alert,
        edition=edition,
        actor=actor,
        now=now,
        kind=EventKind.RESOLVE,
        change=change,
        is_announced=True,
    )


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

    def change(current: Alert) -> str:
        if until is not None and not now < until <= now + MAX_SILENCE:
            raise ValidationFailed.of(
                "until",
                _("A silence ends in the future, within {days} days.").format(
                    days=MAX_SILENCE.days
                ),
            )
        current.silenced_until = until
        if until is None:
            return reason[:MAX_REASON]
        return f"until {until:%Y-%m-%d %H:%M} UTC. {reason[:MAX_REASON]}".strip()

    return _edit(
        alert=alert, edition=edition, actor=actor, now=now, kind=EventKind.SILENCE, change=change
    )


@transaction.atomic
def _edit(
    *,
    alert: Alert,
    edition: int,
    actor: Person,
    now: datetime,
    kind: EventKind,
    change: Callable[[Alert], str],
    is_announced: bool = False,
) -> Alert:
    """Change the current row of an alert, locked; `change` returns the note of its event."""
    rows = Alert.objects.select_for_update(of=("self",))
    current = rows.select_related("product__domain", "domain").filter(pk=alert.pk).first()
    if current is None:
        raise NotFound(_("This alert was deleted."))
    domain = current.owning_domain
    needed = Permission.EDIT_PRODUCTS if domain else Permission.OPERATE_PLATFORM
    require_permission(actor, needed, domain)
    require_edition(sent=edition, read=alert.edition, current=current.edition)
    note = change(current)
    current.edition += 1
    current.save()
    is_announced = is_announced and not current.is_silenced(now)
    record_alert_event(current, kind, actor=actor, at=now, note=note, is_announced=is_announced)
    return current


def _require_open(alert: Alert) -> None:
    if not alert.is_open:
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
