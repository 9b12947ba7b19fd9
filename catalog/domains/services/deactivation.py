"""Deactivation of accounts, with the right to manage the mesh's members."""

from django.db import transaction

from catalog.audit.services import Subject, record
from catalog.authorization.access import Writer, require_permission
from catalog.authorization.models import Membership
from catalog.exceptions import InvalidTransition
from catalog.people.models import Person
from catalog.permissions import Permission, Role


@transaction.atomic
def deactivate_person(*, person: Person, actor: Writer, reason: str = "") -> None:
    """Deactivate an account at once: sessions, tokens and roles no longer count.

    Raises PermissionDenied, InvalidTransition (oneself, the last lead).
    """
    require_permission(actor, Permission.MANAGE_MEMBERS, None)
    if person == actor:
        raise InvalidTransition("You cannot deactivate your own account.", location="person")
    leads = Membership.objects.active().filter(domain=None, role=Role.GOVERNANCE_LEAD.value)
    if {person.pk} == set(leads.values_list("person_id", flat=True)):
        raise InvalidTransition(
            "The mesh needs a governance lead who can sign in.", location="person"
        )
    person.is_active = False
    person.save(update_fields=["is_active"])
    subject = Subject(kind="person", id=str(person.uuid), name=person.display_name)
    record(actor=actor, verb="deactivated", subject=subject, reason=reason)
