"""Single measurements of ports, and the hours and days they are rolled up into."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import models
from django.db.models import Q

from catalog.ports.models import OutputPort
from catalog.products.models import DataProduct
from governance.slo.evaluation import Indicator, ObjectiveSpec
from governance.slo.outcomes import Outcome


class MeasurementQuerySet(models.QuerySet["Measurement"]):
    def of_product(self, product: DataProduct) -> MeasurementQuerySet:
        """Return the measurements of a product's ports, newest first."""
        return self.filter(port__product=product).select_related("port").order_by("-slot", "-pk")

    def failing(self, spec: ObjectiveSpec) -> MeasurementQuerySet:
        """Return the measurements that miss an objective: failures, or for latency slow answers
        and timeouts."""
        if spec.indicator != Indicator.LATENCY:
            return self.exclude(outcome=Outcome.GOOD)
        is_slow = Q(outcome=Outcome.GOOD, total__gt=spec.effective_threshold)
        return self.filter(is_slow | Q(outcome=Outcome.TIMEOUT))

    def older_than(self, moment: datetime) -> MeasurementQuerySet:
        return self.filter(slot__lt=moment)


class Measurement(models.Model):
    """One measurement of one port in one slot. Seconds; empty if a phase did not end."""

    port = models.ForeignKey(OutputPort, models.CASCADE, related_name="measurements")
    slot = models.DateTimeField(help_text="When it was due.")
    measured_at = models.DateTimeField(help_text="When it began.")
    outcome = models.CharField(max_length=16, choices=[(outcome, outcome) for outcome in Outcome])
    status_code = models.PositiveSmallIntegerField(null=True, blank=True)
    dns = models.FloatField(null=True, blank=True)
    connect = models.FloatField(null=True, blank=True)
    tls = models.FloatField(null=True, blank=True)
    first_byte = models.FloatField(null=True, blank=True)
    total = models.FloatField()
    in_maintenance = models.BooleanField(
        default=False, help_text="In maintenance that was planned beforehand."
    )
    is_reported = models.BooleanField(
        default=False, help_text="Another program has said so; Assay has not measured it."
    )

    objects = MeasurementQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["port", "slot"], name="a_port_is_measured_once_a_slot"),
            models.CheckConstraint(
                condition=Q(total__gte=0), name="no_measurement_ends_before_it_begins"
            ),
        ]
        indexes = [models.Index(fields=["slot"], name="measurement_by_slot")]

    def __str__(self) -> str:
        return f"{self.port} {self.outcome} at {self.slot:%Y-%m-%d %H:%M:%S}"


class Period(models.TextChoices):
    HOUR = "hour"
    DAY = "day"


class RollUpQuerySet(models.QuerySet["RollUp"]):
    def hours(self, port_ids: Collection[int], start: datetime, end: datetime) -> RollUpQuerySet:
        """Return the hours of some ports that start in [start, end)."""
        return self._between(Period.HOUR, port_ids, start, end)

    def days(self, port_ids: Collection[int], start: datetime, end: datetime) -> RollUpQuerySet:
        """Return the days of some ports that start in [start, end)."""
        return self._between(Period.DAY, port_ids, start, end)

    def _between(
        self, period: str, port_ids: Collection[int], start: datetime, end: datetime
    ) -> RollUpQuerySet:
        return self.filter(
            period=period, port_id__in=port_ids, start__gte=start, start__lt=end
        ).order_by("start")


class RollUp(models.Model):
    """The measurements of a port in an hour or a UTC day; a day is exactly the sum of its hours."""

    port = models.ForeignKey(OutputPort, models.CASCADE, related_name="roll_ups")
    period = models.CharField(max_length=4, choices=Period)
    start = models.DateTimeField()
    outcomes = models.JSONField(default=dict, help_text="Measurements by outcome.")
    latencies = models.JSONField(default=dict, help_text="Good ones by bucket of the histogram.")
    slices = models.JSONField(default=dict, help_text="Of an hour: the same by five minutes.")

    objects = RollUpQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["port", "period", "start"], name="a_stretch_is_rolled_up_once"
            ),
            models.CheckConstraint(condition=Q(period__in=Period.values), name="period_is_known"),
        ]
        indexes = [models.Index(fields=["period", "start"], name="roll_up_by_start")]

    def __str__(self) -> str:
        return f"{self.port} {self.period} of {self.start:%Y-%m-%d %H:%M}"
