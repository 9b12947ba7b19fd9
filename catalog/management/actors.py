"""As whom a command acts: a worker of its own, or the person that `--as` names."""

from __future__ import annotations

from django.core.management.base import CommandError

from catalog.audit.actors import SystemActor
from catalog.people.models import Person


def actor_of(username: str | None, *, worker: str) -> Person | SystemActor:
    """Return the active person of that name, or the worker where none is given.

    Raises CommandError (exit 2) where there is nobody so called.
    """
    if username is None:
        return SystemActor(worker)
    person = Person.objects.filter(username=username, is_active=True).first()
    if person is None:
        raise CommandError(f"There is nobody active called {username}.", returncode=2)
    return person
