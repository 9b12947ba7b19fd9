"""Planned maintenance of a product, or of all products of a domain."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from catalog.authorization.tree import ancestors_in
from catalog.domains.models import Domain
from catalog.people.models import Person
from catalog.products.models import DataProduct
from governance.slo.models.objectives import exactly_one_of


class MaintenanceWindowQuerySet(models.QuerySet["MaintenanceWindow"]):
    def planned(self) -> MaintenanceWindowQuerySet:
        """Return the windows that were not cancelled, the first to start first."""
        return self.filter(cancelled_at__isnull=True).order_by("starts_at", "pk")

    def of_subject(self, subject: DataProduct | Domain) -> MaintenanceWindowQuerySet:
        """Return the windows of a product or of a domain itself, the last to start first."""
        is_product = isinstance(subject, DataProduct)
        own = {"product": subject} if is_product else {"domain": subject}
        return self.filter(**own).order_by("-starts_at", "-pk")

    def affecting(self, product: DataProduct) -> MaintenanceWindowQuerySet:
        """Return the windows of a product, of its domain and of those above it."""
        domains = ancestors_in(Domain.objects.parents(), product.domain_id)
        return self.filter(
            Q(product_id=product.working_copy_of_id or product.pk) | Q(domain_id__in=domains)
        ).order_by("-starts_at", "-pk")

    def overlapping(self, start: datetime, end: datetime) -> MaintenanceWindowQuerySet:
        """Return the planned windows that share a moment with [start, end)."""
        return self.planned().filter(starts_at__lt=end, ends_at__gt=start)


class MaintenanceWindow(models.Model):
    """A period of planned maintenance; it never begins before it was announced.

    A window that is cancelled before it starts stays as a record, so that calendars which
    subscribed to it remove it; one that ends early has an earlier `ends_at`.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    product = models.ForeignKey(
        DataProduct, models.CASCADE, null=True, related_name="maintenance_windows"
    )
    domain = models.ForeignKey(
        Domain, models.CASCADE, null=True, related_name="maintenance_windows"
    )
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    summary = models.CharField(max_length=200, help_text="What is done, for consumers.")
    created_at = models.DateTimeField(default=timezone.now, help_text="When it was announced.")
    created_by = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="+")
    cancelled_at = models.DateTimeField(null=True, blank=True)
    sequence = models.PositiveIntegerField(default=0, help_text="Changes since (iCalendar).")
    changed_at = models.DateTimeField(default=timezone.now)

    objects = MaintenanceWindowQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=exactly_one_of("product", "domain"),
                name="maintenance_has_one_subject",
            ),
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")), name="maintenance_ends_after_it_starts"
            ),
            models.CheckConstraint(
                condition=Q(starts_at__gte=F("created_at")),
                name="maintenance_is_announced_before_it_starts",
            ),
        ]
        indexes = [models.Index(fields=["ends_at"], name="maintenance_by_end")]

    def __str__(self) -> str:
        return f"{self.summary} ({self.product or self.domain})"
