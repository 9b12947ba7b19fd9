"""Writing the tree of domains."""

from typing import Any
from uuid import uuid4

from django.contrib.auth.models import Group
from django.db import transaction
from django.utils import timezone

from catalog.authorization.access import Writer, lock_for_edit, require_permission
from catalog.authorization.tree import ancestors_in
from catalog.domains.models import Domain, FormerDomainSlug
from catalog.exceptions import NameConflict, ValidationFailed
from catalog.identifiers import is_slug, unstorable
from catalog.issues import Issue
from catalog.people.models import Team
from catalog.permissions import Permission
from catalog.revisions.services import record_change


@transaction.atomic
def create_domain(
    *,
    slug: str,
    name: str,
    actor: Writer,
    mission: str = "",
    parent: Domain | None = None,
    owner_team: Team | None = None,
    is_external: bool = False,
) -> Domain:
    """Create a domain below its parent.

    Raises PermissionDenied, Invalid, NameConflict.
    """
    require_permission(actor, Permission.MANAGE_DOMAIN, parent)
    _check_names(slug=slug, name=name, mission=mission)
    if Domain.objects.filter(slug=slug).exists() or slug_was_used(slug):
        raise NameConflict(f"The slug {slug} is in use.", location="slug", hint="Choose another.")
    key = uuid4()
    domain = Domain.objects.create(
        uuid=key,
        group=Group.objects.create(name=f"domain {key}"),
        slug=slug,
        name=name,
        mission=mission,
        parent=parent,
        owner_team=owner_team,
        is_external=is_external,
    )
    record_change(domain, actor, "created", after=_state(domain))
    return domain


@transaction.atomic
def edit_domain(
    *, domain: Domain, edition: int, actor: Writer, reason: str = "", **changes: Any
) -> Domain:
    """Change `slug`, `name`, `mission`, `parent` or `owner_team`; an old slug redirects for ever.

    Raises PermissionDenied, EditConflict, Invalid (a cycle in the tree), NameConflict.
    """
    if changes.get("parent", domain.parent) != domain.parent:
        lock_tree()
    related = ("parent", "owner_team")
    domain = lock_for_edit(domain, edition, actor, Permission.MANAGE_DOMAIN, related=related)
    before, old_slug = _state(domain), domain.slug
    unknown = set(changes) - {"slug", "name", "mission", "parent", "owner_team"}
    if unknown:
        raise ValidationFailed(
            [Issue(location=name, message="A domain has no such field.") for name in unknown]
        )
    if changes.get("parent", domain.parent) != domain.parent:
        require_permission(actor, Permission.MANAGE_DOMAIN, changes["parent"])
    for name, value in changes.items():
        setattr(domain, name, value)
    _check_names(slug=domain.slug, name=domain.name, mission=domain.mission)
    _check_tree(domain)
    if domain.slug != old_slug:
        record_former_slug(domain, old_slug)
    domain.edition, domain.revision = domain.edition + 1, domain.revision + 1
    domain.revised_at = timezone.now()
    domain.save()
    record_change(domain, actor, "edited", before=before, after=_state(domain), reason=reason)
    return domain


def lock_tree() -> None:
    """Lock the whole tree: of two moves at once, each fine alone, both could make a circle."""
    list(Domain.objects.select_for_update(no_key=True).order_by("pk").values_list("pk"))


def _check_names(*, slug: str, name: str, mission: str) -> None:
    issues = []
    if not is_slug(slug):
        issues.append(
            Issue(
                location="slug",
                message=f"{slug!r} is not a slug.",
                hint="Use small letters, digits, dots, dashes and underscores.",
            )
        )
    if not name.strip() or len(name) > 120:
        issues.append(Issue(location="name", message="A name has 1 to 120 characters."))
    for location, text in (("name", name), ("mission", mission)):
        if bad := unstorable(text):
            issues.append(Issue(location=location, message=f"It holds {bad}.", hint="Remove it."))
    if issues:
        raise ValidationFailed(issues)


def _check_tree(domain: Domain) -> None:
    parents = Domain.objects.parents()
    parents[domain.pk] = None
    if domain.parent_id and domain.pk in ancestors_in(parents, domain.parent_id):
        raise ValidationFailed(
            [
                Issue(
                    location="parent",
                    message="A domain cannot lie below itself.",
                    hint="Choose a parent outside this domain's own branch.",
                )
            ]
        )


def slug_was_used(slug: str) -> bool:
    return FormerDomainSlug.objects.filter(slug=slug).exists()


def record_former_slug(domain: Domain, old_slug: str) -> None:
    FormerDomainSlug.objects.filter(slug=domain.slug, domain=domain).delete()
    is_taken = Domain.objects.filter(slug=domain.slug).exclude(pk=domain.pk).exists()
    if is_taken or slug_was_used(domain.slug):
        raise NameConflict(
            f"The slug {domain.slug} is in use.", location="slug", hint="Choose another."
        )
    FormerDomainSlug.objects.create(slug=old_slug, domain=domain)


def _state(domain: Domain) -> dict[str, Any]:
    return {
        "slug": domain.slug,
        "name": domain.name,
        "mission": domain.mission,
        "parent": domain.parent.slug if domain.parent else None,
        "owner_team": domain.owner_team.slug if domain.owner_team else None,
    }
