"""Writes domains, roles and memberships."""

from catalog.domains.services.bootstrap import create_first_admin, is_initialized
from catalog.domains.services.deactivation import deactivate_person
from catalog.domains.services.domains import create_domain, edit_domain
from catalog.domains.services.invitations import (
    accept_invitation,
    cancel_invitation,
    invite_person,
    open_invitation,
)
from catalog.domains.services.roles import grant_role, revoke_role
from catalog.domains.services.teams import (
    add_to_team,
    answer_team_request,
    create_team,
    remove_member,
    request_team,
    withdraw_team_request,
)

__all__ = [
    "accept_invitation",
    "add_to_team",
    "answer_team_request",
    "cancel_invitation",
    "create_domain",
    "create_first_admin",
    "create_team",
    "deactivate_person",
    "edit_domain",
    "grant_role",
    "invite_person",
    "is_initialized",
    "open_invitation",
    "remove_member",
    "request_team",
    "revoke_role",
    "withdraw_team_request",
]
