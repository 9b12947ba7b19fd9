"""The tree of domains, and who has which role where and until when."""

from collections.abc import Iterable, Iterator
from typing import Self

from django.contrib.auth.models import Group
from django.db import models
from django.db.models import Q
from django.utils import timezone

from catalog.people.models import Person, Team
from catalog.revisions.models import Revisioned

DOMAIN = "domain"


class DomainQuerySet(models.QuerySet["Domain"]):
    """Reads of the tree."""

    def parents(self) -> dict[int, int | None]:
        """Return each domain's parent by id; one statement for the whole tree."""
        return dict(self.order_by().values_list("id", "parent_id"))


class Domain(Revisioned):
    """A part of the organisation that owns data products; it may have parts of its own."""

    KIND = DOMAIN

    slug = models.CharField(max_length=120, unique=True)
    name = models.CharField(max_length=120)
    mission = models.TextField(
        blank=True, help_text="What the domain is for, in a sentence or two."
    )
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children"
    )
    owner_team = models.ForeignKey(
        Team,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="domains",
        help_text="Its members contribute to the domain; none for a foreign source.",
    )
    group = models.OneToOneField(
        Group,
        models.PROTECT,
        editable=False,
        help_text="To which restricted products are opened; it has no members of its own.",
    )
    is_external = models.BooleanField(default=False, help_text="A source of entries from outside.")

    objects = DomainQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(parent=models.F("id")), name="a_domain_is_not_its_own_parent"
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def domain(self) -> Self:
        """Return the domain: roles in it and its audit trail cover the domain itself."""
        return self

    @property
    def domain_id(self) -> int:
        return self.pk


class FormerDomainSlug(models.Model):
    """A slug that a domain had; it leads to the domain for ever."""

    slug = models.CharField(max_length=120, unique=True)
    domain = models.ForeignKey(Domain, models.CASCADE, related_name="former_slugs")

    def __str__(self) -> str:
        return self.slug


class TeamRequest(models.Model):
    """A domain's request that a team work for it; open until a manager of the team answers."""

    domain = models.OneToOneField(Domain, models.CASCADE, related_name="team_request")
    team = models.ForeignKey(Team, models.CASCADE, related_name="requests")
    requested_by = models.ForeignKey(Person, models.CASCADE, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.domain} asks {self.team}"


def in_tree_order(domains: Iterable[Domain]) -> Iterator[tuple[Domain, int]]:
    """Yield each domain after its parent, with its depth, from 0; siblings stay in their order."""
    children: dict[int | None, list[Domain]] = {}
    for domain in domains:
        children.setdefault(domain.parent_id, []).append(domain)
    pending = [(domain, 0) for domain in reversed(children.get(None, []))]
    while pending:
        domain, depth = pending.pop()
        yield domain, depth
        pending += [(child, depth + 1) for child in reversed(children.get(domain.pk, []))]
