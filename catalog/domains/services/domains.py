"""Writes the tree of domains."""

from typing import Any

from django.contrib.auth.models import Group
from django.db import transaction
from django.utils import timezone

from catalog.authorization.access import (
    Writer,
    can,
    lock_for_edit,
    require_permission,
    require_team_manager,
)
from catalog.authorization.tree import ancestors_in
from catalog.domains.folders import is_folder
from catalog.domains.models import Domain, FormerDomainSlug, TeamRequest
from catalog.exceptions import NameConflict, require_valid
from catalog.identifiers import character_issues, slug_issues, slug_of
from catalog.issues import Issue
from catalog.people.models import Team
from catalog.permissions import Permission
from catalog.revisions.services import record_change


@transaction.atomic
def create_domain(
    *,
    name: str,
    actor: Writer,
    slug: str = "",
    mission: str = "",
    parent: Domain | None = None,
    owner_team: Team | None = None,
    is_external: bool = False,
) -> Domain:
    """Create a domain; without a slug it gets one from its name.

    Raises PermissionDenied (of the parent too, and of the team), ValidationFailed, NameConflict.
    """
    require_permission(actor, Permission.MANAGE_DOMAIN, parent)
    if owner_team:
        require_team_manager(actor, owner_team, location="owner_team")
    domain = Domain(
        slug=slug or slug_of(name),
        name=name,
        mission=mission,
        parent=parent,
        owner_team=owner_team,
        is_external=is_external,
    )
    _check(domain)
    _require_free_slug(domain)
    _require_own_folder(domain, actor)
    domain.group = Group.objects.create(name=f"domain {domain.uuid}")
    domain.save(force_insert=True)
    record_change(domain, actor, "created", after=_state(domain))
    return domain


@transaction.atomic
def edit_domain(
    *, domain: Domain, edition: int, actor: Writer, reason: str = "", **changes: Any
) -> Domain:
    """Change `slug`, `name`, `mission`, `parent` or `owner_team`; an old slug redirects for ever.

    Naming a team needs one of its managers; `request_team` asks them. Raises PermissionDenied,
    EditConflict, ValidationFailed (a cycle in the tree), NameConflict.
    """
    if changes.get("parent", domain.parent) != domain.parent:
        # Of two moves at once, each valid alone, both could make a cycle: the tree is locked.
        list(Domain.objects.select_for_update(no_key=True).order_by("pk").values_list("pk"))
    related = ("parent", "owner_team")
    domain = lock_for_edit(domain, edition, actor, Permission.MANAGE_DOMAIN, related=related)
    unknown = sorted(set(changes) - set(_state(domain)))
    require_valid([Issue(location=name, message="Unexpected field.") for name in unknown])
    if changes.get("parent", domain.parent) != domain.parent:
        require_permission(actor, Permission.MANAGE_DOMAIN, changes["parent"])
    if (team := changes.get("owner_team")) and team != domain.owner_team:
        require_team_manager(actor, team, location="owner_team")
    return write_changes(domain, changes, actor=actor, reason=reason)


def write_changes(
    domain: Domain, changes: dict[str, Any], *, actor: Writer, reason: str = ""
) -> Domain:
    """Write new values to a locked domain; the caller has checked who may.

    Raises ValidationFailed, NameConflict.
    """
    before, old_slug = _state(domain), domain.slug
    for name, value in changes.items():
        setattr(domain, name, value)
    _check(domain)
    if domain.slug != old_slug:
        _require_free_slug(domain)
        if not domain.former_slugs.filter(slug=domain.slug).exists():
            _require_own_folder(domain, actor)
        domain.former_slugs.filter(slug=domain.slug).delete()
        domain.former_slugs.create(slug=old_slug)
    domain.edition, domain.revision = domain.edition + 1, domain.revision + 1
    domain.revised_at = timezone.now()
    domain.save()
    if "owner_team" in changes:
        TeamRequest.objects.filter(domain=domain).delete()
    record_change(domain, actor, "edited", before=before, after=_state(domain), reason=reason)
    return domain


def _check(domain: Domain) -> None:
    issues = slug_issues(domain.slug, domain.name)
    issues += character_issues({"name": domain.name, "mission": domain.mission})
    if not domain.name.strip() or len(domain.name) > 120:
        issues.append(Issue(location="name", message="A name has 1 to 120 characters."))
    if domain.pk and domain.parent_id:
        parents = Domain.objects.parents() | {domain.pk: None}
        if domain.pk in ancestors_in(parents, domain.parent_id):
            message = "A domain cannot be below itself."
            hint = "Choose a parent outside this domain's own branch."
            issues.append(Issue(location="parent", message=message, hint=hint))
    require_valid(issues)


def _require_free_slug(domain: Domain) -> None:
    former = FormerDomainSlug.objects.filter(slug=domain.slug).exclude(domain_id=domain.pk)
    others = Domain.objects.filter(slug=domain.slug).exclude(pk=domain.pk)
    if former.exists() or others.exists():
        message = f"The slug {domain.slug} is in use."
        raise NameConflict(message, location="slug", hint="Choose another.")


def _require_own_folder(domain: Domain, actor: Writer) -> None:
    """Let only the governance lead give a domain a slug of which there is a folder of files."""
    if is_folder(domain.slug) and not can(actor, Permission.MANAGE_DOMAIN, None):
        raise NameConflict(
            f"There is a folder of files named {domain.slug}, which the domain would own.",
            location="slug",
            hint="Choose another slug, or ask a governance lead.",
        )


def _state(domain: Domain) -> dict[str, Any]:
    return {
        "slug": domain.slug,
        "name": domain.name,
        "mission": domain.mission,
        "parent": domain.parent.slug if domain.parent else None,
        "owner_team": domain.owner_team.slug if domain.owner_team else None,
    }
