"""What a product promises (objectives), what was seen, and where it fell short."""

from governance.slo.models.measurements import Measurement, Period, RollUp
from governance.slo.models.objectives import Breach, Objective, ObjectiveStatus
from governance.slo.models.schedules import PROBED_TYPES, USUAL_INTERVAL, ProbeSchedule

__all__ = [
    "PROBED_TYPES",
    "USUAL_INTERVAL",
    "Breach",
    "Measurement",
    "Objective",
    "ObjectiveStatus",
    "Period",
    "ProbeSchedule",
    "RollUp",
]
