"""Opens and closes breaches, each with its event in the audit trail."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from catalog.audit.actors import SystemActor
from catalog.audit.services import Subject, record
from catalog.products.models import DataProduct
from catalog.products.services import audit_subject
from governance.slo.evaluation import Indicator
from governance.slo.models import Breach, Measurement, Objective
from governance.slo.outcomes import Outcome
from governance.slo.wording import format_objective

JUDGE = SystemActor("slo")


def open_breach(*, objective: Objective, at: datetime, port_ids: Collection[int] = ()) -> None:
    """Open a breach unless one is open; it begins at `at`, or with the first bad measurement of
    the window where `port_ids` are given."""
    if objective.breaches.open().exists():
        return
    breach = Breach.objects.create(
        objective=objective,
        product=product_of(objective),
        promise=format_objective(objective.promise)[:200],
        opened_at=_first_bad(objective, port_ids, at) or at,
    )
    _note("objective missed", objective, breach)


def close_breach(*, objective: Objective, at: datetime) -> None:
    """Close the open breach of an objective, if there is one."""
    for breach in objective.breaches.open():
        breach.closed_at = max(at, breach.opened_at)
        breach.save(update_fields=["closed_at"])
        _note("objective kept again", objective, breach)


def product_of(objective: Objective) -> DataProduct | None:
    """Return the product that an objective is about; None where it is a domain's."""
    return objective.port.product if objective.port else objective.product


def _first_bad(objective: Objective, port_ids: Collection[int], at: datetime) -> datetime | None:
    window = Measurement.objects.filter(
        port_id__in=port_ids, slot__gte=at - objective.window, slot__lte=at
    )
    if objective.indicator == Indicator.LATENCY:
        slow = window.filter(outcome=Outcome.GOOD, total__gt=objective.promise.edge)
        bad = slow | window.filter(outcome=Outcome.TIMEOUT)
    else:
        bad = window.exclude(outcome=Outcome.GOOD)
    return bad.order_by("slot").values_list("slot", flat=True).first()


def _note(verb: str, objective: Objective, breach: Breach) -> None:
    record(
        actor=JUDGE,
        verb=verb,
        subject=_subject(objective),
        after={
            "promise": breach.promise,
            "opened_at": breach.opened_at.isoformat(),
            "closed_at": breach.closed_at.isoformat() if breach.closed_at else None,
        },
    )


def _subject(objective: Objective) -> Subject:
    product = product_of(objective)
    if product is not None:
        return audit_subject(product)
    assert objective.domain is not None
    domain = objective.domain
    return Subject(kind="domain", id=str(domain.pk), name=domain.name, domain_id=domain.pk)
