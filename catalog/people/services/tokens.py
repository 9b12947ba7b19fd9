"""Writes API tokens: their text is shown once and only its digest is stored."""

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from catalog.audit.actors import Actor
from catalog.audit.services import Subject, record
from catalog.exceptions import require_valid
from catalog.identifiers import unstorable
from catalog.issues import Issue
from catalog.people.models import ApiToken, Person

MAX_TOKEN_LIFE = timedelta(days=366)


@transaction.atomic
def create_token(
    *, person: Person, name: str, scopes: Collection[str], lasts: timedelta
) -> tuple[ApiToken, str]:
    """Create an API token; return it and its text, which is never shown again.

    Raises ValidationFailed for an unknown scope, an empty name or a life of over 366 days.
    """
    issues = [
        Issue(location="scopes", message=f"There is no scope {scope!r}.", hint="Use read or write.")
        for scope in scopes
        if scope not in ApiToken.Scope.values
    ]
    if not scopes:
        issues.append(Issue(location="scopes", message="Name at least one scope."))
    if not name.strip() or len(name) > 80 or unstorable(name):
        issues.append(Issue(location="name", message="A name has 1 to 80 plain characters."))
    if not timedelta(0) < lasts <= MAX_TOKEN_LIFE:
        issues.append(Issue(location="days", message="A token lasts 1 to 366 days."))
    require_valid(issues)
    token, text = ApiToken.objects.create(  # type: ignore[no-untyped-call]
        user=person, expiry=lasts, name=name, scopes=sorted(set(scopes))
    )
    record(
        actor=person, verb="created", subject=_about_token(token), after={"scopes": token.scopes}
    )
    return token, text


@transaction.atomic
def revoke_token(*, token: ApiToken, actor: Actor) -> None:
    record(actor=actor, verb="revoked", subject=_about_token(token))
    token.delete()


@transaction.atomic
def revoke_all_tokens(*, person: Person) -> int:
    """Revoke every token of a person in their name; return how many."""
    tokens = list(ApiToken.objects.filter(user=person))
    for token in tokens:
        revoke_token(token=token, actor=person)
    return len(tokens)


def note_use(*, token: UUID, at: datetime) -> bool:
    """Save when a token was last used, unless a later use is saved; return True if it was.

    It is no change by anybody, so it is not audited.
    """
    is_older = Q(last_used_at__isnull=True) | Q(last_used_at__lt=at)
    return bool(ApiToken.objects.filter(is_older, uuid=token).update(last_used_at=at))


def _about_token(token: ApiToken) -> Subject:
    return Subject(kind="token", id=str(token.uuid), name=token.name)
