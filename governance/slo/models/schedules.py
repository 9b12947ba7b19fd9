"""When ports are measured, and which worker holds them meanwhile."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from catalog.contracts.models import Server
from catalog.ports.models import OutputPort
from catalog.products.models import DataProduct, Status

PROBED_TYPES = ("api", "local")
USUAL_INTERVAL = 60
NOT_PROBED = (Status.RETIRED, Status.EXTERNAL)
SUSPECT_AFTER = 2


class ProbeScheduleQuerySet(models.QuerySet["ProbeSchedule"]):
    """Reads of when ports are measured next."""

    def probed(self) -> ProbeScheduleQuerySet:
        """Return the schedules of live ports that have a place which can be probed."""
        places = Server.objects.filter(
            contract__port_contracts__port=OuterRef("port"), type__in=PROBED_TYPES
        )
        # A list of ids is read off an index; to join the products would read each of their rows.
        left = DataProduct.objects.filter(status__in=NOT_PROBED).values("pk")
        return self.filter(Exists(places), port__is_deprecated=False).exclude(
            port__product__in=left
        )

    def due(self, now: datetime) -> ProbeScheduleQuerySet:
        """Return the schedules whose slot has come and that nobody holds, longest due first."""
        free = Q(claimed_until__isnull=True) | Q(claimed_until__lte=now)
        return self.probed().filter(free, next_due_at__lte=now).order_by("next_due_at", "pk")

    def suspect(self) -> ProbeScheduleQuerySet:
        """Return those whose port has kept failing slowly."""
        return self.filter(failures__gte=SUSPECT_AFTER)

    def sound(self) -> ProbeScheduleQuerySet:
        """Return the others."""
        return self.filter(failures__lt=SUSPECT_AFTER)

    def held(self, now: datetime) -> ProbeScheduleQuerySet:
        """Return those that are being measured now."""
        return self.filter(claimed_until__gt=now)


class ProbeSchedule(models.Model):
    """When a port is measured. Slots lie `interval` seconds apart; a missed slot is skipped."""

    port = models.OneToOneField(OutputPort, models.CASCADE, related_name="probe_schedule")
    interval = models.PositiveIntegerField(default=USUAL_INTERVAL, help_text="Seconds.")
    next_due_at = models.DateTimeField(default=timezone.now)
    claim = models.UUIDField(null=True, blank=True, help_text="The batch that holds it.")
    claimed_until = models.DateTimeField(null=True, blank=True)
    failures = models.PositiveIntegerField(default=0, help_text="Slow failures in a row.")

    objects = ProbeScheduleQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(interval__gte=5), name="a_schedule_has_at_least_five_seconds"
            )
        ]
        indexes = [models.Index(fields=["next_due_at"], name="schedule_by_due_time")]

    def __str__(self) -> str:
        return f"{self.port} every {self.interval} s"

    @property
    def gap(self) -> timedelta:
        """Return the time between two slots."""
        return timedelta(seconds=self.interval)
