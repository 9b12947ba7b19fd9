"""Granting and revoking roles."""

from datetime import datetime

from django.db import transaction

from catalog.audit.services import Subject, record
from catalog.authorization.access import Writer, require_permission
from catalog.authorization.models import Membership
from catalog.domains.models import Domain
from catalog.exceptions import InvalidTransition, ValidationFailed
from catalog.people.models import Person
from catalog.permissions import DOMAIN_ROLES, MESH_ROLES, Permission, Role
from catalog.revisions.services import audit_subject


@transaction.atomic
def grant_role(
    *,
    person: Person,
    role: Role,
    actor: Writer,
    domain: Domain | None = None,
    ends_at: datetime | None = None,
) -> Membership:
    """Grant a role in a domain, or in the mesh; granting it again sets its end.

    Raises PermissionDenied; ValidationFailed if a domain, or the mesh, has no such role.
    """
    require_permission(actor, Permission.MANAGE_MEMBERS, domain)
    if role not in (DOMAIN_ROLES if domain else MESH_ROLES):
        place = "a domain" if domain else "the mesh"
        raise ValidationFailed.of("role", f"{role.value} is not a role of {place}.")
    membership, _ = Membership.objects.update_or_create(
        person=person, role=role.value, domain=domain, defaults={"ends_at": ends_at}
    )
    _record_role(actor, "gave role", membership)
    return membership


@transaction.atomic
def revoke_role(*, membership: Membership, actor: Writer, reason: str = "") -> None:
    """Revoke a role from the next request on; one that was revoked already is audited once.

    Raises PermissionDenied, InvalidTransition (the mesh's last governance lead).
    """
    require_permission(actor, Permission.MANAGE_MEMBERS, membership.domain)
    require_remaining_lead(membership)
    ended, _ = Membership.objects.filter(pk=membership.pk).delete()
    if ended:
        _record_role(actor, "took role", membership, reason)


def require_remaining_lead(membership: Membership) -> None:
    if membership.role != Role.GOVERNANCE_LEAD.value:
        return
    # All of them are locked, so that two leads cannot each take the other's role at once.
    leads = Membership.objects.active().filter(domain=None, role=membership.role)
    locked = leads.select_for_update(of=("self",)).order_by("pk").values_list("pk", flat=True)
    if not set(locked) - {membership.pk}:
        raise InvalidTransition(
            "The mesh needs a governance lead.", location="role", hint="Name another one first."
        )


def _record_role(actor: Writer, verb: str, membership: Membership, reason: str = "") -> None:
    domain = membership.domain
    subject = audit_subject(domain) if domain else Subject(kind="mesh", id="mesh", name="the mesh")
    record(
        actor=actor,
        verb=verb,
        subject=subject,
        reason=reason,
        after={
            "person": membership.person.display_name,
            "role": membership.role,
            "until": membership.ends_at.isoformat() if membership.ends_at else None,
        },
    )
