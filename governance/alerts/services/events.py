"""Writes what happens to an alert: its event, and the entry in the audit trail."""

from datetime import datetime
from functools import partial

from django.db import transaction

from catalog.audit.actors import Actor
from catalog.audit.services import Subject, record
from governance.alerts.models import Alert, AlertEvent, EventKind
from governance.alerts.wakeup import wake


def alert_subject(alert: Alert) -> Subject:
    domain = alert.owning_domain
    return Subject(
        kind="alert",
        id=str(alert.uuid),
        name=alert.summary,
        domain_id=domain.pk if domain else None,
        revision=alert.edition,
    )


def record_alert_event(
    alert: Alert,
    kind: EventKind,
    *,
    actor: Actor,
    at: datetime,
    note: str = "",
    is_announced: bool = False,
    is_audited: bool = True,
) -> AlertEvent:
    """Write an event in the transaction of its change; people are notified of an announced one."""
    event = AlertEvent.objects.create(
        alert=alert,
        kind=kind,
        at=at,
        actor=actor.audit_name[:200],
        note=note,
        is_announced=is_announced,
    )
    if is_audited:
        record(
            actor=actor,
            verb=f"alert {kind.value}",
            subject=alert_subject(alert),
            after={"severity": alert.severity, "state": alert.state},
            reason=note,
        )
    if is_announced:
        transaction.on_commit(partial(wake), robust=True)
    return event
