"""Where alerts are sent."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone

from catalog.domains.models import Domain
from catalog.people.models import Person, Team


class Channel(models.TextChoices):
    """How an alert reaches its recipient."""

    IN_APP = "in_app", "inbox"
    MAIL = "mail", "e-mail"
    WEBHOOK = "webhook", "webhook (Standard Webhooks)"
    SLACK = "slack", "webhook (Slack)"
    # Of the synthetic alert: signed, and verified here.
    SELF_CHECK = "self_check", "self-check"


WEB_CHANNELS = (Channel.WEBHOOK, Channel.SLACK)


class Route(models.Model):
    """Sends the alerts of a domain and its subdomains, or of the whole mesh, to one target.

    The target of the inbox and of e-mail is a person, a team, or (neither) an e-mail address; that
    of webhooks is a URL. Addresses are encrypted, for a URL may hold a secret.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    edition = models.PositiveBigIntegerField(default=1)
    name = models.CharField(max_length=120)
    domain = models.ForeignKey(
        Domain, models.CASCADE, null=True, blank=True, related_name="alert_routes"
    )
    channel = models.CharField(max_length=10, choices=Channel)
    person = models.ForeignKey(
        Person, models.CASCADE, null=True, blank=True, related_name="alert_routes"
    )
    team = models.ForeignKey(
        Team, models.CASCADE, null=True, blank=True, related_name="alert_routes"
    )
    encrypted_address = models.TextField(blank=True)
    severities = models.JSONField(default=list, help_text="Empty for all.")
    kinds = models.JSONField(default=list, help_text="Empty for all.")
    quiet_hours = models.JSONField(
        default=dict, help_text="`from`, `to` (HH:MM), `timezone`, `days` (0 is Monday)."
    )
    receives_synthetic = models.BooleanField(
        default=False, help_text="Whether the hourly synthetic alert is sent too."
    )
    secret_generation = models.PositiveIntegerField(default=1)
    secret_rotated_at = models.DateTimeField(null=True, blank=True)
    is_enabled = models.BooleanField(default=True)
    disabled_reason = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")

    class Meta:
        ordering = ["name", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(person__isnull=True) | Q(team__isnull=True),
                name="an_alert_route_has_one_recipient",
            ),
            models.CheckConstraint(
                condition=Q(person__isnull=False)
                | Q(team__isnull=False)
                | ~Q(encrypted_address=""),
                name="an_alert_route_has_a_target",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def owning_domain(self) -> Domain | None:
        return self.domain
