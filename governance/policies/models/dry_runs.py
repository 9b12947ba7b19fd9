"""A dry run of a policy version over the whole mesh: what it would change, and nothing applied."""

import uuid

from django.db import models
from django.utils import timezone

from catalog.people.models import Person
from catalog.products.models import DataProduct
from governance.policies.models.policies import PolicyVersion


class DryRun(models.Model):
    class State(models.TextChoices):
        WAITING = "waiting"
        RUNNING = "running"
        FINISHED = "finished"
        FAILED = "failed"

    uuid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    version = models.ForeignKey(PolicyVersion, models.CASCADE, related_name="dry_runs")
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    mode = models.CharField(max_length=8, help_text="The mode that was tried.")
    requested_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    requested_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    total = models.PositiveIntegerField(default=0)
    evaluated = models.PositiveIntegerField(default=0)
    last_product = models.BigIntegerField(default=0, help_text="Where a killed run goes on.")
    applies = models.PositiveIntegerField(default=0)
    newly_failing = models.PositiveIntegerField(default=0)
    newly_passing = models.PositiveIntegerField(default=0)
    still_failing = models.PositiveIntegerField(default=0)
    claimed_until = models.DateTimeField(null=True, blank=True)
    failure = models.TextField(blank=True)

    class Meta:
        ordering = ["-requested_at"]

    def __str__(self) -> str:
        return f"dry run of {self.version}"


class DryRunChange(models.Model):
    """One product that would newly fail or newly pass, with the clauses and facts that decide."""

    dry_run = models.ForeignKey(DryRun, models.CASCADE, related_name="changes")
    product = models.ForeignKey(DataProduct, models.CASCADE, related_name="+")
    is_failing = models.BooleanField()
    clauses = models.JSONField(default=list)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["dry_run", "product"], name="a_product_changes_once")
        ]

    def __str__(self) -> str:
        return f"{self.product_id} {'fails' if self.is_failing else 'passes'}"
