"""Governance's models, gathered here for Django alone; other modules import the slices."""

from governance.alerts.models import Alert, AlertEvent, AlertRule, Delivery, Route
from governance.inbox.models import Digest, InboxSettings
from governance.inspection.models import Inspection, RejectedClassification, SourceSchedule
from governance.policies.models import (
    EvaluatedProduct,
    Policy,
    PolicyVersion,
    StoredResult,
)
from governance.quality.models import (
    CheckOutcome,
    DistributionBaseline,
    QualityRun,
    QualitySchedule,
)
from governance.representation.models import (
    RepresentationPlan,
    RepresentationRun,
    RepresentationSchedule,
    ShareMove,
)
from governance.schedules.models import HostClock, LoopRun, WorkCount
from governance.slo.models import (
    Breach,
    Heartbeat,
    IndicatorValue,
    MaintenanceWindow,
    Measurement,
    Objective,
    ObjectiveStandard,
    ObjectiveStatus,
    ProbeSchedule,
    RollUp,
)

__all__ = [
    "Alert",
    "AlertEvent",
    "AlertRule",
    "Breach",
    "CheckOutcome",
    "Delivery",
    "Digest",
    "DistributionBaseline",
    "EvaluatedProduct",
    "Heartbeat",
    "HostClock",
    "InboxSettings",
    "IndicatorValue",
    "Inspection",
    "LoopRun",
    "MaintenanceWindow",
    "Measurement",
    "Objective",
    "ObjectiveStandard",
    "ObjectiveStatus",
    "Policy",
    "PolicyVersion",
    "ProbeSchedule",
    "QualityRun",
    "QualitySchedule",
    "RejectedClassification",
    "RepresentationPlan",
    "RepresentationRun",
    "RepresentationSchedule",
    "RollUp",
    "Route",
    "ShareMove",
    "SourceSchedule",
    "StoredResult",
    "WorkCount",
]
