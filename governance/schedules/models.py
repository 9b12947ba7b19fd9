"""When something is due, who has claimed it, and when the wall clock was last set."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar, Self, TypeVar

from django.db import models
from django.db.models import Exists, F, OuterRef, Q, Window
from django.db.models.functions import RowNumber
from django.utils import timezone

from catalog.contracts.models import Server
from catalog.ports.models import OutputPort
from catalog.products.models import DataProduct

DOMAIN = "port__product__domain"
AnySchedule = TypeVar("AnySchedule", bound="Schedule")


class ScheduleQuerySet(models.QuerySet[AnySchedule]):
    def unclaimed(self, now: datetime) -> Self:
        return self.filter(Q(claimed_until__isnull=True) | Q(claimed_until__lte=now))

    def claimed(self, now: datetime) -> Self:
        return self.filter(claimed_until__gt=now)

    def unknown_to_product(self, checked: Q) -> Self:
        """Leave out the ports of working copies whose servers the published product has too.

        `checked` is the condition of the servers that are looked at.
        Those are looked at there; a server that is new is looked at before it is published.
        """
        copies = DataProduct.including_working_copies.filter(working_copy_of__isnull=False)
        published = Server.objects.filter(
            contract__port_contracts__port__product=OuterRef(
                OuterRef("port__product__working_copy_of")
            ),
            type=OuterRef("type"),
            location=OuterRef("location"),
            format=OuterRef("format"),
            probe=OuterRef("probe"),
        )
        servers = Server.objects.filter(checked, contract__port_contracts__port=OuterRef("port"))
        is_known = ~Exists(servers.filter(~Exists(published)))
        return self.exclude(Q(port__product__in=copies.values("pk")) & is_known)

    def busy_domains(self, now: datetime, *, share: int) -> list[int]:
        """Return the ids of domains that have `share` or more claims under way."""
        claims = self.claimed(now).order_by().values_list(DOMAIN)
        counts = claims.annotate(claims=models.Count("pk")).filter(claims__gte=share)
        return [domain_id for domain_id, _ in counts]

    def in_turns(self, *order: str) -> Self:
        """Order them so that the domains take turns; `order` is that within a domain."""
        turn = Window(RowNumber(), partition_by=F(DOMAIN), order_by=[*order, "pk"])
        return self.annotate(turn=turn).order_by("turn", *order, "pk")


class Schedule(models.Model):
    """When a port is looked at. Slots are `interval` seconds apart; a missed slot is skipped."""

    # Longer than a claimed batch can take.
    CLAIM_DURATION: ClassVar[timedelta]

    if TYPE_CHECKING:
        port: models.OneToOneField[OutputPort, OutputPort]
        port_id: int

    interval = models.PositiveIntegerField(help_text="Seconds.")
    next_due_at = models.DateTimeField(default=timezone.now)
    claim = models.UUIDField(null=True, blank=True, help_text="The batch that has claimed it.")
    claimed_until = models.DateTimeField(null=True, blank=True)
    failures = models.PositiveIntegerField(default=0, help_text="Slow or failed in a row.")

    class Meta:
        abstract = True

    @property
    def period(self) -> timedelta:
        return timedelta(seconds=self.interval)

    def latest_slot(self, now: datetime) -> datetime:
        return self.next_due_at + (now - self.next_due_at) // self.period * self.period


class LoopRun(models.Model):
    """When a loop of the workers last ran, and what it has done since it is known.

    A loop is an entry of a timetable, or a task that does the work which one has queued.
    """

    name = models.CharField(max_length=100, unique=True)
    every = models.PositiveIntegerField(help_text="Seconds; 0 if it runs when there is work.")
    known_since = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True, help_text="The last run without error.")
    worked_at = models.DateTimeField(null=True, blank=True, help_text="The last that did work.")
    failed_at = models.DateTimeField(null=True, blank=True)
    runs = models.PositiveBigIntegerField(default=0)
    failures = models.PositiveBigIntegerField(default=0)
    items = models.PositiveBigIntegerField(default=0, help_text="What all runs together did.")

    def __str__(self) -> str:
        return self.name


class WorkCount(models.Model):
    """How often something has happened in the workers, for metrics: probes by outcome."""

    name = models.CharField(max_length=60)
    label = models.CharField(max_length=60, blank=True)
    count = models.PositiveBigIntegerField(default=0)
    seconds = models.FloatField(default=0, help_text="The sum, where it is of durations.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["name", "label"], name="one_count_for_each_label")
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.label}: {self.count}".strip()


class HostClock(models.Model):
    """One reading of both clocks of a host, and when its wall clock was last seen to be set."""

    boot_id = models.CharField(max_length=40, unique=True)
    wall = models.DateTimeField()
    monotonic = models.FloatField(help_text="Seconds.")
    set_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.boot_id} at {self.wall:%Y-%m-%d %H:%M:%S}"
