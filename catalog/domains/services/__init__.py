"""Writing domains, roles and who belongs to what."""

from __future__ import annotations

from catalog.domains.services.domains import create_domain, edit_domain
from catalog.domains.services.first_start import has_begun, make_first_administrator
from catalog.domains.services.members import (
    add_to_team,
    cancel_invitation,
    demand_team,
    drop_from_team,
    found_team,
    invite_person,
    shut_out_person,
)
from catalog.domains.services.roles import Writer, give_role, take_role

__all__ = [
    "Writer",
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
    "shut_out_person",
    "take_role",
]
