"""Writing invitations: a secret that is shown once, works once and lapses."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from catalog.audit.actors import Actor
from catalog.audit.services import Subject, record
from catalog.people.models import Invitation, Person, Team
from catalog.people.services.accounts import create_person
from catalog.people.services.teams import join_team
from catalog.refusals import NotVisible, StatusConflict

INVITATION_LASTS = timedelta(days=7)


@transaction.atomic
def invite(*, email: str, actor: Person, team: Team | None = None) -> tuple[Invitation, str]:
    """Make an invitation that lasts a week; return it and its secret, which is shown once."""
    secret = secrets.token_urlsafe(32)
    invitation = Invitation.objects.create(
        email=email,
        secret_digest=_digest(secret),
        invited_by=actor,
        team=team,
        expires_at=timezone.now() + INVITATION_LASTS,
    )
    record(actor=actor, verb="invited", subject=_about_invitation(invitation))
    return invitation, secret


@transaction.atomic
def withdraw_invitation(*, invitation: Invitation, actor: Actor) -> None:
    """Let an open invitation lapse at once."""
    Invitation.objects.filter(pk=invitation.pk, accepted_at__isnull=True).update(
        expires_at=timezone.now()
    )
    record(actor=actor, verb="withdrew", subject=_about_invitation(invitation))


def open_invitation(secret: str) -> Invitation:
    """Return the invitation of a secret. Raises NotVisible where there is none that is open."""
    invitation = Invitation.objects.filter(secret_digest=_digest(secret)).first()
    if invitation is None or not invitation.is_open:
        raise NotVisible(
            "This invitation has been used or has lapsed.",
            way_out="Ask the person who invited you for a new link.",
        )
    return invitation


@transaction.atomic
def accept_invitation(
    *, secret: str, username: str, password: str, first_name: str = "", last_name: str = ""
) -> Person:
    """Turn an invitation into a person, once. Raises NotVisible, Invalid, NameTaken."""
    invitation = open_invitation(secret)
    won = Invitation.objects.filter(pk=invitation.pk, accepted_at__isnull=True).update(
        accepted_at=timezone.now()
    )
    if not won:
        raise StatusConflict("This invitation has just been used.")
    person = create_person(
        username=username,
        email=invitation.email,
        password=password,
        first_name=first_name,
        last_name=last_name,
        actor=invitation.invited_by,
    )
    if invitation.team:
        join_team(team=invitation.team, person=person, actor=invitation.invited_by)
    return person


def _about_invitation(invitation: Invitation) -> Subject:
    return Subject(kind="invitation", id=str(invitation.uuid), name=invitation.email)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode(errors="replace")).hexdigest()
