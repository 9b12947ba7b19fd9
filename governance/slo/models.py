"""What a product promises (objectives), what was seen, and where it fell short."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone

from catalog.contracts.models import Server
from catalog.domains.models import Domain
from catalog.ports.models import OutputPort
from catalog.products.models import DataProduct, Status
from governance.slo import evaluation
from governance.slo.outcomes import Outcome

PROBED_TYPES = ("api", "local")
USUAL_INTERVAL = 60
NOT_PROBED = (Status.RETIRED, Status.EXTERNAL)
SUSPECT_AFTER = 2


def exactly_one(*names: str) -> Q:
    """Return the condition that one of these columns is set and the others are empty."""
    condition = Q()
    for name in names:
        others = {f"{other}__isnull": other != name for other in names}
        condition |= Q(**others)
    return condition


class ProbeScheduleQuerySet(models.QuerySet["ProbeSchedule"]):
    """Reads of when ports are measured next."""

    def probed(self) -> ProbeScheduleQuerySet:
        """Return the schedules of live ports that have a place which can be probed."""
        places = Server.objects.filter(
            contract__port_contracts__port=OuterRef("port"), type__in=PROBED_TYPES
        )
        return self.filter(Exists(places), port__is_deprecated=False).exclude(
            port__product__status__in=NOT_PROBED
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


class MeasurementQuerySet(models.QuerySet["Measurement"]):
    """Reads of single measurements."""

    def of_product(self, product: DataProduct) -> MeasurementQuerySet:
        """Return what was seen of a product's ports, newest first."""
        return self.filter(port__product=product).select_related("port").order_by("-slot", "-pk")

    def older_than(self, moment: datetime) -> MeasurementQuerySet:
        """Return the measurements of slots before a moment."""
        return self.filter(slot__lt=moment)


class Measurement(models.Model):
    """What one probe saw of one port in one slot. Seconds; empty where a phase did not end."""

    port = models.ForeignKey(OutputPort, models.CASCADE, related_name="measurements")
    slot = models.DateTimeField(help_text="When it was due.")
    measured_at = models.DateTimeField(help_text="When it began.")
    outcome = models.CharField(max_length=16, choices=[(each, each) for each in Outcome])
    status_code = models.PositiveSmallIntegerField(null=True, blank=True)
    dns = models.FloatField(null=True, blank=True)
    connect = models.FloatField(null=True, blank=True)
    tls = models.FloatField(null=True, blank=True)
    first_byte = models.FloatField(null=True, blank=True)
    total = models.FloatField()

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
    """How long a stretch a roll-up covers."""

    HOUR = "hour"
    DAY = "day"


class RollUpQuerySet(models.QuerySet["RollUp"]):
    """Reads of roll-ups."""

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
    """What an hour or a UTC day saw of a port; sums of hours are exactly the day."""

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


class ObjectiveQuerySet(models.QuerySet["Objective"]):
    """Reads of objectives."""

    def of_products(self, product_ids: Collection[int]) -> ObjectiveQuerySet:
        """Return the objectives about some products or their ports, in their order."""
        about = Q(product_id__in=product_ids) | Q(port__product_id__in=product_ids)
        return self.filter(about).select_related("port", "standing").order_by("position", "pk")

    def about_ports(self, port_ids: Collection[int]) -> ObjectiveQuerySet:
        """Return every objective that a measurement of these ports bears on."""
        ports = OutputPort.objects.filter(pk__in=port_ids)
        return self.filter(
            Q(port_id__in=port_ids)
            | Q(product_id__in=ports.values("product_id"))
            | Q(domain_id__in=ports.values("product__domain_id"))
        )


