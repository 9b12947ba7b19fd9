"""Alerts, and everything that happened to each."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Self

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import models
from django.db.models import Q
from django.utils import timezone

from catalog.authorization.access import AccessContext, Principal, access_for
from catalog.domains.models import Domain
from catalog.people.models import Person
from catalog.permissions import Permission
from catalog.products.models import DataProduct
from governance.alerts.kinds import Audience
from governance.alerts.models.rule_rows import SEVERITIES, AlertRule


class AlertState(models.TextChoices):
    """What people did with an alert; whether its condition holds is `is_firing`."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"


OPEN_STATES = (AlertState.OPEN, AlertState.ACKNOWLEDGED)


class EventKind(models.TextChoices):
    """What happened to an alert."""

    OPEN = "opened", "opened"
    REOPEN = "reopened", "reopened"
    ACKNOWLEDGE = "acknowledged", "acknowledged"
    ASSIGN = "assigned", "assigned"
    SILENCE = "silenced", "silenced"
    RESOLVE = "resolved", "resolved"
    FLAP = "flapping", "flapping"
    SETTLE = "settled", "settled"
    REMIND = "reminder", "reminder"


class AlertQuerySet(models.QuerySet["Alert"]):
    def open(self) -> Self:
        """Return the alerts that are not resolved."""
        return self.filter(state__in=OPEN_STATES)

    def visible_to(self, principal: Principal | AccessContext | AbstractBaseUser) -> Self:
        """Return the alerts that a principal may see; `Alert.is_visible_to` in SQL."""
        access = access_for(principal)
        if access.reads_everything:
            return self
        products = DataProduct.objects.visible_to(access)
        if access.can(Permission.VIEW_DRAFTS, None):
            is_editor = Q(product__isnull=False) | Q(domain__isnull=False)
        else:
            domains = access.domains_with(Permission.VIEW_DRAFTS)
            is_editor = Q(product__domain__in=domains) | Q(domain__in=domains)
        for_readers = Q(products.has("product_id"), audience=Audience.READERS)
        visible = is_editor | for_readers
        if access.can(Permission.OPERATE_PLATFORM, None):
            visible |= Q(product__isnull=True, domain__isnull=True)
        return self.filter(visible)

    def of_product(self, product: DataProduct) -> Self:
        """Return a product's alerts, newest first."""
        return self.filter(product=product.published_row).order_by("-opened_at", "-pk")


class Alert(models.Model):
    """A notice that a condition holds: of a product, a domain, or the installation itself."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    edition = models.PositiveBigIntegerField(default=1, help_text="Counts what people change.")
    key = models.CharField(max_length=200, help_text="What it is about; open once at a time.")
    kind = models.CharField(max_length=40)
    rule = models.ForeignKey(AlertRule, models.SET_NULL, null=True, related_name="alerts")
    product = models.ForeignKey(
        DataProduct, models.CASCADE, null=True, blank=True, related_name="alerts"
    )
    domain = models.ForeignKey(Domain, models.CASCADE, null=True, blank=True, related_name="alerts")
    audience = models.CharField(
        max_length=10,
        default=Audience.READERS,
        choices=[(audience.value, audience.value) for audience in Audience],
    )
    severity = models.CharField(max_length=10, choices=SEVERITIES)
    state = models.CharField(max_length=12, choices=AlertState, default=AlertState.OPEN)
    is_firing = models.BooleanField(default=True, help_text="Whether the condition holds.")
    is_flapping = models.BooleanField(default=False)
    turns = models.JSONField(default=list, help_text="When `is_firing` changed lately.")
    count = models.PositiveIntegerField(default=1, help_text="How often the condition began.")
    summary = models.CharField(max_length=500)
    path = models.CharField(max_length=500, blank=True, help_text="The page that shows the cause.")
    evidence = models.JSONField(default=dict)
    opened_at = models.DateTimeField()
    last_seen_at = models.DateTimeField(help_text="When the condition was last seen to hold.")
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    acknowledged_by = models.ForeignKey(
        Person, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    assigned_to = models.ForeignKey(
        Person, models.SET_NULL, null=True, blank=True, related_name="assigned_alerts"
    )
    silenced_until = models.DateTimeField(null=True, blank=True)
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolved_by = models.ForeignKey(
        Person, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    resolution = models.TextField(blank=True, help_text="Why it was resolved.")

    objects = AlertQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["key"],
                condition=~Q(state=AlertState.RESOLVED),
                name="an_alert_is_open_once",
            ),
            models.CheckConstraint(
                condition=Q(state=AlertState.RESOLVED, resolved_at__isnull=False)
                | ~Q(state=AlertState.RESOLVED) & Q(resolved_at__isnull=True),
                name="a_resolved_alert_says_when",
            ),
            models.CheckConstraint(
                condition=Q(product__isnull=True) | Q(domain__isnull=True),
                name="an_alert_has_one_subject",
            ),
        ]
        indexes = [
            models.Index(fields=["key", "-opened_at"], name="alert_by_key"),
            models.Index(fields=["product", "-opened_at"], name="alert_by_product"),
            models.Index(fields=["state", "-opened_at"], name="alert_by_state"),
        ]

    def __str__(self) -> str:
        return self.summary

    @property
    def owning_domain(self) -> Domain | None:
        """Return the domain that must act; None is the platform's operators."""
        return self.product.domain if self.product else self.domain

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_STATES

    def is_silenced(self, now: datetime) -> bool:
        return self.silenced_until is not None and self.silenced_until > now

    def is_visible_to(self, access: AccessContext) -> bool:
        """Return True if a reader may see it now; loads product and domain."""
        if access.reads_everything:
            return True
        domain = self.owning_domain
        if domain is None:
            return access.can(Permission.OPERATE_PLATFORM, None)
        if access.can(Permission.VIEW_DRAFTS, domain.pk):
            return True
        if self.audience != Audience.READERS or self.product is None:
            return False
        return access.can_read(self.product)


class AlertEvent(models.Model):
    """One thing that happened to an alert.

    An announced event is the outbox of its deliveries: it is written with the change, and until
    `fanned_out_at` is set, a worker still has to write a delivery for each recipient.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    alert = models.ForeignKey(Alert, models.CASCADE, related_name="events")
    kind = models.CharField(max_length=12, choices=EventKind)
    at = models.DateTimeField(default=timezone.now)
    actor = models.CharField(max_length=200, help_text="The name of who or what did it.")
    note = models.TextField(blank=True)
    is_announced = models.BooleanField(default=False, help_text="Whether people are notified.")
    fanned_out_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(is_announced=True) | Q(fanned_out_at__isnull=True),
                name="only_announced_events_are_fanned_out",
            )
        ]
        indexes = [
            models.Index(
                fields=["id"],
                condition=Q(is_announced=True, fanned_out_at__isnull=True),
                name="alert_event_to_fan_out",
            )
        ]
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.alert}: {self.kind}"
