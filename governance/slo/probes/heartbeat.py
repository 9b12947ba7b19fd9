"""The check of a port that Assay cannot reach: has its own program sent a heartbeat in time?"""

from collections.abc import Sequence
from datetime import timedelta

from catalog.contracts.probe_settings import ProbeSettings
from governance.slo.models import Heartbeat
from governance.slo.outcomes import Outcome
from governance.slo.probe_types import ProbeTask


def check_heartbeats(tasks: Sequence[ProbeTask]) -> list[Outcome]:
    """Return for each task whether the last heartbeat is younger than an interval and its grace."""
    ports = [task.port_id for task in tasks]
    last = dict(Heartbeat.objects.filter(port_id__in=ports).values_list("port_id", "sent_at"))
    outcomes = []
    for task in tasks:
        grace = ProbeSettings.from_json(task.probe).grace_seconds(task.interval)
        due_since = task.slot - timedelta(seconds=task.interval + grace)
        sent_at = last.get(task.port_id)
        is_late = sent_at is None or sent_at < due_since
        outcomes.append(Outcome.LATE if is_late else Outcome.GOOD)
    return outcomes
