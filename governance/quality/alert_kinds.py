"""The kind of alert that quality checks raise."""

from governance.alerts.kinds import AlertKind, Severity, StandardRule

QUALITY_FAILED = AlertKind(
    key="quality_failed",
    label="Quality check failed",
    description="A quality check of a port fails, until it passes again.",
    standard_rules=[StandardRule(severity=Severity.WARNING)],
    is_for_followers=True,
)
