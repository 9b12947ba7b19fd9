"""Writing domains, roles and who belongs to what."""

from __future__ import annotations

from catalog.domains.services.bootstrap import has_begun, make_first_administrator
from catalog.domains.services.deactivation import shut_out_person
from catalog.domains.services.domains import create_domain, edit_domain, touch_domains
from catalog.domains.services.invitations import (
    accept_invitation,
    cancel_invitation,
    invite_person,
    open_invitation,
)
from catalog.domains.services.roles import Writer, give_role, take_role
from catalog.domains.services.teams import add_to_team, demand_team, drop_from_team, found_team

__all__ = [
    "Writer",
    "accept_invitation",
    "add_to_team",
    "cancel_invitation",
    "create_domain",
    "demand_team",
    "drop_from_team",
    "edit_domain",
    "found_team",
    "give_role",
    "has_begun",
    "invite_person",
    "make_first_administrator",
    "open_invitation",
    "shut_out_person",
    "take_role",
    "touch_domains",
]
