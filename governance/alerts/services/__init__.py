"""Writes rules, alerts, routes and deliveries; one module per occasion."""

from governance.alerts.services.handling import acknowledge, assign, resolve, silence
from governance.alerts.services.opening import open_alert, resolve_alert
from governance.alerts.services.rules import EffectiveRule, rules_for

__all__ = [
    "EffectiveRule",
    "acknowledge",
    "assign",
    "open_alert",
    "resolve",
    "resolve_alert",
    "rules_for",
    "silence",
]
