"""Objectives, measurements, roll-ups, breaches and probe schedules."""

from governance.slo.models.maintenance import MaintenanceWindow
from governance.slo.models.measurements import Measurement, Period, RollUp
from governance.slo.models.objectives import Breach, Objective, ObjectiveStandard, ObjectiveStatus
from governance.slo.models.schedules import (
    DEFAULT_INTERVAL,
    SLOW_AFTER,
    ProbeSchedule,
)

__all__ = [
    "DEFAULT_INTERVAL",
    "SLOW_AFTER",
    "Breach",
    "MaintenanceWindow",
    "Measurement",
    "Objective",
    "ObjectiveStandard",
    "ObjectiveStatus",
    "Period",
    "ProbeSchedule",
    "RollUp",
]
