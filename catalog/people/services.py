"""Writing people, teams, invitations and API tokens."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection
from datetime import datetime, timedelta

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from catalog.audit.actors import Actor
from catalog.audit.services import Subject, record
from catalog.identity import is_slug, unstorable
from catalog.people.models import ApiToken, Invitation, Person, Team, TeamMember
from catalog.refusals import Fault, Invalid, NameTaken, NotVisible, StatusConflict

INVITATION_LASTS = timedelta(days=7)
TOKEN_LASTS_AT_MOST = timedelta(days=366)


@transaction.atomic
def create_person(
    *,
    username: str,
    email: str,
    password: str,
    actor: Actor,
    first_name: str = "",
    last_name: str = "",
    check_password: bool = True,
) -> Person:
    """Create somebody who can sign in. Raises Invalid (a weak password), NameTaken.

    Two user names that differ only in capitals or in how letters are written are the same.
    """
    person = Person(
        username=Person.normalize_username(username),
        email=email,
        first_name=first_name,
        last_name=last_name,
    )
    _check_person(person, password if check_password else None)
    _check_free(person)
    person.set_password(password)
    try:
        with transaction.atomic():
            person.save()
    except IntegrityError as error:
        raise NameTaken(
            f"The user name {username} is in use.", where="username", way_out="Choose another."
        ) from error
    record(actor=actor, verb="created", subject=_about(person))
    return person


@transaction.atomic
def deactivate_person(*, person: Person, actor: Actor, reason: str = "") -> None:
    """Shut a person out at once: sessions, tokens and roles no longer count."""
    person.is_active = False
    person.save(update_fields=["is_active"])
    record(actor=actor, verb="deactivated", subject=_about(person), reason=reason)


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


@transaction.atomic
def create_token(
    *, person: Person, name: str, scopes: Collection[str], lasts: timedelta
) -> tuple[ApiToken, str]:
    """Make an API token; return it and its text, which is never shown again.

    Raises Invalid for an unknown scope, an empty name or a life of over 366 days.
    """
    faults = [
        Fault(where="scopes", message=f"There is no scope {scope!r}.", way_out="Use read or write.")
        for scope in scopes
        if scope not in ApiToken.Scope.values
    ]
    if not scopes:
        faults.append(Fault(where="scopes", message="Name at least one scope."))
    if not name.strip() or len(name) > 80 or unstorable(name):
        faults.append(Fault(where="name", message="A name has 1 to 80 plain characters."))
    if not timedelta(0) < lasts <= TOKEN_LASTS_AT_MOST:
        faults.append(Fault(where="days", message="A token lasts 1 to 366 days."))
    if faults:
        raise Invalid(faults)
    token, text = ApiToken.objects.create(
        user=person, expiry=lasts, name=name, scopes=sorted(set(scopes))
    )
    record(
        actor=person, verb="created", subject=_about_token(token), after={"scopes": token.scopes}
    )
    return token, text


@transaction.atomic
def revoke_token(*, token: ApiToken, actor: Actor) -> None:
    """End a token at once."""
    record(actor=actor, verb="revoked", subject=_about_token(token))
    token.delete()


def _check_free(person: Person) -> None:
    others = Person.objects.exclude(pk=person.pk)
    if others.filter(username__iexact=person.username).exists():
        raise NameTaken(
            f"The user name {person.username} is in use.",
            where="username",
            way_out="Choose another.",
        )
    if person.email and others.filter(email__iexact=person.email).exists():
        raise NameTaken(
            "Somebody signs in with this mail address already.",
            where="email",
            way_out="Sign in, or have the password reset.",
        )


def _check_person(person: Person, password: str | None) -> None:
    faults = [
        Fault(where=where, message=f"It holds {bad}.", way_out="Remove it.")
        for where in ("username", "email", "first_name", "last_name")
        if (bad := unstorable(getattr(person, where)))
    ]
    try:
        person.full_clean(exclude=["password"], validate_unique=False)
    except ValidationError as error:
        faults += [
            Fault(where=where, message=" ".join(messages))
            for where, messages in error.message_dict.items()
        ]
    try:
        if password is not None:
            validate_password(password, person)
    except ValidationError as error:
        faults.append(Fault(where="password", message=" ".join(error.messages)))
    if faults:
        raise Invalid(faults)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode(errors="replace")).hexdigest()


def _about(person: Person) -> Subject:
    return Subject(kind="person", id=str(person.uuid), name=person.display_name)


def _about_team(team: Team) -> Subject:
    return Subject(kind="team", id=str(team.pk), name=team.name)


def _about_invitation(invitation: Invitation) -> Subject:
    return Subject(kind="invitation", id=str(invitation.uuid), name=invitation.email)


def _about_token(token: ApiToken) -> Subject:
    return Subject(kind="token", id=str(token.uuid), name=token.name)
