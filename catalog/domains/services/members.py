"""Who belongs: invitations, teams and their people, each behind the right to manage members."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from catalog.domains.authority import demand
from catalog.domains.models import Domain, Membership
from catalog.domains.services.domains import edit_domain
from catalog.domains.services.roles import Writer
from catalog.people.models import Invitation, Person, Team, TeamMember
from catalog.people.services import (
    create_team,
    deactivate_person,
    invite,
    join_team,
    leave_team,
    withdraw_invitation,
)
from catalog.permissions import Permission, Role
from catalog.refusals import Fault, Invalid, StatusConflict


@transaction.atomic
def found_team(
    *,
    slug: str,
    name: str,
    actor: Writer,
    domain: Domain | None = None,
    description: str = "",
    email: str = "",
) -> Team:
    """Create a team; in a domain that has no owner team, it becomes that.

    Raises NotAllowed, Invalid, NameTaken.
    """
    demand(actor, Permission.MANAGE_MEMBERS, domain)
    team = create_team(slug=slug, name=name, actor=actor, description=description, email=email)
    if domain and domain.owner_team is None:
        edit_domain(domain=domain, edition=domain.edition, actor=actor, owner_team=team)
    return team


@transaction.atomic
def add_to_team(
    *, team: Team, person: Person, actor: Writer, ends_at: datetime | None = None
) -> TeamMember:
    """Make a person a member of a team, until `ends_at` where one is given. Raises NotAllowed."""
    demand_team(actor, team)
    return join_team(team=team, person=person, actor=actor, ends_at=ends_at)


@transaction.atomic
def drop_from_team(*, team: Team, person: Person, actor: Writer) -> None:
    """End a person's time in a team; everybody may end their own. Raises NotAllowed."""
    if person != actor:
        demand_team(actor, team)
    leave_team(team=team, person=person, actor=actor)


def demand_team(actor: Writer, team: Team) -> None:
    """Raise NotAllowed unless the actor manages members wherever the team contributes."""
    owned: list[Domain | None] = [*team.domains.all()]
    for domain in owned or [None]:
        demand(actor, Permission.MANAGE_MEMBERS, domain)


@transaction.atomic
def invite_person(
    *, email: str, actor: Person, domain: Domain | None = None, team: Team | None = None
) -> tuple[Invitation, str]:
    """Invite somebody who has no account; return the invitation and its secret, shown once.

    Raises NotAllowed, Invalid (the address has an account).
    """
    demand(actor, Permission.MANAGE_MEMBERS, domain)
    if team:
        demand_team(actor, team)
    if known := Person.objects.filter(email__iexact=email).first():
        message = f"{known.display_name} signs in with this address already."
        way_out = "Give them a role or add them to a team instead."
        raise Invalid([Fault(where="email", message=message, way_out=way_out)])
    return invite(email=email, actor=actor, team=team)


@transaction.atomic
def cancel_invitation(*, invitation: Invitation, actor: Person) -> None:
    """Let an open invitation lapse; its sender may, and whoever manages the mesh's members."""
    if invitation.invited_by != actor:
        demand(actor, Permission.MANAGE_MEMBERS, None)
    withdraw_invitation(invitation=invitation, actor=actor)


@transaction.atomic
def shut_out_person(*, person: Person, actor: Person, reason: str = "") -> None:
    """Shut a person out at once. Raises NotAllowed, StatusConflict (oneself, the last lead)."""
    demand(actor, Permission.MANAGE_MEMBERS, None)
    if person == actor:
        raise StatusConflict("You cannot shut yourself out.", where="person")
    others = Membership.objects.held().filter(domain=None, role=Role.GOVERNANCE_LEAD.value)
    if not others.exclude(person=person).exists():
        raise StatusConflict("The mesh needs a governance lead who can sign in.", where="person")
    deactivate_person(person=person, actor=actor, reason=reason)
