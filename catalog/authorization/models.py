"""Who has which role in which domain, and until when."""

from typing import Self

from django.db import models
from django.db.models import Q
from django.utils import timezone

from catalog.people.models import Person, current
from catalog.permissions import DOMAIN_ROLES, MESH_ROLES, Role


class MembershipQuerySet(models.QuerySet["Membership"]):
    """Reads of who is what."""

    def active(self) -> Self:
        """Return the memberships of active people that are in force now."""
        return self.filter(current(), person__is_active=True)


class Membership(models.Model):
    """A person's role in a domain, or in the mesh where no domain is named."""

    domain = models.ForeignKey(
        "catalog.Domain", models.CASCADE, null=True, blank=True, related_name="memberships"
    )
    person = models.ForeignKey(Person, models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=20, choices=[(role.value, role.value) for role in Role])
    starts_at = models.DateTimeField(default=timezone.now)
    ends_at = models.DateTimeField(null=True, blank=True)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["domain", "person", "role"], name="a_person_has_a_domain_role_once"
            ),
            models.UniqueConstraint(
                fields=["person", "role"],
                condition=Q(domain__isnull=True),
                name="a_person_has_a_mesh_role_once",
            ),
            models.CheckConstraint(
                condition=Q(domain__isnull=True, role__in=[role.value for role in MESH_ROLES])
                | Q(domain__isnull=False, role__in=[role.value for role in DOMAIN_ROLES]),
                name="a_role_fits_its_place",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person}: {self.role} in {self.domain or 'the mesh'}"
