"""Writing domains and roles; guardian's rows are kept in step here and nowhere else."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.auth.models import Group
from django.contrib.auth.models import Permission as DjangoPermission
from django.db import IntegrityError, transaction
from django.db.models import F

from catalog.audit.actors import Worker
from catalog.audit.services import Subject, record
from catalog.domains.authority import demand
from catalog.domains.models import (
    Domain,
    DomainGroupPermission,
    FormerDomainSlug,
    Membership,
    ancestors_in,
)
from catalog.identity import is_slug, unstorable
from catalog.people.models import Person, Team
from catalog.permissions import DOMAIN_ROLES, MESH_ROLES, ROLE_PERMISSIONS, Permission, Role
from catalog.refusals import EditionConflict, Fault, Invalid, NameTaken
from catalog.revisions.services import announce

KIND = "domain"
Writer = Person | Worker


@transaction.atomic
def create_domain(
    *,
    slug: str,
    name: str,
    actor: Writer,
    mission: str = "",
    parent: Domain | None = None,
    owner_team: Team | None = None,
    is_foreign: bool = False,
) -> Domain:
    """Create a domain below its parent, with a group for each role.

    Raises NotAllowed, Invalid, NameTaken.
    """
    demand(actor, Permission.MANAGE_DOMAIN, parent)
    _check_names(slug=slug, name=name, mission=mission)
    if Domain.objects.filter(slug=slug).exists() or _was_used(slug):
        raise NameTaken(f"The slug {slug} is in use.", where="slug", way_out="Choose another.")
    domain = Domain.objects.create(
        slug=slug,
        name=name,
        mission=mission,
        parent=parent,
        owner_team=owner_team,
        is_foreign=is_foreign,
    )
    _make_groups(domain)
    record(actor=actor, verb="created", subject=_subject(domain), after=_state(domain))
    announce(kind=KIND, ids=[domain.uuid])
    return domain


@transaction.atomic
def edit_domain(
    *, domain: Domain, edition: int, actor: Writer, reason: str = "", **changes: Any
) -> Domain:
    """Change `slug`, `name`, `mission`, `parent` or `owner_team`; an old slug redirects for ever.

    Raises NotAllowed, EditionConflict, Invalid (a cycle in the tree), NameTaken.
    """
    demand(actor, Permission.MANAGE_DOMAIN, domain)
    before, old_slug = _state(domain), domain.slug
    unknown = set(changes) - {"slug", "name", "mission", "parent", "owner_team"}
    if unknown:
        raise Invalid(
            [Fault(where=name, message="A domain has no such field.") for name in unknown]
        )
    for name, value in changes.items():
        setattr(domain, name, value)
    _check_names(slug=domain.slug, name=domain.name, mission=domain.mission)
    _check_tree(domain)
    if domain.slug != old_slug:
        _keep_slug(domain, old_slug)
    _claim_edition(domain, edition)
    domain.save()
    record(
        actor=actor,
        verb="edited",
        subject=_subject(domain),
        before=before,
        after=_state(domain),
        reason=reason,
    )
    announce(kind=KIND, ids=[domain.uuid])
    return domain


@transaction.atomic
def give_role(
    *,
    person: Person,
    role: Role,
    actor: Writer,
    domain: Domain | None = None,
    ends_at: datetime | None = None,
) -> Membership:
    """Give a person a role in a domain, or in the mesh; giving it again sets its end.

    Raises NotAllowed; Invalid where the role does not fit the place.
    """
    demand(actor, Permission.MANAGE_MEMBERS, domain)
    if role not in (DOMAIN_ROLES if domain else MESH_ROLES):
        place = "a domain" if domain else "the mesh"
        raise Invalid([Fault(where="role", message=f"{role.value} is not a role of {place}.")])
    membership, _ = Membership.objects.update_or_create(
        person=person, role=role.value, domain=domain, defaults={"ends_at": ends_at}
    )
    if domain:
        person.groups.add(_group(domain, role))
    _note_role(actor, "gave role", membership)
    return membership


@transaction.atomic
def take_role(*, membership: Membership, actor: Writer, reason: str = "") -> None:
    """End a role at once; what it allowed is refused from the next request on."""
    demand(actor, Permission.MANAGE_MEMBERS, membership.domain)
    if membership.domain:
        membership.person.groups.remove(_group(membership.domain, Role(membership.role)))
    _note_role(actor, "took role", membership, reason)
    membership.delete()


def _note_role(actor: Writer, verb: str, membership: Membership, reason: str = "") -> None:
    domain = membership.domain
    subject = _subject(domain) if domain else Subject(kind="mesh", id="mesh", name="the mesh")
    record(
        actor=actor,
        verb=verb,
        subject=subject,
        reason=reason,
        after={
            "person": membership.person.display_name,
            "role": membership.role,
            "until": membership.ends_at.isoformat() if membership.ends_at else None,
        },
    )


def _check_names(*, slug: str, name: str, mission: str) -> None:
    faults = []
    if not is_slug(slug):
        faults.append(
            Fault(
                where="slug",
                message=f"{slug!r} is not a slug.",
                way_out="Use small letters, digits, dots, dashes and underscores.",
            )
        )
    if not name.strip() or len(name) > 120:
        faults.append(Fault(where="name", message="A name has 1 to 120 characters."))
    for where, text in (("name", name), ("mission", mission)):
        if bad := unstorable(text):
            faults.append(Fault(where=where, message=f"It holds {bad}.", way_out="Remove it."))
    if faults:
        raise Invalid(faults)


def _check_tree(domain: Domain) -> None:
    parents = Domain.objects.parents()
    parents[domain.pk] = None
    if domain.parent_id and domain.pk in ancestors_in(parents, domain.parent_id):
        raise Invalid(
            [
                Fault(
                    where="parent",
                    message="A domain cannot lie below itself.",
                    way_out="Choose a parent outside this domain's own branch.",
                )
            ]
        )


def _was_used(slug: str) -> bool:
    return FormerDomainSlug.objects.filter(slug=slug).exists()


def _keep_slug(domain: Domain, old_slug: str) -> None:
    FormerDomainSlug.objects.filter(slug=domain.slug, domain=domain).delete()
    taken = Domain.objects.filter(slug=domain.slug).exclude(pk=domain.pk).exists()
    if taken or _was_used(domain.slug):
        raise NameTaken(
            f"The slug {domain.slug} is in use.", where="slug", way_out="Choose another."
        )
    FormerDomainSlug.objects.create(slug=old_slug, domain=domain)


def _claim_edition(domain: Domain, edition: int) -> None:
    won = Domain.objects.filter(pk=domain.pk, edition=edition).update(
        edition=F("edition") + 1, revision=F("revision") + 1
    )
    current = Domain.objects.values("edition", "revision").get(pk=domain.pk)
    if not won:
        raise EditionConflict(seen=edition, current=current["edition"])
    domain.edition, domain.revision = current["edition"], current["revision"]


def _make_groups(domain: Domain) -> None:
    known = {
        permission.codename: permission
        for permission in DjangoPermission.objects.filter(
            content_type__app_label="catalog", content_type__model="domain"
        )
    }
    for role in DOMAIN_ROLES:
        group = _group(domain, role)
        DomainGroupPermission.objects.bulk_create(
            DomainGroupPermission(
                group=group, content_object=domain, permission=known[permission.value]
            )
            for permission in sorted(ROLE_PERMISSIONS[role])
        )


def _group(domain: Domain, role: Role) -> Group:
    try:
        return Group.objects.get_or_create(name=f"domain {domain.uuid} {role.value}")[0]
    except IntegrityError:
        return Group.objects.get(name=f"domain {domain.uuid} {role.value}")


def _subject(domain: Domain) -> Subject:
    return Subject(
        kind=KIND,
        id=str(domain.uuid),
        name=domain.name,
        domain_id=domain.pk,
        revision=domain.revision,
    )


def _state(domain: Domain) -> dict[str, Any]:
    return {
        "slug": domain.slug,
        "name": domain.name,
        "mission": domain.mission,
        "parent": domain.parent.slug if domain.parent else None,
        "owner_team": domain.owner_team.slug if domain.owner_team else None,
    }
