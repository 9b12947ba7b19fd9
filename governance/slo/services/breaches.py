"""Opens and closes breaches, each with its event in the audit trail."""

from collections.abc import Collection
from datetime import datetime

from catalog.audit.actors import SystemActor
from catalog.audit.services import record
from catalog.revisions.services import audit_subject
from governance.slo.models import Breach, Measurement, Objective
from governance.slo.services.alerting import alert_of_breach, end_alert_of_breach
from governance.slo.wording import format_objective

SLO_WORKER = SystemActor("slo")


def open_breach(
    *,
    objective: Objective,
    opened_at: datetime,
    port_ids: Collection[int] = (),
    first_check: datetime | None = None,
) -> None:
    """Open a breach unless one is open.

    If `first_check` is given it starts with the first failed measurement since then.
    """
    if objective.breaches.open().exists():
        return
    first_failure = None
    if first_check and objective.spec.is_probed:
        window = Measurement.objects.filter(
            port_id__in=port_ids,
            slot__gte=first_check,
            slot__lte=opened_at,
            in_maintenance=False,
        )
        failed = window.failing(objective.spec).order_by("slot")
        first_failure = failed.values_list("slot", flat=True).first()
    breach = Breach.objects.create(
        objective=objective,
        product=objective.subject_product,
        description=format_objective(objective.spec)[:200],
        opened_at=first_failure or opened_at,
    )
    _record_event("objective missed", objective, breach)
    alert_of_breach(breach, now=opened_at)


def close_breach(*, objective: Objective, closed_at: datetime) -> None:
    for breach in objective.breaches.open():
        breach.closed_at = max(closed_at, breach.opened_at)
        breach.save(update_fields=["closed_at"])
        _record_event("objective met again", objective, breach)
        end_alert_of_breach(objective, now=closed_at)


def _record_event(verb: str, objective: Objective, breach: Breach) -> None:
    record(
        actor=SLO_WORKER,
        verb=verb,
        subject=audit_subject(objective.subject_product),
        after={
            "objective": breach.description,
            "opened_at": breach.opened_at.isoformat(),
            "closed_at": breach.closed_at.isoformat() if breach.closed_at else None,
        },
    )
