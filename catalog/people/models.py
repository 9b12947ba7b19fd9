"""People, the teams they work in, and the tokens their programs carry."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.contrib.auth.models import AbstractUser, Group
from django.db import models
from django.db.models import Q
from django.utils import timezone
from knox.models import AbstractAuthToken

from catalog.permissions import DOMAIN_ROLES


def current() -> Q:
    """Return the condition that a row with `starts_at` and `ends_at` is in force now."""
    now = timezone.now()
    return Q(starts_at__lte=now) & (Q(ends_at__isnull=True) | Q(ends_at__gt=now))


class Person(AbstractUser):
    """Somebody who can sign in; the product's user model."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    oidc_subject = models.CharField(max_length=255, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["oidc_subject"],
                condition=~Q(oidc_subject=""),
                name="one_person_per_oidc_subject",
            )
        ]

    def __str__(self) -> str:
        return self.display_name

    @property
    def display_name(self) -> str:
        return self.get_full_name() or self.username

    @property
    def audit_id(self) -> str:
        return str(self.uuid)

    @property
    def audit_name(self) -> str:
        return self.display_name


class Team(models.Model):
    """People who own or use data together."""

    slug = models.SlugField(max_length=80, unique=True)
    name = models.CharField(max_length=120)
    description = models.TextField(blank=True)
    email = models.EmailField(blank=True, help_text="Where the team is reached.")
    group = models.OneToOneField(
        Group,
        models.PROTECT,
        editable=False,
        help_text="To which restricted products are opened; it has no members of its own.",
    )
    people: models.ManyToManyField[Person, TeamMember] = models.ManyToManyField(
        Person, through="TeamMember", related_name="teams"
    )

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class TeamMember(models.Model):
    """A person's time in a team."""

    team = models.ForeignKey(Team, models.CASCADE, related_name="members")
    person = models.ForeignKey(Person, models.CASCADE, related_name="team_memberships")
    is_manager = models.BooleanField(
        default=False, help_text="Manages the members, and agrees to work for a domain."
    )
    starts_at = models.DateTimeField(default=timezone.now)
    ends_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["team", "person"], name="a_person_is_in_a_team_once")
        ]

    def __str__(self) -> str:
        return f"{self.person} in {self.team}"


class Invitation(models.Model):
    """A link by which one person joins; used once, or it lapses."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    email = models.EmailField()
    secret_digest = models.CharField(max_length=64, unique=True)
    invited_by = models.ForeignKey(Person, models.CASCADE, related_name="invitations_sent")
    team = models.ForeignKey(Team, models.CASCADE, null=True, blank=True)
    domain = models.ForeignKey("catalog.Domain", models.CASCADE, null=True, blank=True)
    role = models.CharField(
        max_length=20, blank=True, choices=[(role.value, role.value) for role in DOMAIN_ROLES]
    )
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(role="") | Q(domain__isnull=False),
                name="an_invited_role_is_of_a_domain",
            )
        ]

    def __str__(self) -> str:
        return self.email

    @property
    def is_open(self) -> bool:
        return self.accepted_at is None and self.expires_at > timezone.now()


class InitialSetup(models.Model):
    """The one moment at which an empty installation got its first administrator."""

    place = models.PositiveSmallIntegerField(primary_key=True, default=1)
    person = models.OneToOneField(Person, models.PROTECT, related_name="+")
    happened_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(place=1), name="an_installation_starts_once")
        ]

    def __str__(self) -> str:
        return f"first start by {self.person}"


class ApiToken(AbstractAuthToken):
    """A program's key to the API, in its person's name; only its digest is stored."""

    class Scope(models.TextChoices):
        READ = "read"
        WRITE = "write"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(max_length=80)
    scopes = models.JSONField(default=list)
    last_used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-created"]

    def __str__(self) -> str:
        return self.name
