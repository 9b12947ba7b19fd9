"""Which people a reader may look up, and whose email they may see."""

from django.db.models import Exists, OuterRef, Q, QuerySet

from catalog.authorization.access import AccessContext
from catalog.authorization.models import Membership
from catalog.people.models import Person, TeamMember, current
from catalog.permissions import Permission, Role

ACCOUNTABLE = (Role.OWNER.value, Role.STEWARD.value)


def visible_people(access: AccessContext) -> QuerySet[Person]:
    """Return the people whom a reader may look up, each with `is_accountable`.

    Those who manage the mesh see everybody; those who give roles, all who can sign in; others who
    are signed in, those with a team or a role; anybody, the owners and stewards of domains, who
    are named on every product's page.
    """
    roles = Membership.objects.active().filter(person=OuterRef("pk"))
    accountable = roles.filter(role__in=ACCOUNTABLE, domain__isnull=False)
    people = Person.objects.annotate(is_accountable=Exists(accountable))
    if access.manages_people:
        return people
    people = people.filter(is_active=True)
    if not access.is_signed_in:
        return people.filter(is_accountable=True)
    if access.domains_with(Permission.MANAGE_MEMBERS):
        return people
    in_team = TeamMember.objects.filter(current(), person=OuterRef("pk"))
    return people.filter(Q(Exists(roles)) | Q(Exists(in_team)))


def visible_email(person: Person, access: AccessContext) -> str | None:
    """Return the email of a person from `visible_people`, or None if the reader may not see it.

    A signed-in person may write to owners and stewards; all other addresses are for those who
    manage the mesh.
    """
    is_accountable = person.is_active and getattr(person, "is_accountable", False)
    may_see = access.manages_people or (access.is_signed_in and is_accountable)
    return person.email if may_see else None
