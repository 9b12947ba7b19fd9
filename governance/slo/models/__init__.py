"""Objectives, measurements, indicator values, roll-ups, breaches and probe schedules."""

from governance.slo.models.maintenance import MaintenanceWindow
from governance.slo.models.measurements import Measurement, Period, RollUp
from governance.slo.models.objectives import Breach, Objective, ObjectiveStandard, ObjectiveStatus
from governance.slo.models.schedules import (
    DEFAULT_INTERVAL,
    SLOW_AFTER,
    Heartbeat,
    ProbeSchedule,
)
from governance.slo.models.values import IndicatorValue

__all__ = [
    "DEFAULT_INTERVAL",
    "SLOW_AFTER",
    "Breach",
    "Heartbeat",
    "IndicatorValue",
    "MaintenanceWindow",
    "Measurement",
    "Objective",
    "ObjectiveStandard",
    "ObjectiveStatus",
    "Period",
    "ProbeSchedule",
    "RollUp",
]
