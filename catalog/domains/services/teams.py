"""Writes teams, who is in them, and the requests of domains that a team work for them.

A team belongs to its managers and the governance lead; a domain that names it has no say in it.
"""

from datetime import datetime

from django.contrib.auth.models import Group
from django.db import transaction

from catalog.audit.services import Subject, record
from catalog.authorization.access import (
    Writer,
    can,
    require_permission,
    require_team_manager,
)
from catalog.domains.models import Domain, TeamRequest
from catalog.domains.services.domains import edit_domain, write_changes
from catalog.exceptions import InvalidTransition, NameConflict, NotFound, require_valid
from catalog.identifiers import character_issues, slug_issues, slug_of
from catalog.people.models import Person, Team, TeamMember
from catalog.permissions import Permission

MAX_SLUG_LENGTH = 80


@transaction.atomic
def create_team(
    *,
    name: str,
    actor: Writer,
    slug: str = "",
    domain: Domain | None = None,
    description: str = "",
    email: str = "",
) -> Team:
    """Create a team; in a domain that has no owner team, it becomes that.

    Its first manager is who creates it, but for the governance lead, who manages every team.
    Raises PermissionDenied, ValidationFailed, NameConflict.
    """
    require_permission(actor, Permission.MANAGE_MEMBERS, domain)
    texts = {"name": name, "description": description}
    slug = slug or slug_of(name, MAX_SLUG_LENGTH)
    require_valid(slug_issues(slug, name, MAX_SLUG_LENGTH) + character_issues(texts))
    if Team.objects.filter(slug=slug).exists():
        raise NameConflict(f"The slug {slug} is in use.", location="slug", hint="Choose another.")
    group = Group.objects.create(name=f"team {slug}")
    team = Team.objects.create(
        slug=slug, name=name, description=description, email=email, group=group
    )
    record(actor=actor, verb="created", subject=_about(team))
    if isinstance(actor, Person) and not can(actor, Permission.MANAGE_MEMBERS, None):
        add_member(team=team, person=actor, is_manager=True, actor=actor)
    if domain and domain.owner_team is None:
        edit_domain(domain=domain, edition=domain.edition, actor=actor, owner_team=team)
    return team


@transaction.atomic
def add_to_team(
    *,
    team: Team,
    person: Person,
    actor: Writer,
    ends_at: datetime | None = None,
    is_manager: bool = False,
) -> TeamMember:
    """Make a person a member or a manager of a team; again sets the end, and which of the two.

    Raises PermissionDenied.
    """
    require_team_manager(actor, team)
    return add_member(team=team, person=person, actor=actor, ends_at=ends_at, is_manager=is_manager)


@transaction.atomic
def add_member(
    *,
    team: Team,
    person: Person,
    actor: Writer,
    ends_at: datetime | None = None,
    is_manager: bool = False,
) -> TeamMember:
    """Write a membership; the caller has checked the permission, or has an invitation."""
    member, _ = TeamMember.objects.update_or_create(
        team=team, person=person, defaults={"ends_at": ends_at, "is_manager": is_manager}
    )
    after = {"person": person.display_name, "is_manager": is_manager}
    record(actor=actor, verb="joined", subject=_about(team), after=after)
    return member


@transaction.atomic
def remove_member(*, team: Team, person: Person, actor: Writer) -> None:
    """Remove a person from a team; everybody may leave one. Raises PermissionDenied."""
    if person != actor:
        require_team_manager(actor, team)
    TeamMember.objects.filter(team=team, person=person).delete()
    after = {"person": person.display_name}
    record(actor=actor, verb="left", subject=_about(team), after=after)


@transaction.atomic
def request_team(*, domain: Domain, team: Team, actor: Person) -> TeamRequest:
    """Ask the managers of a team that it work for a domain; an earlier request is replaced.

    Raises PermissionDenied, InvalidTransition (the team works for the domain already).
    """
    require_permission(actor, Permission.MANAGE_DOMAIN, domain)
    if domain.owner_team_id == team.pk:
        raise InvalidTransition(f"{team.name} works for {domain.name} already.", location="team")
    request, _ = TeamRequest.objects.update_or_create(
        domain=domain, defaults={"team": team, "requested_by": actor}
    )
    _record_request(request, actor, "asked")
    return request


@transaction.atomic
def withdraw_team_request(*, domain: Domain, actor: Person) -> None:
    """Raises PermissionDenied, NotFound."""
    require_permission(actor, Permission.MANAGE_DOMAIN, domain)
    request = TeamRequest.objects.select_related("team", "domain").filter(domain=domain).first()
    if request is None:
        raise NotFound(f"{domain.name} has asked no team.")
    request.delete()
    _record_request(request, actor, "withdrew")


@transaction.atomic
def answer_team_request(*, request: TeamRequest, is_accepted: bool, actor: Person) -> Domain:
    """Let a manager of the team accept or decline to work for the domain; return the domain.

    Raises PermissionDenied, NotFound (it was withdrawn), InvalidTransition (who asked no longer
    manages the domain).
    """
    require_team_manager(actor, request.team)
    domain = Domain.objects.select_for_update(of=("self",), no_key=True).get(pk=request.domain_id)
    request = TeamRequest.objects.select_related("requested_by", "team").get(pk=request.pk)
    if is_accepted and not can(request.requested_by, Permission.MANAGE_DOMAIN, domain.pk):
        name = request.requested_by.display_name
        raise InvalidTransition(f"{name}, who asked, no longer manages {domain.name}.")
    _record_request(request, actor, "accepted" if is_accepted else "declined")
    if is_accepted:
        return write_changes(domain, {"owner_team": request.team}, actor=actor)
    request.delete()
    return domain


def _record_request(request: TeamRequest, actor: Person, verb: str) -> None:
    after = {"domain": request.domain.name}
    record(actor=actor, verb=verb, subject=_about(request.team), after=after)


def _about(team: Team) -> Subject:
    return Subject(kind="team", id=str(team.pk), name=team.name)
