"""Writing teams and who is in them; who may ask for it, the domains' services decide."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from catalog.audit.actors import Actor
from catalog.audit.services import Subject, record
from catalog.identity import is_slug, unstorable
from catalog.people.models import Person, Team, TeamMember
from catalog.refusals import Fault, Invalid, NameTaken


@transaction.atomic
def create_team(
    *, slug: str, name: str, actor: Actor, description: str = "", email: str = ""
) -> Team:
    """Create a team. Raises Invalid, NameTaken."""
    if not is_slug(slug):
        raise Invalid([Fault(where="slug", message=f"{slug!r} is not a slug.")])
    for where, text in (("name", name), ("description", description)):
        if bad := unstorable(text):
            raise Invalid([Fault(where=where, message=f"It holds {bad}.", way_out="Remove it.")])
    if Team.objects.filter(slug=slug).exists():
        raise NameTaken(f"The slug {slug} is in use.", where="slug", way_out="Choose another.")
    team = Team.objects.create(slug=slug, name=name, description=description, email=email)
    record(actor=actor, verb="created", subject=_about_team(team))
    return team


@transaction.atomic
def join_team(
    *, team: Team, person: Person, actor: Actor, ends_at: datetime | None = None
) -> TeamMember:
    """Make a person a member of a team; again, it sets the end."""
    member, _ = TeamMember.objects.update_or_create(
        team=team, person=person, defaults={"ends_at": ends_at}
    )
    record(
        actor=actor,
        verb="joined",
        subject=_about_team(team),
        after={"person": person.display_name},
    )
    return member


@transaction.atomic
def leave_team(*, team: Team, person: Person, actor: Actor) -> None:
    """End a person's time in a team at once."""
    TeamMember.objects.filter(team=team, person=person).delete()
    record(
        actor=actor, verb="left", subject=_about_team(team), after={"person": person.display_name}
    )


def _about_team(team: Team) -> Subject:
    return Subject(kind="team", id=str(team.pk), name=team.name)
