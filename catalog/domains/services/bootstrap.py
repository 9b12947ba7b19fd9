"""The first administrator of an empty installation: one, even if several requests race."""

from django.db import IntegrityError, transaction

from catalog.audit.actors import SystemActor
from catalog.domains.services.roles import grant_role
from catalog.exceptions import InvalidTransition
from catalog.people.models import InitialSetup, Person
from catalog.people.services import create_person
from catalog.permissions import Role

STARTER = SystemActor("first start")
ROLES = (Role.GOVERNANCE_LEAD, Role.PLATFORM_OPERATOR)


def is_initialized() -> bool:
    return Person.objects.exists()


@transaction.atomic
def create_first_admin(
    *, username: str, email: str, password: str, first_name: str = "", last_name: str = ""
) -> Person:
    """Create the person who leads governance and operates the platform, if there are no people.

    Of two at once one wins: the other's row has the same key. Raises ValidationFailed,
    InvalidTransition.
    """
    if is_initialized():
        raise _too_late()
    person = create_person(
        username=username,
        email=email,
        password=password,
        first_name=first_name,
        last_name=last_name,
        actor=STARTER,
    )
    person.is_staff = True
    person.save(update_fields=["is_staff"])
    try:
        with transaction.atomic():
            InitialSetup.objects.create(person=person)
    except IntegrityError as error:
        raise _too_late() from error
    for role in ROLES:
        grant_role(person=person, role=role, actor=STARTER)
    return person


def _too_late() -> InvalidTransition:
    return InvalidTransition(
        "This installation has its first administrator.",
        hint="Sign in, or ask the administrator for an invitation.",
    )
