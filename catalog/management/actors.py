"""The actor of a command: a worker of its own, or the person named by `--as`."""

from django.core.management.base import CommandError

from catalog.audit.actors import SystemActor
from catalog.people.models import Person


def actor_of(username: str | None, *, worker: str) -> Person | SystemActor:
    """Return the active person with a username, or the worker if none is given.

    Raises CommandError (exit 2) if there is no such person.
    """
    if username is None:
        return SystemActor(worker)
    person = Person.objects.filter(username=username, is_active=True).first()
    if person is None:
        raise CommandError(f"There is nobody active called {username}.", returncode=2)
    return person
