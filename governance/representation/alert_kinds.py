"""The kind of alert that moving shares of groups raise."""

from governance.alerts.kinds import AlertKind, Severity, StandardRule

BIAS_DRIFT = AlertKind(
    key="bias_drift",
    label="Representation moved",
    description="The share of a group moved by more than its plan allows and chance explains.",
    standard_rules=[StandardRule(severity=Severity.WARNING)],
)
