"""Who may see and do what, where: the one place that answers, for every surface."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from django.contrib.auth.models import AnonymousUser
from django.db.models import BigIntegerField, DateTimeField, QuerySet, Value
from django.utils import timezone

from catalog.audit.actors import Actor, SystemActor
from catalog.domains.models import Domain, Membership, ancestors_in
from catalog.exceptions import PermissionDenied
from catalog.people.models import Person, TeamMember, current
from catalog.permissions import ROLE_PERMISSIONS, Permission, Role, roles_with
from catalog.statements import PreparedQuery, param

PUBLIC = "public"
MEMBERS = "members"
DRAFT_ROLES = roles_with(Permission.VIEW_DRAFTS)

Principal = Person | AnonymousUser | SystemActor


class HasReaders(Protocol):
    """Anything that a domain owns."""

    @property
    def domain_id(self) -> int | None: ...

    @property
    def reader_tokens(self) -> Collection[str]: ...


@dataclass(frozen=True)
class AccessContext:
    """All that decides what somebody may read and do, read once.

    `roles` are by domain id, inherited roles included; mesh roles stand under None.
    """

    tokens: frozenset[str]
    roles: Mapping[int | None, frozenset[Role]] = field(default_factory=dict)
    team_ids: frozenset[int] = frozenset()
    is_signed_in: bool = False
    reads_everything: bool = False

    def may(self, permission: Permission, domain_id: int | None) -> bool:
        """Say whether the reader may do something in a domain (None: in the mesh)."""
        held = self.roles.get(domain_id, frozenset()) | self.roles.get(None, frozenset())
        return any(permission in ROLE_PERMISSIONS[role] for role in held)

    def domains_with(self, permission: Permission) -> frozenset[int]:
        """Return the ids of the domains where the reader may do something."""
        return frozenset(
            domain_id
            for domain_id in self.roles
            if domain_id is not None and self.may(permission, domain_id)
        )

    def reads(self, thing: HasReaders) -> bool:
        """Say whether the reader may see a thing at all."""
        return self.reads_everything or not self.tokens.isdisjoint(thing.reader_tokens)


TokenSource = Callable[[Person], Iterable[str]]
_token_sources: list[TokenSource] = []

ANONYMOUS = AccessContext(tokens=frozenset({PUBLIC}))
EVERYTHING = AccessContext(
    tokens=frozenset({PUBLIC, MEMBERS}), is_signed_in=True, reads_everything=True
)


def register_token_source(source: TokenSource) -> None:
    """Let grants add to the tokens by which a person reads."""
    if source not in _token_sources:
        _token_sources.append(source)


def access_for(visitor: Principal | AccessContext | Any) -> AccessContext:
    """Return what a visitor may read and do at this moment; ends and team changes bite at once."""
    if isinstance(visitor, AccessContext):
        return visitor
    if isinstance(visitor, SystemActor):
        return EVERYTHING
    if not isinstance(visitor, Person) or not visitor.is_active:
        return ANONYMOUS
    held = load_roles(visitor)
    roles = held.everywhere()
    return AccessContext(
        tokens=frozenset(_tokens(visitor, roles, held.team_ids)),
        roles=roles,
        team_ids=held.team_ids,
        is_signed_in=True,
    )


@dataclass(frozen=True)
class RoleAssignments:
    """The roles that a person was given, by domain id (None: the mesh), and the domains' tree."""

    direct: Mapping[int | None, frozenset[Role]]
    parents: Mapping[int, int | None]
    team_ids: frozenset[int]

    def at(self, domain_id: int | None) -> frozenset[Role]:
        """Return the roles in one domain, those inherited and those of the mesh included."""
        places = [None] if domain_id is None else [None, *ancestors_in(self.parents, domain_id)]
        return frozenset().union(*(self.direct.get(place, frozenset()) for place in places))

    def everywhere(self) -> dict[int | None, frozenset[Role]]:
        """Return the roles by domain, inherited ones included; each domain is looked at once."""
        mesh = self.direct.get(None, frozenset())
        done: dict[int | None, frozenset[Role]] = {}
        for domain_id in self.parents:
            way: list[int] = []
            at: int | None = domain_id
            while at is not None and at not in done and at not in way:
                way.append(at)
                at = self.parents.get(at)
            roles = done.get(at, frozenset())
            for each in reversed(way):
                roles |= self.direct.get(each, frozenset())
                done[each] = roles
        held = {domain_id: roles for domain_id, roles in done.items() if roles or mesh}
        return {None: mesh} | held


