"""Writes people: who can sign in, under which name and password."""

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from catalog.audit.actors import Actor
from catalog.audit.services import Subject, record
from catalog.exceptions import NameConflict, require_valid
from catalog.identifiers import character_issues
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
    """Create a person who can sign in once a password is set.

    The caller has checked that they were invited. Usernames that differ only in case are the same.
    Raises ValidationFailed (a weak password too), NameConflict.
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
        raise _username_conflict(person) from error
    record(actor=actor, verb="created", subject=_about(person))
    return person


@transaction.atomic
def set_password(*, person: Person, password: str) -> None:
    """Set a person's password; the caller has checked that the actor may."""
    person.set_password(password)
    person.save(update_fields=["password"])
    record(actor=person, verb="set password", subject=_about(person))


def _username_conflict(person: Person) -> NameConflict:
    message = f"The user name {person.username} is in use."
    return NameConflict(message, location="username", hint="Choose another.")


def _check_free(person: Person) -> None:
    others = Person.objects.exclude(pk=person.pk)
    if others.filter(username__iexact=person.username).exists():
        raise _username_conflict(person)
    if person.email and others.filter(email__iexact=person.email).exists():
        raise NameConflict(
            "Somebody signs in with this mail address already.",
            location="email",
            hint="Sign in, or have the password reset.",
        )


def _check_person(person: Person, password: str | None) -> None:
    names = ("username", "email", "first_name", "last_name")
    issues = character_issues({name: getattr(person, name) for name in names})
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
    require_valid(issues)


def _about(person: Person) -> Subject:
    return Subject(kind="person", id=str(person.uuid), name=person.display_name)
