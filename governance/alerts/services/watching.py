"""Watches that need neither broker nor worker: they read the database, and deliver late messages.

A poller cannot report its own silence, nor a broker that it is down. So a process that is neither
calls `watch` every few seconds (config/alert_watch: a process of the web server).
"""

from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from governance.alerts.models import AlertEvent, Delivery
from governance.alerts.services.delivering import deliver
from governance.alerts.services.settling import settle_alerts
from governance.alerts.services.synthetic import send_synthetic

log = structlog.get_logger(__name__)
# Workers take a message within seconds; what is older nobody has taken.
LATE = timedelta(seconds=20)

Watch = Callable[[datetime], object]
_watches: dict[str, Watch] = {}


def register_watch(name: str, check: Watch) -> None:
    """Register what opens or resolves an alert, given the time, from the database alone."""
    _watches[name] = check


def watch(*, now: datetime) -> int:
    """Run every watch, and deliver what no worker has; return how many deliveries were tried."""
    send_synthetic(now=now)
    settle_alerts(now=now)
    for name, check in _watches.items():
        try:
            check(now)
        except Exception as error:
            log.error("watch_failed", watch=name, exc_info=error)
    return deliver(now=now) if _is_something_late(now) else 0


def _is_something_late(now: datetime) -> bool:
    events = AlertEvent.objects.filter(is_announced=True, fanned_out_at__isnull=True)
    return (
        events.filter(at__lte=now - LATE).exists()
        or Delivery.objects.due(now - LATE).filter(next_attempt_at__lte=now - LATE).exists()
    )
