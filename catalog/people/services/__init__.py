"""Writes people and their API tokens; roles and teams are written by the domains' services."""

from catalog.people.services.accounts import create_person, set_password
from catalog.people.services.tokens import (
    create_token,
    note_use,
    revoke_all_tokens,
    revoke_token,
)

__all__ = [
    "create_person",
    "create_token",
    "note_use",
    "revoke_all_tokens",
    "revoke_token",
    "set_password",
]
