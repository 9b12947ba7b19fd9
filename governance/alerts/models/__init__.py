"""Alerts, the rules that raise them, and where they are sent."""

from governance.alerts.models.alerts import (
    OPEN_STATES,
    Alert,
    AlertEvent,
    AlertQuerySet,
    AlertState,
    EventKind,
)
from governance.alerts.models.deliveries import Delivery, DeliveryState
from governance.alerts.models.routes import WEB_CHANNELS, Channel, Route
from governance.alerts.models.rule_rows import AlertRule

__all__ = [
    "OPEN_STATES",
    "WEB_CHANNELS",
    "Alert",
    "AlertEvent",
    "AlertQuerySet",
    "AlertRule",
    "AlertState",
    "Channel",
    "Delivery",
    "DeliveryState",
    "EventKind",
    "Route",
]
