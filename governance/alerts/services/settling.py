"""What happens to alerts as time passes: they settle, silences end, old ones are deleted."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from governance.alerts.damping import has_settled
from governance.alerts.models import Alert, AlertState, Delivery, DeliveryState, EventKind
from governance.alerts.services.events import record_alert_event
from governance.alerts.services.opening import ALERTING

KEEP_RESOLVED = timedelta(days=400)
KEEP_DELIVERIES = timedelta(days=90)
BATCH = 500


@transaction.atomic
def settle_alerts(*, now: datetime) -> int:
    """Tell people how flapping alerts ended up, and of silences that ended; return how many."""
    locked = Alert.objects.select_for_update(of=("self",)).order_by("pk")
    settled = [alert for alert in locked.filter(is_flapping=True) if has_settled(alert.turns, now)]
    for alert in settled:
        alert.is_flapping = False
        alert.save(update_fields=["is_flapping"])
        note = _("It holds still.") if alert.is_firing else _("It has not come back.")
        _tell(alert, EventKind.SETTLE, now, note)
    ended = list(locked.filter(silenced_until__lte=now))
    for alert in ended:
        alert.silenced_until = None
        alert.save(update_fields=["silenced_until"])
        if alert.is_open:
            _tell(alert, EventKind.REMIND, now, _("The silence has ended; the alert is open."))
    return len(settled) + len(ended)


def prune_alerts(*, now: datetime) -> int:
    """Delete deliveries after 90 days and resolved alerts after 400; return how many rows."""
    deliveries = Delivery.objects.exclude(state=DeliveryState.PENDING)
    old_deliveries = deliveries.filter(created_at__lt=now - KEEP_DELIVERIES)
    resolved = Alert.objects.filter(state=AlertState.RESOLVED)
    old_alerts = resolved.filter(resolved_at__lt=now - KEEP_RESOLVED)
    count = 0
    while pks := list(old_deliveries.order_by("pk").values_list("pk", flat=True)[:BATCH]):
        count += Delivery.objects.filter(pk__in=pks).delete()[0]
    while pks := list(old_alerts.order_by("pk").values_list("pk", flat=True)[:BATCH]):
        count += Alert.objects.filter(pk__in=pks).delete()[0]
    return count


def _tell(alert: Alert, kind: EventKind, now: datetime, note: str) -> None:
    is_announced = not alert.is_silenced(now)
    record_alert_event(alert, kind, actor=ALERTING, at=now, note=note, is_announced=is_announced)
