"""The only writer of the state of a certification, and of what the catalog shows of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from catalog.audit.actors import Actor
from catalog.audit.services import Subject, record
from catalog.exceptions import EditConflict, InvalidTransition
from catalog.people.models import Person
from catalog.products.models import DataProduct
from catalog.products.services import set_certification
from catalog.types import JSONObject
from governance.certification.models import Certification, Decision
from governance.certification.transitions import IN_FORCE, Act, State, next_state


def lock_certified_product(product_id: int) -> DataProduct:
    """Lock a product for a change of its certification, so that two never happen at once."""
    rows = DataProduct.objects.select_for_update(of=("self",), no_key=True)
    return rows.select_related("domain").get(pk=product_id)


@transaction.atomic
def move(
    *,
    certification: Certification,
    act: Act,
    edition: int,
    actor: Actor,
    reason: str = "",
    digest: str = "",
    domain_id: int | None = None,
    columns: Mapping[str, object] | None = None,
) -> Certification:
    """Move a certification by an act, if it is still of this edition; write who decided and why.

    `columns` are further columns of the row. Raises InvalidTransition, EditConflict (somebody else
    was first).
    """
    product = lock_certified_product(certification.product_id)
    row = Certification.objects.get(pk=certification.pk)
    before, after = State(row.state), next_state(State(row.state), act)
    if row.edition != edition:
        raise EditConflict(sent=edition, current=row.edition)
    if after is None:
        raise InvalidTransition(f"A certification that is {before.label} cannot {act}.")
    now = timezone.now()
    ended = {"ended_at": now} if after in ENDED else {}
    changed = Certification.objects.filter(pk=row.pk, edition=edition, state=before).update(
        state=after, edition=F("edition") + 1, changed_at=now, **ended, **(columns or {})
    )
    if not changed:
        row.refresh_from_db()
        raise EditConflict(sent=edition, current=row.edition)
    row.refresh_from_db()
    add_decision(row, act, actor, reason=reason, digest=digest, domain_id=domain_id)
    record(
        actor=actor,
        verb=VERBS[act],
        subject=certification_subject(row, product),
        before={"state": before.value},
        after={"state": after.value, "level": row.level},
        reason=reason,
    )
    publish_certification(product, actor, reason)
    return row


ENDED = (State.LAPSED, State.REVOKED, State.REFUSED, State.WITHDRAWN)
VERBS = {
    Act.START_REVIEW: "review started",
    Act.APPROVE: "certified",
    Act.REQUEST_CHANGES: "changes requested",
    Act.REFUSE: "certification refused",
    Act.WITHDRAW: "request withdrawn",
    Act.SUSPEND: "certification suspended",
    Act.RESTORE: "certification restored",
    Act.REVOKE: "certification revoked",
    Act.LAPSE: "certification lapsed",
}


def certification_subject(row: Certification, product: DataProduct) -> Subject:
    return Subject(
        kind="certification",
        id=str(row.uuid),
        name=f"{product.name} ({row.level})",
        domain_id=product.domain_id,
    )


def add_decision(
    row: Certification,
    act: Act,
    actor: Actor,
    *,
    reason: str = "",
    digest: str = "",
    domain_id: int | None = None,
) -> Decision:
    """Write what somebody decided, in the transaction of the decision."""
    return Decision.objects.create(
        certification=row,
        act=act,
        person=actor if isinstance(actor, Person) else None,
        actor_name=actor.audit_name[:200],
        domain_id=domain_id,
        reason=reason,
        digest=digest,
    )


def publish_certification(product: DataProduct, actor: Actor, reason: str = "") -> None:
    """Write to a locked product what its certifications come to."""
    rows = Certification.objects.filter(product=product, state__in=[*IN_FORCE, State.LAPSED])
    newest = rows.order_by("-certified_at", "-pk").first()
    label, until = "", None
    if newest is not None:
        is_certified = newest.state == State.CERTIFIED
        label = newest.level if is_certified else newest.state
        until = _day(newest.expires_at)
    set_certification(product=product, certification=label, until=until, actor=actor, reason=reason)


def _day(moment: datetime | None) -> date | None:
    return moment.date() if moment else None


def cause_as_json(code: str, sentence: str, evidence: JSONObject) -> JSONObject:
    """Return why a certification was suspended, as `Certification.cause` has it."""
    return {"code": code, "sentence": sentence, "evidence": evidence}
