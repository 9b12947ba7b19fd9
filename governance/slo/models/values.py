"""Values of data quality indicators: what one check run, or one report, said of a port."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import models
from django.db.models import Q

from catalog.ports.models import OutputPort
from governance.slo.evaluation import PROBED_INDICATORS, Indicator, ValueSource


class IndicatorValueQuerySet(models.QuerySet["IndicatorValue"]):
    def between(
        self, port_ids: Collection[int], start: datetime, end: datetime
    ) -> IndicatorValueQuerySet:
        """Return the values of some ports in [start, end), the oldest first."""
        return self.filter(port_id__in=port_ids, slot__gte=start, slot__lt=end).order_by(
            "slot", "pk"
        )


class IndicatorValue(models.Model):
    """One value of a port's data: a share from 0 to 1, of freshness seconds, of volume rows.

    Values are few (a run an hour), so they are kept as they are and not rolled up.
    """

    port = models.ForeignKey(OutputPort, models.CASCADE, related_name="indicator_values")
    indicator = models.CharField(
        max_length=12,
        choices=[(name, name) for name in Indicator if name not in PROBED_INDICATORS],
    )
    slot = models.DateTimeField(help_text="When the run was due, or the reported time.")
    value = models.FloatField()
    rows = models.PositiveBigIntegerField(null=True, blank=True, help_text="Rows tested.")
    source = models.CharField(
        max_length=8,
        choices=[(source, source) for source in ValueSource],
        default=ValueSource.MEASURED,
    )
    run_id = models.UUIDField(null=True, blank=True, help_text="The run that gave the value.")
    in_maintenance = models.BooleanField(default=False)

    objects = IndicatorValueQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["port", "indicator", "source", "slot"],
                name="an_indicator_has_one_value_a_slot",
            ),
            models.CheckConstraint(
                condition=Q(value__gte=0), name="an_indicator_value_is_not_negative"
            ),
        ]
        indexes = [models.Index(fields=["slot"], name="indicator_value_by_slot")]

    def __str__(self) -> str:
        return f"{self.port} {self.indicator} {self.value:g} at {self.slot:%Y-%m-%d %H:%M:%S}"
