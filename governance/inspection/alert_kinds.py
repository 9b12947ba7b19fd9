"""The kind of alert that the comparison of sources with contracts raises."""

from governance.alerts.kinds import AlertKind, Severity, StandardRule

CONTRACT_BROKEN = AlertKind(
    key="contract_broken",
    label="Contract broken",
    description="A source no longer serves what its contract says.",
    standard_rules=[StandardRule(severity=Severity.CRITICAL)],
    is_for_followers=True,
)
