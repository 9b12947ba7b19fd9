"""Rows of search itself: the outcome of each check of an index, and the lock of rebuilds."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models.functions import Now

# An edit may be pending for this long.
FRESH_WITHIN_SECONDS = 60


class IndexCheckQuerySet(models.QuerySet["IndexCheck"]):
    def of(self, engine: str, *, since: datetime) -> IndexCheckQuerySet:
        return self.filter(engine=engine, at__gte=since).order_by("-at", "-id")


class IndexCheck(models.Model):
    """One comparison of an index with the database, with the mismatches by kind."""

    engine = models.CharField(max_length=20)
    at = models.DateTimeField()
    checked = models.PositiveIntegerField(default=0, help_text="Documents compared.")
    missing = models.PositiveIntegerField(default=0)
    surplus = models.PositiveIntegerField(default=0)
    revision = models.PositiveIntegerField(default=0)
    readers = models.PositiveIntegerField(default=0)
    content = models.PositiveIntegerField(default=0)
    behind = models.PositiveIntegerField(default=0, help_text="Changes pending as it began.")
    oldest_seconds = models.FloatField(default=0.0, help_text="Age of the oldest of them.")
    seconds = models.FloatField(default=0.0, help_text="How long the comparison took.")
    problem = models.TextField(blank=True, help_text="Why nothing could be compared.")

    objects = IndexCheckQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["engine", "-at"], name="index_check_by_engine")]

    def __str__(self) -> str:
        return f"{self.engine} at {self.at:%Y-%m-%d %H:%M}: {self.problem or self.drift}"

    @property
    def drift(self) -> int:
        return self.missing + self.surplus + self.revision + self.readers + self.content

    @property
    def is_fresh(self) -> bool:
        """Return True if no edit had been pending for too long."""
        return self.oldest_seconds <= FRESH_WITHIN_SECONDS

    @property
    def is_good(self) -> bool:
        """Return True if the index answered, equalled the database and was fresh."""
        return not self.problem and self.drift == 0 and self.is_fresh


class RebuildLock(models.Model):
    """Which process may rebuild an engine's index; free once `expires_at` has passed."""

    engine = models.CharField(max_length=20)
    holder = models.UUIDField(null=True)
    expires_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["engine"], name="one_rebuild_lock_per_engine")
        ]

    def __str__(self) -> str:
        return f"{self.engine}: {self.holder} until {self.expires_at}"