class Objective(models.Model):
    """One promise about one port, one product's ports or one domain's ports, over a window."""

    Indicator = evaluation.Indicator
    Budgeting = evaluation.Budgeting

    port = models.ForeignKey(OutputPort, models.CASCADE, null=True, related_name="objectives")
    product = models.ForeignKey(DataProduct, models.CASCADE, null=True, related_name="objectives")
    domain = models.ForeignKey(Domain, models.CASCADE, null=True, related_name="objectives")
    indicator = models.CharField(
        max_length=12, choices=[(each, each) for each in evaluation.Indicator]
    )
    threshold = models.FloatField(
        null=True, blank=True, help_text="Good at or below this; latency in seconds."
    )
    percentile = models.FloatField(
        null=True, blank=True, help_text="Of a time slice's latencies; else empty."
    )
    target = models.FloatField(help_text="Share of good measurements or slices, above 0, up to 1.")
    window = models.DurationField(default=timedelta(days=30))
    budgeting = models.CharField(
        max_length=12,
        choices=[(each, each) for each in evaluation.Budgeting],
        default=evaluation.Budgeting.OCCURRENCES,
    )
    position = models.PositiveIntegerField(default=0)

    objects = ObjectiveQuerySet.as_manager()

    class Meta:
        ordering = ["position", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(target__gt=0, target__lte=1), name="objective_target_is_a_share"
            ),
            models.CheckConstraint(
                condition=exactly_one("port", "product", "domain"), name="objective_has_one_subject"
            ),
            models.CheckConstraint(
                condition=~Q(indicator="latency") | Q(threshold__gt=0),
                name="latency_objective_has_a_threshold",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.indicator} of {self.port or self.product or self.domain}"

    @property
    def promise(self) -> evaluation.Promise:
        """Return the objective as the judge sees it."""
        return evaluation.Promise(
            indicator=self.indicator,
            target=self.target,
            window=self.window,
            threshold=self.threshold,
            percentile=self.percentile,
            budgeting=self.budgeting,
        )


class Standing(models.Model):
    """How an objective stands now; measured, so kept apart from what people promised.

    The verdict is always that of the last measurement. `good`, `total`, `value` and `as_of` are as
    last written: when the verdict turned, and every five minutes. `base...` tells of the window's
    hours up to `base_to`, so that a new measurement needs only the hours after it; an empty
    `base_to` means that they must be counted anew.
    """

    objective = models.OneToOneField(Objective, models.CASCADE, related_name="standing")
    verdict = models.CharField(
        max_length=10,
        choices=[(each, each) for each in evaluation.Verdict],
        default=evaluation.Verdict.NO_DATA,
    )
    good = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    value = models.FloatField(
        null=True, blank=True, help_text="The good share; of latency the seconds to show."
    )
    since = models.DateTimeField(default=timezone.now, help_text="When the verdict last turned.")
    as_of = models.DateTimeField(null=True, blank=True, help_text="The newest slot judged.")
    base = models.JSONField(default=dict, help_text="Outcomes and latencies.")
    base_good = models.PositiveIntegerField(default=0)
    base_total = models.PositiveIntegerField(default=0)
    base_to = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(good__lte=F("total")), name="a_standing_counts_no_more_good_than_all"
            )
        ]

    def __str__(self) -> str:
        return f"{self.objective}: {self.verdict}"


class BreachQuerySet(models.QuerySet["Breach"]):
    """Reads of breaches."""

    def open(self) -> BreachQuerySet:
        """Return the breaches that have not ended."""
        return self.filter(closed_at__isnull=True)

    def of_product(self, product: DataProduct) -> BreachQuerySet:
        """Return a product's breaches, newest first."""
        return self.filter(product=product).order_by("-opened_at", "-pk")


class Breach(models.Model):
    """A time in which an objective was missed. It outlives its objective, as a record."""

    objective = models.ForeignKey(
        Objective, models.SET_NULL, null=True, blank=True, related_name="breaches"
    )
    product = models.ForeignKey(DataProduct, models.CASCADE, null=True, related_name="breaches")
    promise = models.CharField(max_length=200, help_text="What was promised, in words.")
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)

    objects = BreachQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "breaches"
        constraints = [
            models.UniqueConstraint(
                fields=["objective"],
                condition=Q(closed_at__isnull=True),
                name="an_objective_has_one_open_breach",
            ),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True) | Q(closed_at__gte=F("opened_at")),
                name="a_breach_ends_after_it_begins",
            ),
        ]
        indexes = [models.Index(fields=["product", "-opened_at"], name="breach_by_product")]

    def __str__(self) -> str:
        return f"{self.promise} since {self.opened_at:%Y-%m-%d %H:%M}"
