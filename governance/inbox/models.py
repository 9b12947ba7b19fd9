"""How a person wants to hear of their inbox, and which digests they were sent."""

from datetime import timedelta

from django.db import models
from django.utils import timezone

from catalog.people.models import Person


class Frequency(models.TextChoices):
    """How often a digest is mailed; nobody gets one who did not ask for it."""

    NEVER = "never"
    DAILY = "daily"
    WEEKLY = "weekly"


class InboxSettings(models.Model):
    """What a person chose; without a row there is no digest and no feed."""

    person = models.OneToOneField(Person, models.CASCADE, related_name="inbox_settings")
    frequency = models.CharField(max_length=6, choices=Frequency, default=Frequency.NEVER)
    chosen_at = models.DateTimeField(
        default=timezone.now, help_text="Since when; the first digest comes with the next period."
    )
    feed_digest = models.CharField(
        max_length=64, blank=True, help_text="SHA-256 of the secret in the feed's address."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["feed_digest"],
                condition=~models.Q(feed_digest=""),
                name="a_secret_opens_one_feed",
            )
        ]
        indexes = [models.Index(fields=["frequency"], name="inbox_by_frequency")]

    def __str__(self) -> str:
        return f"{self.person}: {self.frequency}"


class Digest(models.Model):
    """One mail of one person for one period: the row is written before anything is sent."""

    CLAIM_DURATION = timedelta(minutes=5)

    person = models.ForeignKey(Person, models.CASCADE, related_name="digests")
    frequency = models.CharField(max_length=6, choices=Frequency)
    period = models.DateField(help_text="Its first day, in UTC.")
    item_count = models.PositiveIntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(
        null=True, blank=True, help_text="When it was sent, or found to be empty or impossible."
    )
    error = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person", "frequency", "period"], name="a_period_has_one_digest"
            )
        ]
        indexes = [models.Index(fields=["finished_at", "next_attempt_at"], name="digest_by_turn")]

    def __str__(self) -> str:
        return f"{self.frequency} digest of {self.period} for {self.person}"
