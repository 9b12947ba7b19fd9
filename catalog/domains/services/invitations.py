"""Writes invitations: a secret that is shown once, works once and expires."""

import hashlib
import secrets
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from catalog.audit.services import Subject, record
from catalog.authorization.access import access_for, require_permission, require_team_manager
from catalog.domains.models import Domain
from catalog.domains.services.roles import grant_role
from catalog.domains.services.teams import add_member
from catalog.exceptions import InvalidTransition, NotFound, ValidationFailed
from catalog.people.models import Invitation, Person, Team
from catalog.people.services import create_person
from catalog.permissions import DOMAIN_ROLES, Permission, Role

INVITATION_LASTS = timedelta(days=7)


@transaction.atomic
def invite_person(
    *,
    email: str,
    actor: Person,
    domain: Domain | None = None,
    team: Team | None = None,
    role: Role | None = None,
) -> tuple[Invitation, str]:
    """Invite somebody who has no account, with a team and a role in the domain if given.

    The invitation lasts a week, and no longer than the actor may give what it brings. Returns it
    and its secret, shown once. Raises PermissionDenied, ValidationFailed (the address has an
    account, a role without a domain or of the mesh).
    """
    require_permission(actor, Permission.MANAGE_MEMBERS, domain)
    if team:
        require_team_manager(actor, team)
    if role and domain is None:
        raise ValidationFailed.of("domain", "Choose the domain in which they get the role.")
    if role and role not in DOMAIN_ROLES:
        raise ValidationFailed.of("role", f"{role.value} is not a role of a domain.")
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
        domain=domain,
        role=role.value if role else "",
        expires_at=timezone.now() + INVITATION_LASTS,
    )
    after = {
        "team": team.name if team else None,
        "domain": domain.name if domain else None,
        "role": invitation.role or None,
    }
    record(actor=actor, verb="invited", subject=_about_invitation(invitation), after=after)
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
    """Return the open invitation of a secret. Raises NotFound.

    Nobody joins in the name of someone who may no longer invite: the sender may have left.
    """
    invitations = Invitation.objects.select_related("invited_by", "team", "domain")
    invitation = invitations.filter(secret_digest=_digest(secret)).first()
    if invitation is None or not (invitation.is_open and _may_still_invite(invitation)):
        raise NotFound(
            "This invitation was used or withdrawn, or it has expired.",
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
    if invitation.role:
        grant_role(
            person=person,
            role=Role(invitation.role),
            domain=invitation.domain,
            actor=invitation.invited_by,
        )
    return person


def _may_still_invite(invitation: Invitation) -> bool:
    access = access_for(invitation.invited_by)
    return access.can(Permission.MANAGE_MEMBERS, invitation.domain_id) and (
        invitation.team_id is None or access.manages_team(invitation.team_id)
    )


def _about_invitation(invitation: Invitation) -> Subject:
    return Subject(kind="invitation", id=str(invitation.uuid), name=invitation.email)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode(errors="replace")).hexdigest()
