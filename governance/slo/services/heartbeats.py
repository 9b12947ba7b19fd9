"""Records heartbeats of ports that Assay cannot reach."""

from datetime import datetime

from django.db import transaction
from django.db.models import Q

from catalog.ports.models import OutputPort
from governance.slo.models import Heartbeat, ProbeSchedule
from governance.slo.outcomes import Outcome


@transaction.atomic
def record_heartbeat(
    *, port: OutputPort, identifier: str, sent_at: datetime, now: datetime
) -> bool:
    """Record a heartbeat unless it came before, or a later one did; return True if it is new.

    A port that was not good is checked at once, so its recovery is known in seconds.
    """
    stored = {"sent_at": sent_at, "received_at": now, "identifier": identifier}
    row, is_new = Heartbeat.objects.select_for_update().get_or_create(port=port, defaults=stored)
    if not is_new:
        if row.identifier == identifier or sent_at <= row.sent_at:
            return False
        Heartbeat.objects.filter(pk=row.pk).update(**stored)
    if port.last_outcome != Outcome.GOOD:
        schedules = ProbeSchedule.objects.filter(port=port, claimed_until__isnull=True)
        schedules.filter(Q(next_due_at__gt=now)).update(next_due_at=now)
    return True
