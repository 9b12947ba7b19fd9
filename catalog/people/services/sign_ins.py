"""Writes who signed in and out, and whose sign-in failed; Django's signals tell of all of them."""

from typing import Any

import structlog
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db import DatabaseError
from django.db.models import Q
from django.dispatch import receiver
from django.http import HttpRequest

from catalog.audit.actors import SystemActor
from catalog.audit.services import Subject, record
from catalog.client_ip import client_ip
from catalog.people.models import ApiToken, Person
from catalog.types import JSONObject

log = structlog.get_logger(__name__)
VISITOR = SystemActor("someone signed out")


@receiver(user_logged_in)
def record_sign_in(request: HttpRequest, user: Person, **_: Any) -> None:
    record(actor=user, verb="signed in", subject=_about(user), after=_origin(request))


@receiver(user_logged_out)
def record_sign_out(request: HttpRequest, user: Person | None, **_: Any) -> None:
    if user is not None:
        record(actor=user, verb="signed out", subject=_about(user), after=_origin(request))


@receiver(user_login_failed)
def record_failed_sign_in(
    credentials: JSONObject, request: HttpRequest | None = None, **_: Any
) -> None:
    """Write for whose account the sign-in failed.

    A name without an account is not kept: people type passwords into the wrong field.
    """
    person = person_by_login(str(credentials.get("username") or credentials.get("email") or ""))
    unknown = Subject(kind="person", id="unknown", name="an unknown account")
    subject = _about(person) if person else unknown
    record(actor=VISITOR, verb="sign-in failed", subject=subject, after=_origin(request))


def record_rejected_token(token: ApiToken) -> None:
    """Write that an expired token was used, or that of a deactivated person."""
    try:
        record(
            actor=VISITOR,
            verb="token rejected",
            subject=_about(token.user),
            after={"token": token.name},
        )
    except DatabaseError as error:  # The answer stays the same while the database is locked.
        log.warning("rejected_token_not_recorded", exc_info=error)


def person_by_login(login: str) -> Person | None:
    """Return whose username or email this is, active or not."""
    if not login or "\0" in login:
        return None
    by_login = Q(username__iexact=login) | Q(email__iexact=login)
    return Person.objects.filter(by_login).order_by("pk").first()


def _about(person: Person) -> Subject:
    return Subject(kind="person", id=str(person.uuid), name=person.display_name)


def _origin(request: HttpRequest | None) -> JSONObject:
    return {"address": client_ip(request)} if request else {}
