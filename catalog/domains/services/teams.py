"""Writes teams and who is in them, with the permission to manage members."""

from datetime import datetime

from django.contrib.auth.models import Group
from django.db import transaction

from catalog.audit.services import Subject, record
from catalog.authorization.access import Writer, require_permission
from catalog.domains.models import Domain
from catalog.domains.services.domains import edit_domain
from catalog.exceptions import NameConflict, require_valid
from catalog.identifiers import character_issues, slug_issues
from catalog.people.models import Person, Team, TeamMember
from catalog.permissions import Permission


@transaction.atomic
def create_team(
    *,
    slug: str,
    name: str,
    actor: Writer,
    domain: Domain | None = None,
    description: str = "",
    email: str = "",
) -> Team:
    """Create a team; in a domain that has no owner team, it becomes that.

    Raises PermissionDenied, ValidationFailed, NameConflict.
    """
    require_permission(actor, Permission.MANAGE_MEMBERS, domain)
    texts = {"name": name, "description": description}
    require_valid(slug_issues(slug) + character_issues(texts))
    if Team.objects.filter(slug=slug).exists():
        raise NameConflict(f"The slug {slug} is in use.", location="slug", hint="Choose another.")
    group = Group.objects.create(name=f"team {slug}")
    team = Team.objects.create(
        slug=slug, name=name, description=description, email=email, group=group
    )
    record(actor=actor, verb="created", subject=_about(team))
    if domain and domain.owner_team is None:
        edit_domain(domain=domain, edition=domain.edition, actor=actor, owner_team=team)
    return team


@transaction.atomic
def add_to_team(
    *, team: Team, person: Person, actor: Writer, ends_at: datetime | None = None
) -> TeamMember:
    """Make a person a member of a team, until `ends_at` where one is given; again sets the end.

    Raises PermissionDenied.
    """
    require_team_permission(actor, team)
    return add_member(team=team, person=person, actor=actor, ends_at=ends_at)


@transaction.atomic
def add_member(
    *, team: Team, person: Person, actor: Writer, ends_at: datetime | None = None
) -> TeamMember:
    """Write a membership; the caller has checked the permission, or has an invitation."""
    member, _ = TeamMember.objects.update_or_create(
        team=team, person=person, defaults={"ends_at": ends_at}
    )
    after = {"person": person.display_name}
    record(actor=actor, verb="joined", subject=_about(team), after=after)
    return member


@transaction.atomic
def remove_member(*, team: Team, person: Person, actor: Writer) -> None:
    """Remove a person from a team; everybody may leave one. Raises PermissionDenied."""
    if person != actor:
        require_team_permission(actor, team)
    TeamMember.objects.filter(team=team, person=person).delete()
    after = {"person": person.display_name}
    record(actor=actor, verb="left", subject=_about(team), after=after)


def require_team_permission(actor: Writer, team: Team) -> None:
    """Raise PermissionDenied unless the actor manages members wherever the team contributes."""
    owned: list[Domain | None] = [*team.domains.all()]
    for domain in owned or [None]:
        require_permission(actor, Permission.MANAGE_MEMBERS, domain)


def _about(team: Team) -> Subject:
    return Subject(kind="team", id=str(team.pk), name=team.name)
