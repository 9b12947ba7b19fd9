"""Who is signed in: session and person are read from the database anew at each request.

The settings name both classes by their dotted path.
"""

from __future__ import annotations

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.contrib.sessions.models import Session
from django.db.models import BigIntegerField, CharField, DateTimeField
from django.utils import timezone

from catalog.people.models import Person
from catalog.statements import PreparedQuery, column_names, instance_from_row, param

_SESSION = PreparedQuery(
    lambda: Session.objects.filter(
        session_key=param("key", CharField()), expire_date__gt=param("now", DateTimeField())
    ).values_list(*column_names(Session))
)
_PERSON = PreparedQuery(
    lambda: Person.objects.filter(pk=param("key", BigIntegerField())).values_list(
        *column_names(Person)
    )
)


class SessionStore(DatabaseStore):
    """Sessions in the database, where one that was ended is gone for everybody at once."""

    def _get_session_from_db(self) -> Session | None:
        key = self.session_key or ""
        # Postgres takes no NUL, which a cookie may hold, not even to look for it.
        rows = _SESSION.rows(key=key, now=timezone.now()) if key.isalnum() else []
        if rows:
            return instance_from_row(Session, rows[0])
        self._session_key = None
        return None


class PersonBackend(AuthenticationBackend):  # type: ignore[misc]  # allauth has no types
    """Signs people in by name or address, and knows them again."""

    def get_user(self, user_id: Any) -> Person | None:
        """Return an active person by key; None where there is none any more."""
        rows = _PERSON.rows(key=user_id)
        person = instance_from_row(Person, rows[0]) if rows else None
        return person if person and self.user_can_authenticate(person) else None
