"""What is measured of the groups in a port's data, each measurement, and what moved since."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from catalog.people.models import Person
from catalog.ports.models import OutputPort
from catalog.products.models import Status
from governance.representation.plan import DAY, DEFAULT_BAND, Plan
from governance.representation.results import Representation
from governance.representation.visible import VisibleRepresentation
from governance.schedules.models import Schedule, ScheduleQuerySet

MAX_TEXT = 300


class RepresentationPlan(models.Model):
    """Which groups of a port's data are measured, how and when: a setting of its domain.

    The port is never one of a working copy. `edition` counts changes, so that a measurement knows
    if it was made by the present plan.
    """

    port = models.OneToOneField(OutputPort, models.CASCADE, related_name="representation_plan")
    definition = models.JSONField(help_text="The plan as `plan.Plan.as_json` writes it.")
    has_measured_references = models.BooleanField(
        default=False, help_text="It compares with what is measured of another product."
    )
    band = models.FloatField(
        default=DEFAULT_BAND, help_text="A share that moves by more is an event; 0.05 is 5 points."
    )
    edition = models.PositiveBigIntegerField(default=1)
    saved_by = models.ForeignKey(
        Person, models.SET_NULL, null=True, blank=True, help_text="The person who saved it last."
    )
    saved_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(band__gte=0, band__lte=1), name="band_is_a_share")
        ]

    def __str__(self) -> str:
        return f"representation in {self.port}"

    @property
    def plan(self) -> Plan:
        return Plan.from_json(self.definition)


class RepresentationScheduleQuerySet(ScheduleQuerySet["RepresentationSchedule"]):
    def due(self, now: datetime) -> RepresentationScheduleQuerySet:
        """Return the unclaimed schedules of ports with a plan whose time has come."""
        plans = RepresentationPlan.objects.filter(port=OuterRef("port"))
        rows = self.filter(Exists(plans), next_due_at__lte=now)
        return rows.exclude(port__product__status__in=UNMEASURED_STATUSES).unclaimed(now)


UNMEASURED_STATUSES = (Status.RETIRED, Status.EXTERNAL)


class RepresentationSchedule(Schedule):
    """When the groups of a port are measured again; a port measured on demand has none."""

    # The wait for a process, the batch before it, and its own measurement.
    CLAIM_DURATION = timedelta(minutes=30)

    port = models.OneToOneField(OutputPort, models.CASCADE, related_name="representation_schedule")
    interval = models.PositiveIntegerField(default=30 * DAY, help_text="Seconds.")

    objects = RepresentationScheduleQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["next_due_at"], name="representation_by_due_time")]

    def __str__(self) -> str:
        return f"representation in {self.port}, due {self.next_due_at:%Y-%m-%d %H:%M}"


class RepresentationRun(models.Model):
    """One measurement of a port, or why there is none.

    `result` has all counts; `visible` is what a reader sees who may not see the data, and is
    empty if nothing of it can be shown. Both are empty unless the state is ok.
    """

    class State(models.TextChoices):
        OK = "ok"
        FAILED = "failed"
        OUTDATED = "outdated", "the plan was changed meanwhile"

    port = models.ForeignKey(OutputPort, models.CASCADE, related_name="representation_runs")
    at = models.DateTimeField(help_text="When the data was counted.")
    state = models.CharField(max_length=8, choices=State)
    code = models.CharField(max_length=40, blank=True, help_text="Code of the failure.")
    reason = models.TextField(blank=True, help_text="Why there is no result, as sentences.")
    definition = models.JSONField(help_text="The plan by which it was measured.")
    plan_edition = models.PositiveBigIntegerField()
    comparison_key = models.CharField(
        max_length=64, help_text="Equal for measurements of the same columns and groups."
    )
    source = models.CharField(
        max_length=MAX_TEXT, blank=True, help_text="The contract version and the table."
    )
    requested_by = models.CharField(max_length=200, help_text="A person, or the schedule.")
    result = models.JSONField(null=True, blank=True)
    visible = models.JSONField(null=True, blank=True)

    class Meta:
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["port", "-at"], name="representation_run_by_port")]

    def __str__(self) -> str:
        return f"{self.state} of {self.port} at {self.at:%Y-%m-%d %H:%M}"

    @property
    def is_ok(self) -> bool:
        return self.state == self.State.OK

    @property
    def plan(self) -> Plan:
        return Plan.from_json(self.definition)

    @property
    def representation(self) -> Representation:
        """Return the exact result of a run that is ok: only for those who may see the data."""
        assert self.result is not None
        return Representation.from_json(self.result)

    @property
    def visible_representation(self) -> VisibleRepresentation | None:
        return VisibleRepresentation.from_json(self.visible) if self.visible else None


class ShareMove(models.Model):
    """A group whose share has moved by more than the band of its plan, and than chance explains.

    Shares are from 0 to 1. Alerts and certification read these rows. A move that is not
    `is_visible` is one of few records: only those who may see the data may see it.
    """

    run = models.ForeignKey(RepresentationRun, models.CASCADE, related_name="moves")
    since = models.ForeignKey(
        RepresentationRun, models.CASCADE, related_name="+", help_text="The measurement before."
    )
    attribute = models.CharField(max_length=130)
    group = models.CharField(max_length=MAX_TEXT)
    share_before = models.FloatField()
    share_after = models.FloatField()
    is_visible = models.BooleanField(default=True)
    band = models.FloatField()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["run", "attribute", "group"], name="a_group_moves_once_in_a_run"
            )
        ]

    def __str__(self) -> str:
        return f"{self.attribute} {self.group}: {self.share_before:.3f} to {self.share_after:.3f}"
