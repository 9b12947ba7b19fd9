"""The kinds of alerts that objectives and their polling raise."""

from governance.alerts.kinds import AlertKind, Severity, StandardRule

BREACH = AlertKind(
    key="breach",
    label="Objective missed",
    description="An objective is missed in its window, until it is met again.",
    standard_rules=[StandardRule(severity=Severity.CRITICAL)],
    is_for_followers=True,
)
BURN_RATE = AlertKind(
    key="burn_rate",
    label="Error budget burns fast",
    description="The error budget is consumed faster than the window allows.",
    standard_rules=[],
    is_for_followers=False,
)
PORT_SILENT = AlertKind(
    key="port_silent",
    label="Port not measured",
    description="A port that should be measured was not, although others were.",
    standard_rules=[StandardRule(severity=Severity.WARNING)],
)
POLLER_SILENT = AlertKind(
    key="poller_silent",
    label="Poller silent",
    description="Assay itself does not measure the ports that are due.",
    standard_rules=[StandardRule(severity=Severity.CRITICAL)],
    is_of_installation=True,
)
SLO_KINDS = (BREACH, BURN_RATE, PORT_SILENT, POLLER_SILENT)
