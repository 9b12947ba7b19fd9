"""Writing what was promised, what was seen and how promises stand; one file per occasion."""

from governance.slo.services.claims import Lane, claim_due, claim_ports
from governance.slo.services.evaluation import judge, judge_ports
from governance.slo.services.maintenance import notice_silence, prune, roll_up_days
from governance.slo.services.objectives import project_promises, schedule_missing_ports
from governance.slo.services.probing import probe, probe_ports
from governance.slo.services.product_status import refresh_trust
from governance.slo.services.recording import record_measurements

__all__ = [
    "Lane",
    "claim_due",
    "claim_ports",
    "judge",
    "judge_ports",
    "notice_silence",
    "probe",
    "probe_ports",
    "project_promises",
    "prune",
    "record_measurements",
    "refresh_trust",
    "roll_up_days",
    "schedule_missing_ports",
]
