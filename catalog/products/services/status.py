"""Writes a product's status and trust columns, and what followers must see again."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from catalog.audit.actors import SystemActor
from catalog.authorization.access import Writer
from catalog.products.models import DataProduct, Status
from catalog.products.services.working_copy import record_setting
from catalog.revisions.services import record_change
from catalog.types import JSONObject

METRIC_UPDATE_INTERVAL = timedelta(hours=1)


def set_status(
    product: DataProduct,
    status: Status,
    verb: str,
    actor: Writer,
    reason: str = "",
    *,
    columns: Mapping[str, object] | None = None,
    changes: JSONObject | None = None,
    working_copy: DataProduct | None = None,
) -> DataProduct:
    """Set the status and other columns of a locked product, as one edit, in its transaction.

    A working copy repeats them. `changes` is what else the audit trail says of the edit.
    """
    before, columns = {"status": product.status}, columns or {}
    for row in filter(None, (product, working_copy)):
        row.status = status
        for name, value in columns.items():
            setattr(row, name, value)
        row.save(update_fields=["status", *columns])
    after: JSONObject = {"status": status.value}
    after |= {name: str(value) for name, value in columns.items()} | (changes or {})
    record_setting(product, working_copy, actor, verb, before=before, after=after, reason=reason)
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


# What decides on a state: the state, when that was observed, and why, as a sentence.
Decision = tuple[str, datetime | None, str]


def set_contract_state(
    *, product_id: int, decide: Callable[[], Decision], actor: SystemActor
) -> bool:
    """Write whether a product's contracts are met; return True if the state changed."""
    return _set_state(name="contract", product_id=product_id, decide=decide, actor=actor)


def set_quality_state(
    *, product_id: int, decide: Callable[[], Decision], actor: SystemActor
) -> bool:
    """Write what the quality checks of a product say; return True if the state changed."""
    return _set_state(name="quality", product_id=product_id, decide=decide, actor=actor)


@transaction.atomic
def _set_state(
    *, name: str, product_id: int, decide: Callable[[], Decision], actor: SystemActor
) -> bool:
    """Write a state of a product; return True if it changed.

    `decide` is called once the product is locked, so that of two readings at a time the later one
    sees both. A changed state bumps the revision and is audited.
    """
    column, observed = f"{name}_state", f"{name}_observed_at"
    rows = DataProduct.objects.filter(pk=product_id)
    product = rows.select_for_update(of=("self",), no_key=True).select_related("domain").first()
    if product is None:
        return False
    before = getattr(product, column)
    state, observed_at, reason = decide()
    if state == before:
        rows.update(**{observed: observed_at})
        return False
    changes = {column: state, observed: observed_at}
    rows.update(**changes, revision=F("revision") + 1, revised_at=timezone.now())
    product.refresh_from_db(fields=["revision"])
    record_change(
        product,
        actor,
        f"{name} state changed",
        before={column: str(before)},
        after={column: str(state)},
        reason=reason,
    )
    return True
