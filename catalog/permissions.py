"""What a person may do, and which role may do it; said once, for every surface."""

from enum import StrEnum


class Permission(StrEnum):
    """One act on a domain and on all that it owns."""

    VIEW_DRAFTS = "view_drafts"
    EDIT_PRODUCTS = "edit_products"
    PUBLISH_PRODUCTS = "publish_products"
    DELETE_PRODUCTS = "delete_products"
    STEWARD_PRODUCTS = "steward_products"
    MANAGE_MEMBERS = "manage_members"
    MANAGE_DOMAIN = "manage_domain"
    OPERATE_PLATFORM = "operate_platform"
    READ_AUDIT = "read_audit"


class Role(StrEnum):
    """What a person is in a domain, or in the mesh as a whole."""

    OWNER = "owner"
    STEWARD = "steward"
    CONTRIBUTOR = "contributor"
    CONSUMER = "consumer"
    GOVERNANCE_LEAD = "governance_lead"
    PLATFORM_OPERATOR = "platform_operator"
    AUDITOR = "auditor"


DOMAIN_ROLES = (Role.OWNER, Role.STEWARD, Role.CONTRIBUTOR, Role.CONSUMER)
MESH_ROLES = (Role.GOVERNANCE_LEAD, Role.PLATFORM_OPERATOR, Role.AUDITOR)

_MANAGE = {Permission.MANAGE_MEMBERS, Permission.MANAGE_DOMAIN}
_READ = {Permission.VIEW_DRAFTS, Permission.READ_AUDIT}
_PUBLISH = {Permission.PUBLISH_PRODUCTS, Permission.DELETE_PRODUCTS}

ROLE_PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.OWNER: frozenset(_READ | _MANAGE | _PUBLISH | {Permission.EDIT_PRODUCTS}),
    Role.STEWARD: frozenset(_READ | {Permission.EDIT_PRODUCTS, Permission.STEWARD_PRODUCTS}),
    Role.CONTRIBUTOR: frozenset({Permission.VIEW_DRAFTS, Permission.EDIT_PRODUCTS}),
    Role.CONSUMER: frozenset(),
    Role.GOVERNANCE_LEAD: frozenset(_READ | _MANAGE | {Permission.STEWARD_PRODUCTS}),
    Role.PLATFORM_OPERATOR: frozenset(_READ | {Permission.OPERATE_PLATFORM}),
    Role.AUDITOR: frozenset(_READ),
}


def roles_with(permission: Permission) -> frozenset[Role]:
    return frozenset(
        role for role, permissions in ROLE_PERMISSIONS.items() if permission in permissions
    )