def load_roles(person: Person) -> RoleAssignments:
    team_ids, owned, parents = set[int](), list[tuple[int, int]](), dict[int, int | None]()
    roles: dict[int | None, set[Role]] = {}
    for place, parent_id, owner_team_id, said in _HELD.rows(person=person.pk, now=timezone.now()):
        if said == _A_TEAM:
            team_ids.add(place)
        elif said == _A_DOMAIN:
            parents[place] = parent_id
            if owner_team_id is not None:
                owned.append((place, owner_team_id))
        else:
            roles.setdefault(place, set()).add(Role(said))
    for domain_id, owner_team_id in owned:
        if owner_team_id in team_ids:
            roles.setdefault(domain_id, set()).add(Role.CONTRIBUTOR)
    return RoleAssignments(
        direct={place: frozenset(held) for place, held in roles.items()},
        parents=parents,
        team_ids=frozenset(team_ids),
    )


# What the last column of a row says where it is no role.
_A_DOMAIN, _A_TEAM = "", "team"


def role_query() -> QuerySet[Any, Any]:
    """Return all that gives a person rights at a moment: the tree, roles, and teams."""
    person, now = param("person", BigIntegerField()), param("now", DateTimeField())
    none = Value(None, output_field=BigIntegerField())
    tree = Domain.objects.order_by().values_list(
        "id", "parent_id", "owner_team_id", Value(_A_DOMAIN)
    )
    roles = Membership.objects.held(now).filter(person=person)
    teams = TeamMember.objects.filter(current(now), person=person)
    return tree.union(
        roles.values_list("domain_id", none, none, "role"),
        teams.values_list("team_id", none, none, Value(_A_TEAM)),
        all=True,
    )


_HELD = PreparedQuery(role_query)


def _tokens(
    person: Person, roles: Mapping[int | None, frozenset[Role]], team_ids: Collection[int]
) -> Iterable[str]:
    yield from (PUBLIC, MEMBERS)
    mesh = roles[None]
    for domain_id, held in roles.items():
        if domain_id is not None:
            yield f"domain:{domain_id}"
            if not DRAFT_ROLES.isdisjoint(held | mesh):
                yield f"drafts:{domain_id}"
    yield from (f"team:{team_id}" for team_id in team_ids)
    for source in _token_sources:
        yield from source(person)


def require_user(visitor: Principal | Any) -> Person:
    """Return the visitor as a person. Raises PermissionDenied if nobody is signed in."""
    if isinstance(visitor, Person):
        return visitor
    raise PermissionDenied("Only people do this.", location="actor", hint="Sign in.")


def can(visitor: Principal | AccessContext, permission: Permission, domain_id: int | None) -> bool:
    """Say whether a visitor may do something in a domain; a worker of the product may."""
    if isinstance(visitor, Person) and visitor.is_active:
        # One question needs no list of all that a person may.
        return any(
            permission in ROLE_PERMISSIONS[role] for role in load_roles(visitor).at(domain_id)
        )
    return isinstance(visitor, SystemActor) or access_for(visitor).may(permission, domain_id)


def require_permission(
    visitor: Principal | AccessContext | Actor, permission: Permission, domain: Domain | None
) -> None:
    """Raise PermissionDenied, saying who may, unless the visitor may do this in the domain."""
    domain_id = domain.pk if domain else None
    if isinstance(visitor, SystemActor | Person | AnonymousUser | AccessContext) and can(
        visitor, permission, domain_id
    ):
        return
    who = " or ".join(sorted(role.value.replace("_", " ") for role in roles_with(permission)))
    place = f"of {domain.name}" if domain else "of the mesh"
    raise PermissionDenied(
        f"This needs the role {who} {place}.",
        location="actor",
        hint=f"Ask an owner {place}, or sign in as somebody who has the role.",
    )
