"""A policy and its versions; a version is never changed once it was proposed."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.db import models
from django.db.models import Q
from django.utils import timezone

from catalog.domains.models import Domain
from catalog.people.models import Person
from governance.policies.decisions import Mode


class PolicyKind(models.TextChoices):
    """When a policy is asked. Access and masking share the form and come with the gateway."""

    PUBLICATION = "publication"
    CERTIFICATION = "certification"


class Policy(models.Model):
    """A rule of the mesh, or of one domain, which may only be stricter.

    `mode`, `active` and `enforce_on` change together by one service: the mode is that of the active
    version until `enforce_on`, from which moment on it is enforce, with no job needed.
    """

    uuid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    slug = models.CharField(max_length=80, unique=True, help_text="The `id` of its text.")
    domain = models.ForeignKey(
        Domain,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="policies",
        help_text="None: it binds the whole mesh.",
    )
    kind = models.CharField(max_length=14, choices=PolicyKind, default=PolicyKind.PUBLICATION)
    level = models.CharField(
        max_length=6, blank=True, help_text="Of certification: bronze, silver or gold."
    )
    mode = models.CharField(max_length=8, choices=[(mode.value, mode.value) for mode in Mode])
    enforce_on = models.DateTimeField(null=True, blank=True, help_text="When it begins to block.")
    active = models.OneToOneField(
        "PolicyVersion", models.PROTECT, null=True, blank=True, related_name="+"
    )
    owner = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="+")
    edition = models.PositiveBigIntegerField(default=1)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["slug"]
        constraints = [
            models.CheckConstraint(
                condition=Q(mode="off") | Q(active__isnull=False),
                name="an_applied_policy_has_a_version",
            )
        ]

    def __str__(self) -> str:
        return self.slug

    def mode_at(self, now: datetime) -> Mode:
        """Return the mode in force at a moment."""
        mode = Mode(self.mode)
        has_begun = self.enforce_on is not None and self.enforce_on <= now
        return Mode.ENFORCE if has_begun and mode is Mode.WARN else mode


class PolicyVersion(models.Model):
    """One text of a policy. It is applied once a second person approved it."""

    class State(models.TextChoices):
        DRAFT = "draft"
        PROPOSED = "proposed"
        APPROVED = "approved"
        REFUSED = "refused"

    policy = models.ForeignKey(Policy, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    text = models.TextField(help_text="YAML, as it was written.")
    digest = models.CharField(max_length=64, help_text="SHA-256 of the text.")
    title = models.CharField(max_length=120)
    sentence = models.CharField(max_length=300, help_text="What it demands, in a plain sentence.")
    state = models.CharField(max_length=8, choices=State, default=State.DRAFT)
    author = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    author_name = models.CharField(max_length=200)
    created_at = models.DateTimeField(default=timezone.now)
    decided_by = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    reason = models.TextField(blank=True)
    # How it was last applied, so that a return to it restores the decisions exactly.
    applied_mode = models.CharField(max_length=8, blank=True)
    applied_enforce_on = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["policy", "number"], name="a_policy_version_has_one_number"
            )
        ]

    def __str__(self) -> str:
        return f"{self.policy} {self.number}"
