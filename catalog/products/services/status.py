"""Writes a product's status and trust columns, and what followers must see again."""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from catalog.audit.actors import SystemActor
from catalog.authorization.access import Writer
from catalog.products.models import ContractState, DataProduct, Status
from catalog.products.services.documents import record_edit
from catalog.revisions.services import record_change
from catalog.types import JSONObject

METRIC_UPDATE_INTERVAL = timedelta(hours=1)


def set_status(
    product: DataProduct,
    status: Status,
    verb: str,
    actor: Writer,
    reason: str = "",
    **columns: object,
) -> DataProduct:
    """Set the status and other columns of a locked product, as one edit, in its transaction."""
    before = {"status": product.status}
    product.status = status
    for name, value in columns.items():
        setattr(product, name, value)
    product.save(update_fields=["status", *columns])
    after = {"status": status.value} | {name: str(value) for name, value in columns.items()}
    record_edit(product, actor, verb, before=before, after=after, reason=reason)
    return product


@transaction.atomic
def set_trust(*, product_id: int, verdict: str, figures: JSONObject, actor: SystemActor) -> bool:
    """Write what was measured; return True if the verdict changed.

    A changed verdict bumps the revision and is audited. New figures alone are not audited, and
    bump the revision only if it was not bumped for an hour.
    """
    now = timezone.now()
    rows = DataProduct.objects.filter(pk=product_id)
    same = rows.filter(slo_verdict=verdict)
    is_recent = Q(revised_at__gt=now - METRIC_UPDATE_INTERVAL, revised_at__lte=now)
    if same.filter(is_recent).update(slo_figures=figures):
        return False
    if same.update(slo_figures=figures, revision=F("revision") + 1, revised_at=now):
        return False
    product = rows.select_for_update(of=("self",)).select_related("domain").get()
    before = {"slo_verdict": product.slo_verdict}
    rows.update(
        slo_verdict=verdict, slo_figures=figures, revision=F("revision") + 1, revised_at=now
    )
    product.refresh_from_db(fields=["revision"])
    after = {"slo_verdict": verdict}
    record_change(product, actor, "verdict turned", before=before, after=after)
    return True


@transaction.atomic
def set_contract_state(
    *,
    product_id: int,
    decide: Callable[[], tuple[ContractState, datetime | None, str]],
    actor: SystemActor,
) -> bool:
    """Write whether a product's contracts are met; return True if the state changed.

    `decide` returns the state, when that was observed, and why, as a sentence; it is called once
    the product is locked, so that of two readings at a time the later one sees both. A changed
    state bumps the revision and is audited.
    """
    rows = DataProduct.objects.filter(pk=product_id)
    product = rows.select_for_update(of=("self",), no_key=True).select_related("domain").first()
    if product is None:
        return False
    before = product.contract_state
    state, observed_at, reason = decide()
    if state == before:
        rows.update(contract_observed_at=observed_at)
        return False
    now = timezone.now()
    rows.update(
        contract_state=state,
        contract_observed_at=observed_at,
        revision=F("revision") + 1,
        revised_at=now,
    )
    product.refresh_from_db(fields=["revision"])
    record_change(
        product,
        actor,
        "contract state changed",
        before={"contract_state": before},
        after={"contract_state": state.value},
        reason=reason,
    )
    return True
