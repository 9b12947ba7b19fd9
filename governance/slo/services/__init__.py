"""Writes objectives, measurements, status and breaches; one module per occasion."""

from governance.slo.services.claims import ProbeQueue, claim_due, claim_ports
from governance.slo.services.evaluation import evaluate, evaluate_ports
from governance.slo.services.heartbeats import record_heartbeat
from governance.slo.services.maintenance import mark_unmeasured, prune, roll_up_days
from governance.slo.services.objectives import project_objectives, schedule_missing_ports
from governance.slo.services.planned_maintenance import cancel_maintenance, plan_maintenance
from governance.slo.services.poller import find_poller_silence, queue_states
from governance.slo.services.probing import probe, probe_ports
from governance.slo.services.product_status import publish_status
from governance.slo.services.recording import record_measurements
from governance.slo.services.standards import (
    apply_all_standards,
    apply_standards,
    apply_standards_in_domains,
    set_standards,
)
from governance.slo.services.values import RecordedValue, record_values

__all__ = [
    "ProbeQueue",
    "RecordedValue",
    "apply_all_standards",
    "apply_standards",
    "apply_standards_in_domains",
    "cancel_maintenance",
    "claim_due",
    "claim_ports",
    "evaluate",
    "evaluate_ports",
    "find_poller_silence",
    "mark_unmeasured",
    "plan_maintenance",
    "probe",
    "probe_ports",
    "project_objectives",
    "prune",
    "publish_status",
    "queue_states",
    "record_heartbeat",
    "record_measurements",
    "record_values",
    "roll_up_days",
    "schedule_missing_ports",
    "set_standards",
]
