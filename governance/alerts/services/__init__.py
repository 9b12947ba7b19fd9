"""Writes rules, alerts, routes and deliveries; one module per occasion."""

from governance.alerts.services.delivering import deliver
from governance.alerts.services.handling import acknowledge, assign, resolve, silence
from governance.alerts.services.opening import open_alert, resolve_alert
from governance.alerts.services.routes import (
    RouteFields,
    change_route,
    create_route,
    delete_route,
    rotate_secret,
    send_test,
)
from governance.alerts.services.rules import (
    EffectiveRule,
    RuleBook,
    RuleFields,
    change_rule,
    create_rule,
    delete_rule,
    rule_issues,
    rules_for,
    standard_rules,
)
from governance.alerts.services.settling import prune_alerts, settle_alerts
from governance.alerts.services.synthetic import PathProof, path_proof, send_synthetic
from governance.alerts.services.watching import register_watch, watch

__all__ = [
    "EffectiveRule",
    "PathProof",
    "RouteFields",
    "RuleBook",
    "RuleFields",
    "acknowledge",
    "assign",
    "change_route",
    "change_rule",
    "create_route",
    "create_rule",
    "delete_route",
    "delete_rule",
    "deliver",
    "open_alert",
    "path_proof",
    "prune_alerts",
    "register_watch",
    "resolve",
    "resolve_alert",
    "rotate_secret",
    "rule_issues",
    "rules_for",
    "send_synthetic",
    "send_test",
    "settle_alerts",
    "silence",
    "standard_rules",
    "watch",
]
