"""Writing people, teams, invitations and API tokens."""

from __future__ import annotations

from catalog.people.services.accounts import create_person, deactivate_person, set_password
from catalog.people.services.invitations import (
    accept_invitation,
    invite,
    open_invitation,
    withdraw_invitation,
)
from catalog.people.services.teams import create_team, join_team, leave_team
from catalog.people.services.tokens import create_token, revoke_token

__all__ = [
    "accept_invitation",
    "create_person",
    "create_team",
    "create_token",
    "deactivate_person",
    "invite",
    "join_team",
    "leave_team",
    "open_invitation",
    "revoke_token",
    "set_password",
    "withdraw_invitation",
]
