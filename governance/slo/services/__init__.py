"""Writing what was promised, what was seen and how promises stand; one file per occasion."""

from governance.slo.services.claims import ProbeQueue, claim_due, claim_ports
from governance.slo.services.evaluation import evaluate_ports, judge
from governance.slo.services.maintenance import mark_unmeasured, prune, roll_up_days
from governance.slo.services.objectives import project_promises, schedule_missing_ports
from governance.slo.services.probing import probe, probe_ports
from governance.slo.services.product_status import publish_status
from governance.slo.services.recording import record_measurements

__all__ = [
    "ProbeQueue",
    "claim_due",
    "claim_ports",
    "evaluate_ports",
    "judge",
    "mark_unmeasured",
    "probe",
    "probe_ports",
    "project_promises",
    "prune",
    "publish_status",
    "record_measurements",
    "roll_up_days",
    "schedule_missing_ports",
]
