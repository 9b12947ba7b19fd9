"""Waivers: a product need not meet a policy until a moment, because a named person said so."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from catalog.people.models import Person
from catalog.products.models import DataProduct
from governance.policies.models.policies import Policy


class WaiverQuerySet(models.QuerySet["Waiver"]):
    def in_force(self, now: datetime) -> WaiverQuerySet:
        """Return what is approved and not over at that very moment; no job ends a waiver."""
        return self.filter(state=Waiver.State.APPROVED, expires_at__gt=now, ended_at__isnull=True)


class Waiver(models.Model):
    class State(models.TextChoices):
        REQUESTED = "requested"
        APPROVED = "approved"
        REFUSED = "refused"

    uuid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    policy = models.ForeignKey(Policy, models.CASCADE, related_name="waivers")
    product = models.ForeignKey(DataProduct, models.CASCADE, related_name="waivers")
    clause = models.CharField(max_length=80, blank=True, help_text="Empty: the whole policy.")
    state = models.CharField(max_length=9, choices=State, default=State.REQUESTED)
    reason = models.TextField()
    expires_at = models.DateTimeField()
    requested_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    requested_at = models.DateTimeField(default=timezone.now)
    decided_by = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    decision_reason = models.TextField(blank=True)
    ended_at = models.DateTimeField(null=True, blank=True, help_text="When it was ended early.")

    objects = WaiverQuerySet.as_manager()

    class Meta:
        ordering = ["-requested_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True)
                | Q(requested_by__isnull=True)
                | ~Q(decided_by=F("requested_by")),
                name="nobody_approves_their_own_waiver",
            )
        ]

    def __str__(self) -> str:
        return f"waiver of {self.policy_id} for {self.product_id} until {self.expires_at:%Y-%m-%d}"
