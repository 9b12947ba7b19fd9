"""Writes invitations: a secret that is shown once, works once and expires."""

import hashlib
import secrets
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from catalog.audit.services import Subject, record
from catalog.authorization.access import require_permission, require_team_manager
from catalog.domains.models import Domain
from catalog.domains.services.teams import add_member
from catalog.exceptions import InvalidTransition, NotFound, ValidationFailed
from catalog.people.models import Invitation, Person, Team
from catalog.people.services import create_person
from catalog.permissions import Permission

INVITATION_LASTS = timedelta(days=7)


@transaction.atomic
def invite_person(
    *, email: str, actor: Person, domain: Domain | None = None, team: Team | None = None
) -> tuple[Invitation, str]:
    """Invite somebody who has no account; the invitation lasts a week.

    Returns it and its secret, shown once. Raises PermissionDenied, ValidationFailed (the address
    has an account).
    """
    require_permission(actor, Permission.MANAGE_MEMBERS, domain)
    if team:
        require_team_manager(actor, team)
    if known := Person.objects.filter(email__iexact=email).first():
        message = f"{known.display_name} signs in with this address already."
        hint = "Give them a role or add them to a team instead."
        raise ValidationFailed.of("email", message, hint)
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
def cancel_invitation(*, invitation: Invitation, actor: Person) -> None:
    """Cancel an open invitation; its sender and those who manage the mesh's members may."""
    if invitation.invited_by != actor:
        require_permission(actor, Permission.MANAGE_MEMBERS, None)
    Invitation.objects.filter(pk=invitation.pk, accepted_at__isnull=True).update(
        expires_at=timezone.now()
    )
    record(actor=actor, verb="withdrew", subject=_about_invitation(invitation))


def open_invitation(secret: str) -> Invitation:
    """Return the open invitation of a secret. Raises NotFound."""
    invitation = Invitation.objects.filter(secret_digest=_digest(secret)).first()
    if invitation is None or not invitation.is_open:
        raise NotFound(
            "This invitation has been used or has lapsed.",
            hint="Ask the person who invited you for a new link.",
        )
    return invitation


@transaction.atomic
def accept_invitation(
    *, secret: str, username: str, password: str, first_name: str = "", last_name: str = ""
) -> Person:
    """Create the invited person, once. Raises NotFound, ValidationFailed, NameConflict."""
    invitation = open_invitation(secret)
    won = Invitation.objects.filter(pk=invitation.pk, accepted_at__isnull=True).update(
        accepted_at=timezone.now()
    )
    if not won:
        raise InvalidTransition("This invitation has just been used.")
    person = create_person(
        username=username,
        email=invitation.email,
        password=password,
        first_name=first_name,
        last_name=last_name,
        actor=invitation.invited_by,
    )
    if invitation.team:
        add_member(team=invitation.team, person=person, actor=invitation.invited_by)
    return person


def _about_invitation(invitation: Invitation) -> Subject:
    return Subject(kind="invitation", id=str(invitation.uuid), name=invitation.email)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode(errors="replace")).hexdigest()
