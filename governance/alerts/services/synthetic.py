"""The synthetic alert: sent every hour through the whole path, to prove that alerts arrive."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from governance.alerts.kinds import SYNTHETIC, Severity
from governance.alerts.models import (
    Alert,
    AlertState,
    Channel,
    Delivery,
    DeliveryState,
    EventKind,
)
from governance.alerts.services.events import record_alert_event
from governance.alerts.services.opening import ALERTING

INTERVAL = timedelta(hours=1)
# Later than this, the path is not proven any more.
PROVEN_FOR = timedelta(minutes=75)
KEY = "synthetic"
KEEP = 48


@dataclass(frozen=True, kw_only=True)
class PathProof:
    """How the newest synthetic alert fared: when it was sent, and by how much later it arrived.

    `undelivered` counts routes that take it and did not, by the end of this reading.
    """

    sent_at: datetime | None = None
    arrived_at: datetime | None = None
    routes: int = 0
    undelivered: int = 0
    error: str = ""

    def is_proven(self, now: datetime) -> bool | None:
        """Return True if the path was proven lately; None before the first synthetic alert."""
        if self.sent_at is None:
            return None
        if self.arrived_at is None:
            return None if now - self.sent_at < timedelta(minutes=1) else False
        return now - self.arrived_at < PROVEN_FOR and not self.undelivered


@transaction.atomic
def send_synthetic(*, now: datetime) -> bool:
    """Send the synthetic alert if the last one is an hour old; return True if it was sent."""
    newest = Alert.objects.select_for_update().filter(key=KEY).order_by("-opened_at").first()
    if newest is not None and timedelta(0) <= now - newest.opened_at < INTERVAL:
        return False
    alert = Alert.objects.create(
        key=KEY,
        kind=SYNTHETIC.key,
        severity=Severity.INFO,
        state=AlertState.RESOLVED,
        is_firing=False,
        summary="Synthetic alert: it proves that alerts arrive.",
        opened_at=now,
        last_seen_at=now,
        resolved_at=now,
        resolution="Nothing needs to be done.",
    )
    record_alert_event(
        alert, EventKind.OPEN, actor=ALERTING, at=now, is_announced=True, is_audited=False
    )
    old = Alert.objects.filter(key=KEY).order_by("-opened_at").values_list("pk", flat=True)[KEEP:]
    Alert.objects.filter(pk__in=list(old)).delete()
    return True


def path_proof() -> PathProof:
    """Return how the newest synthetic alert fared."""
    alert = Alert.objects.filter(key=KEY).order_by("-opened_at").first()
    if alert is None:
        return PathProof()
    deliveries = Delivery.objects.filter(event__alert=alert)
    own = deliveries.filter(channel=Channel.SELF_CHECK).first()
    others = deliveries.exclude(channel=Channel.SELF_CHECK)
    failed = others.exclude(state__in=[DeliveryState.DELIVERED, DeliveryState.WITHHELD])
    problem = failed.exclude(last_error="").first() or own
    return PathProof(
        sent_at=alert.opened_at,
        arrived_at=own.delivered_at if own else None,
        routes=others.count(),
        undelivered=failed.count(),
        error=problem.last_error if problem else "",
    )
