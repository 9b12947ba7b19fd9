"""Words of alerts on a page."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from governance.alerts.kinds import Severity, kinds
from governance.alerts.models import AlertState, Channel, DeliveryState, EventKind

SEVERITIES: dict[Severity, Promise] = {
    Severity.CRITICAL: _("critical"),
    Severity.WARNING: _("warning"),
    Severity.INFO: _("info"),
}
TONES = {Severity.CRITICAL: "bad", Severity.WARNING: "warn", Severity.INFO: ""}
STATES: dict[str, Promise] = {
    AlertState.OPEN: _("Open"),
    AlertState.ACKNOWLEDGED: _("Acknowledged"),
    AlertState.RESOLVED: _("Resolved"),
}
EVENTS: dict[str, Promise] = {
    EventKind.OPEN: _("Opened"),
    EventKind.REOPEN: _("Opened again"),
    EventKind.ACKNOWLEDGE: _("Acknowledged"),
    EventKind.ASSIGN: _("Assigned"),
    EventKind.SILENCE: _("Silenced"),
    EventKind.RESOLVE: _("Resolved"),
    EventKind.FLAP: _("Opens and resolves again and again: people hear of it once"),
    EventKind.SETTLE: _("Settled"),
    EventKind.REMIND: _("Reminder"),
}
DELIVERIES: dict[str, Promise] = {
    DeliveryState.PENDING: _("waits"),
    DeliveryState.DELIVERED: _("delivered"),
    DeliveryState.DEAD: _("given up"),
    DeliveryState.WITHHELD: _("withheld"),
}
CHANNELS: dict[str, Promise] = {
    Channel.IN_APP: _("Inbox"),
    Channel.MAIL: _("E-mail"),
    Channel.WEBHOOK: _("Signed webhook"),
    Channel.SLACK: _("Slack webhook"),
    Channel.SELF_CHECK: _("Self-check"),
}
STATE_TONES = {AlertState.OPEN: "bad", AlertState.ACKNOWLEDGED: "warn", AlertState.RESOLVED: "ok"}
DELIVERY_TONES = {DeliveryState.DELIVERED: "ok", DeliveryState.DEAD: "bad"}


def alert_state_label(state: str) -> str | Promise:
    return STATES.get(state, state)


def alert_state_tone(state: str) -> str:
    return STATE_TONES.get(AlertState(state), "")


def alert_event_label(kind: str) -> str | Promise:
    return EVENTS.get(kind, kind)


def delivery_label(state: str) -> str | Promise:
    return DELIVERIES.get(state, state)


def delivery_tone(state: str) -> str:
    return DELIVERY_TONES.get(DeliveryState(state), "")


def alert_kind_label(kind: str) -> str:
    """Return the label of a kind; its key, if the slice that registers it is not installed."""
    return kinds()[kind].label if kind in kinds() else kind.replace("_", " ")


def channel_label(channel: str) -> str | Promise:
    return CHANNELS.get(channel, channel)


def severity_label(severity: str) -> Promise:
    return SEVERITIES[Severity(severity)]


def severity_tone(severity: str) -> str:
    return TONES[Severity(severity)]
