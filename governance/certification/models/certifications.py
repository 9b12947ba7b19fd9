"""The certification of a product: from its request to its end, and each decision on the way."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone

from catalog.people.models import Person
from catalog.products.models import DataProduct
from catalog.publication.models import ProductVersion
from governance.certification.transitions import IN_FORCE, OPEN, State


class Level(models.TextChoices):
    """The levels, the lowest first."""

    BRONZE = "bronze"
    SILVER = "silver"
    GOLD = "gold"


class Certification(models.Model):
    """One request for a level of a published version, and what became of it.

    Only `governance.certification.services.transitions` writes `state`. `review_digest` is that of
    the evidence that the review shows; a decision for another digest is out of date.
    """

    uuid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    product = models.ForeignKey(DataProduct, models.CASCADE, related_name="certifications")
    level = models.CharField(max_length=6, choices=Level)
    state = models.CharField(max_length=9, choices=[(state.value, state.value) for state in State])
    edition = models.PositiveBigIntegerField(default=1, help_text="Counts all writes of the row.")
    requested_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    requested_by_name = models.CharField(max_length=200)
    requested_at = models.DateTimeField(default=timezone.now)
    note = models.TextField(blank=True)
    due_at = models.DateTimeField(help_text="By when a steward answers.")
    review_digest = models.CharField(max_length=64, blank=True)
    certified_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    cause = models.JSONField(default=dict, help_text="Of a suspension: code, sentence, evidence.")
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-requested_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["product"],
                condition=Q(state__in=[state.value for state in OPEN]),
                name="a_product_has_one_open_request",
            ),
            models.UniqueConstraint(
                fields=["product"],
                condition=Q(state__in=[state.value for state in IN_FORCE]),
                name="a_product_has_one_certification",
            ),
        ]
        indexes = [models.Index(fields=["state", "expires_at"], name="certification_by_expiry")]

    def __str__(self) -> str:
        return f"{self.level} of {self.product_id}: {self.state}"


class CertifiedVersion(models.Model):
    """A published version that a certification covers: the reviewed one, and text-only releases."""

    certification = models.ForeignKey(Certification, models.CASCADE, related_name="versions")
    version = models.ForeignKey(ProductVersion, models.CASCADE, related_name="certifications")
    is_carried_over = models.BooleanField(default=False, help_text="A release of texts alone.")
    added_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["certification", "version"], name="a_version_is_covered_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.version_id} by {self.certification_id}"


class Decision(models.Model):
    """What one person, or the platform, decided on a certification; never changed.

    Of a restricted product two approvals of stewards of different domains are needed: the first one
    is a row here, and the state stays in review.
    """

    certification = models.ForeignKey(Certification, models.CASCADE, related_name="decisions")
    act = models.CharField(max_length=20)
    person = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="+")
    actor_name = models.CharField(max_length=200)
    domain_id = models.BigIntegerField(null=True, help_text="For which domain the steward acted.")
    reason = models.TextField(blank=True)
    digest = models.CharField(max_length=64, blank=True, help_text="Of the evidence that was seen.")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.actor_name}: {self.act}"
