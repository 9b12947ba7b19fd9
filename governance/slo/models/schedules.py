"""When ports are measured, and which batch of probes has claimed them."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from catalog.contracts.models import Server
from catalog.ports.models import OutputPort
from catalog.products.models import DataProduct, Status
from governance.schedules.models import Schedule, ScheduleQuerySet

DEFAULT_INTERVAL = 60
UNPROBED_STATUSES = (Status.RETIRED, Status.EXTERNAL)
SLOW_AFTER = 2


class ProbeScheduleQuerySet(ScheduleQuerySet["ProbeSchedule"]):
    def probed(self) -> ProbeScheduleQuerySet:
        """Return the schedules of live ports that have a server which can be probed.

        A port that ends is probed until its day, also if it is deprecated.
        """
        has_no_end = Q(port__is_deprecated=False, port__ends_on__isnull=True)
        is_live = has_no_end | Q(port__ends_on__gte=timezone.localdate())
        servers = Server.objects.filter(
            contract__port_contracts__port=OuterRef("port"), is_probed=True
        )
        # A list of ids is read off an index; a join would read the row of each product.
        unprobed = DataProduct.objects.filter(status__in=UNPROBED_STATUSES).values("pk")
        probed = self.filter(is_live, Exists(servers)).exclude(port__product__in=unprobed)
        return probed.unknown_to_product(Q(is_probed=True))

    def due(self, now: datetime) -> ProbeScheduleQuerySet:
        """Return the unclaimed schedules whose slot has come."""
        return self.probed().unclaimed(now).filter(next_due_at__lte=now)

    def slow(self) -> ProbeScheduleQuerySet:
        """Return the schedules of ports that were repeatedly slow to answer, or did not."""
        return self.filter(failures__gte=SLOW_AFTER)

    def healthy(self) -> ProbeScheduleQuerySet:
        return self.filter(failures__lt=SLOW_AFTER)


class ProbeSchedule(Schedule):
    """When a port is measured. Slots are `interval` seconds apart; a missed slot is skipped."""

    # A batch's deadlines, its writing, and a wait for the database.
    CLAIM_DURATION = timedelta(minutes=1)

    port = models.OneToOneField(OutputPort, models.CASCADE, related_name="probe_schedule")
    interval = models.PositiveIntegerField(default=DEFAULT_INTERVAL, help_text="Seconds.")

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


class Heartbeat(models.Model):
    """The last sign of life of a port that Assay cannot reach, as its own program sent it."""

    port = models.OneToOneField(OutputPort, models.CASCADE, related_name="heartbeat")
    sent_at = models.DateTimeField(help_text="As its sender says, never in the future.")
    received_at = models.DateTimeField()
    identifier = models.CharField(max_length=200, help_text="Of the message, by its sender.")

    def __str__(self) -> str:
        return f"{self.port} at {self.sent_at:%Y-%m-%d %H:%M:%S}"
