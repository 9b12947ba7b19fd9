"""Writing people: who can sign in, under which name and password."""

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from catalog.audit.actors import Actor
from catalog.audit.services import Subject, record
from catalog.exceptions import NameConflict, ValidationFailed
from catalog.identifiers import unstorable
from catalog.issues import Issue
from catalog.people.models import Person


@transaction.atomic
def create_person(
    *,
    username: str,
    email: str,
    password: str | None,
    actor: Actor,
    first_name: str = "",
    last_name: str = "",
    check_password: bool = True,
) -> Person:
    """Create somebody who can sign in. Raises Invalid (a weak password), NameConflict.

    Anybody becomes somebody by an invitation or at the first start, which have checked that.
    Without a password nobody signs in as them until one is set. Two user names that differ
    only in capitals or in how letters are written are the same.
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
        raise NameConflict(
            f"The user name {username} is in use.", location="username", hint="Choose another."
        ) from error
    record(actor=actor, verb="created", subject=_about(person))
    return person


@transaction.atomic
def set_password(*, person: Person, password: str) -> None:
    """Give a person a new password; who calls has checked that it is theirs to give."""
    person.set_password(password)
    person.save(update_fields=["password"])
    record(actor=person, verb="set password", subject=_about(person))


def _check_free(person: Person) -> None:
    others = Person.objects.exclude(pk=person.pk)
    if others.filter(username__iexact=person.username).exists():
        raise NameConflict(
            f"The user name {person.username} is in use.",
            location="username",
            hint="Choose another.",
        )
    if person.email and others.filter(email__iexact=person.email).exists():
        raise NameConflict(
            "Somebody signs in with this mail address already.",
            location="email",
            hint="Sign in, or have the password reset.",
        )


def _check_person(person: Person, password: str | None) -> None:
    issues = [
        Issue(location=location, message=f"It holds {bad}.", hint="Remove it.")
        for location in ("username", "email", "first_name", "last_name")
        if (bad := unstorable(getattr(person, location)))
    ]
    try:
        person.full_clean(exclude=["password"], validate_unique=False)
    except ValidationError as error:
        issues += [
            Issue(location=location, message=" ".join(messages))
            for location, messages in error.message_dict.items()
        ]
    try:
        if password is not None:
            validate_password(password, person)
    except ValidationError as error:
        issues.append(Issue(location="password", message=" ".join(error.messages)))
    if issues:
        raise ValidationFailed(issues)


def _about(person: Person) -> Subject:
    return Subject(kind="person", id=str(person.uuid), name=person.display_name)
