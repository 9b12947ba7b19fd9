"""The ledger of deliveries: who was notified, of what, how, when, and after how many attempts."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Self

from django.db import models
from django.db.models import F, Q, Window
from django.db.models.functions import RowNumber
from django.utils import timezone

from catalog.people.models import Person
from governance.alerts.models.alerts import AlertEvent
from governance.alerts.models.routes import Channel, Route

CLOCK_TOLERANCE = timedelta(minutes=1)


class DeliveryState(models.TextChoices):
    """What became of a delivery; a dead one was given up after its last retry."""

    PENDING = "pending"
    DELIVERED = "delivered"
    DEAD = "dead"
    # The recipient may not see the alert, or the route was switched off.
    WITHHELD = "withheld"


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def due(self, now: datetime) -> Self:
        """Return the pending deliveries whose time has come and which no worker has claimed."""
        is_free = Q(claimed_until__isnull=True) | Q(claimed_until__lte=now)
        # What is ahead of its time was written before the wall clock was set back.
        is_free |= Q(claimed_until__gt=now + Delivery.CLAIM_DURATION)
        is_due = Q(next_attempt_at__lte=now) | Q(attempts=0, created_at__gt=now + CLOCK_TOLERANCE)
        return self.filter(is_free, is_due, state=DeliveryState.PENDING)

    def in_turns(self) -> Self:
        """Order them so that the recipients take turns, the oldest of each first."""
        turn = Window(
            RowNumber(), partition_by=[F("route"), F("person")], order_by=["next_attempt_at", "pk"]
        )
        return self.annotate(turn=turn).order_by("turn", "next_attempt_at", "pk")

    def received_by(self, person: Person) -> Self:
        """Return what a person was notified of in the inbox, newest first."""
        received = self.filter(channel=Channel.IN_APP, state=DeliveryState.DELIVERED, person=person)
        return received.order_by("-pk")


class Delivery(models.Model):
    """One message of one event to one recipient by one channel.

    `uuid` goes with every attempt, so a receiver that gets a message twice can tell.
    """

    # Longer than a batch takes: its posts at once, and mails for half a minute.
    CLAIM_DURATION = timedelta(minutes=2)

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    key = models.CharField(
        max_length=200, unique=True, help_text="Event, channel and recipient: once for each."
    )
    event = models.ForeignKey(AlertEvent, models.CASCADE, related_name="deliveries")
    channel = models.CharField(max_length=10, choices=Channel)
    route = models.ForeignKey(
        Route, models.CASCADE, null=True, blank=True, related_name="deliveries"
    )
    person = models.ForeignKey(
        Person, models.CASCADE, null=True, blank=True, related_name="alert_deliveries"
    )
    state = models.CharField(max_length=10, choices=DeliveryState, default=DeliveryState.PENDING)
    created_at = models.DateTimeField(default=timezone.now)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(default=timezone.now)
    claim = models.UUIDField(null=True, blank=True, help_text="The batch that has claimed it.")
    claimed_until = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)
    last_error = models.CharField(max_length=300, blank=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "deliveries"
        constraints = [
            models.CheckConstraint(
                condition=Q(state=DeliveryState.DELIVERED, delivered_at__isnull=False)
                | ~Q(state=DeliveryState.DELIVERED) & Q(delivered_at__isnull=True),
                name="a_delivery_says_when_it_arrived",
            )
        ]
        indexes = [
            models.Index(
                fields=["next_attempt_at"],
                condition=Q(state=DeliveryState.PENDING),
                name="alert_delivery_due",
            ),
            models.Index(fields=["person", "channel", "-id"], name="alert_delivery_by_person"),
            models.Index(fields=["route", "-id"], name="alert_delivery_by_route"),
        ]

    def __str__(self) -> str:
        return f"{self.event} by {self.channel}"
