"""Opens alerts when a condition begins, and resolves them when it ends."""

from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from catalog.audit.actors import SystemActor
from catalog.domains.models import Domain
from catalog.products.models import DataProduct
from catalog.types import JSONObject
from governance.alerts.damping import REOPENS_WITHIN, has_settled, is_flapping, recent_turns
from governance.alerts.kinds import Audience, Severity
from governance.alerts.models import Alert, AlertState, EventKind
from governance.alerts.services.events import record_alert_event
from governance.alerts.services.rules import EffectiveRule, most_severe, rules_for

ALERTING = SystemActor("alerts")
# An alert that a person resolved opens again if its condition has held this long since.
REOPENS_AFTER = timedelta(days=1)


@transaction.atomic
def open_alert(
    *,
    key: str,
    kind: str,
    subject: DataProduct | Domain | None,
    summary: str,
    now: datetime,
    severity: Severity | str | None = None,
    path: str = "",
    evidence: JSONObject | None = None,
    audience: Audience = Audience.READERS,
    rule: EffectiveRule | None = None,
) -> Alert | None:
    """Report that a condition holds; return its alert if people are notified now.

    None is returned while the alert is open, flapping or silenced, while a person has resolved it
    and the condition still holds, and where the rules of the kind are off. Call it in the
    transaction of the change that it is about: alert and deliveries are then never lost.
    """
    if rule is None:
        rule = most_severe(rules_for(kind, subject))
    if rule is None:
        return None
    alert = Alert.objects.select_for_update().filter(key=key).order_by("-opened_at", "-pk").first()
    if alert is not None and alert.is_firing and not _has_outlasted(alert, now):
        Alert.objects.filter(pk=alert.pk).update(last_seen_at=now)
        return None
    changes = {
        "severity": str(severity or rule.severity),
        "summary": summary[:500],
        "path": path,
        "evidence": evidence or {},
        "last_seen_at": now,
        "rule": rule.row,
    }
    if alert is not None and _is_same(alert, now):
        return _reopen(alert, now, changes)
    if alert is not None and alert.is_firing:
        Alert.objects.filter(pk=alert.pk).update(is_firing=False)
    product = subject.published_row if isinstance(subject, DataProduct) else None
    new_alert = Alert(
        key=key,
        kind=kind,
        product=product,
        domain=subject if isinstance(subject, Domain) else None,
        audience=audience,
        opened_at=now,
        turns=[now.isoformat()],
        silenced_until=alert.silenced_until if alert else None,
        **changes,
    )
    try:
        with transaction.atomic():
            new_alert.save(force_insert=True)
    except IntegrityError:
        # Another worker has just opened it.
        return None
    return _announce(new_alert, EventKind.OPEN, now, note=new_alert.summary)


@transaction.atomic
def resolve_alert(*, key: str, reason: str, now: datetime) -> Alert | None:
    """Report that a condition holds no longer; return its alert if people are notified."""
    alert = Alert.objects.select_for_update().filter(key=key, is_firing=True).first()
    if alert is None:
        return None
    was_resolved = alert.state == AlertState.RESOLVED
    alert.is_firing = False
    _turn(alert, now)
    if not was_resolved:
        alert.state, alert.resolved_at, alert.resolution = AlertState.RESOLVED, now, reason
    alert.save()
    if was_resolved:
        return None
    return _announce(alert, EventKind.RESOLVE, now, note=reason)


def _has_outlasted(alert: Alert, now: datetime) -> bool:
    """Return True for an alert that a person resolved although its condition went on for a day."""
    resolved_at = alert.resolved_at
    return resolved_at is not None and now - resolved_at >= REOPENS_AFTER


def _is_same(alert: Alert, now: datetime) -> bool:
    """Return True if a condition that begins again belongs to its last alert."""
    is_recent = alert.resolved_at is not None and now - alert.resolved_at < REOPENS_WITHIN
    return alert.is_open or is_recent


def _reopen(alert: Alert, now: datetime, changes: JSONObject) -> Alert | None:
    for name, value in changes.items():
        setattr(alert, name, value)
    alert.is_firing, alert.state = True, AlertState.OPEN
    alert.resolved_at = alert.resolved_by = None
    alert.resolution = ""
    alert.count += 1
    _turn(alert, now)
    alert.save()
    return _announce(alert, EventKind.REOPEN, now, note=alert.summary)


def _turn(alert: Alert, now: datetime) -> None:
    if alert.is_flapping and has_settled(alert.turns, now):
        alert.is_flapping = False
    alert.turns = [*recent_turns(alert.turns, now), now.isoformat()]


def _announce(alert: Alert, kind: EventKind, now: datetime, *, note: str) -> Alert | None:
    """Write the event of a change; return the alert if people are notified.

    They are notified once of an alert that begins to flap, and again when it has settled.
    """
    is_announced = not alert.is_flapping and not alert.is_silenced(now)
    if not alert.is_flapping and is_flapping(alert.turns, now):
        alert.is_flapping, kind = True, EventKind.FLAP
        alert.save(update_fields=["is_flapping"])
    record_alert_event(alert, kind, actor=ALERTING, at=now, note=note, is_announced=is_announced)
    return alert if is_announced else None
