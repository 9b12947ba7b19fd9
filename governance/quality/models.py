"""When the checks of a port run, each run, and what each check said."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import uuid4

from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce

from catalog.ports.models import OutputPort
from catalog.products.models import Status
from governance.quality.dimensions import Dimension
from governance.quality.outcomes import CheckState, passing_share
from governance.quality.rules import MAX_KEY, Severity, Unit
from governance.schedules.models import Schedule, ScheduleQuerySet

HOUR = 60 * 60
UNCHECKED_STATUSES = (Status.RETIRED, Status.EXTERNAL)


class QualityScheduleQuerySet(ScheduleQuerySet["QualitySchedule"]):
    def due(self, now: datetime) -> QualityScheduleQuerySet:
        """Return the unclaimed schedules of ports with checks whose time has come."""
        checked = self.filter(checks__gt=0, port__product__working_copy_of__isnull=True)
        live = checked.exclude(port__product__status__in=UNCHECKED_STATUSES)
        return live.unclaimed(now).filter(next_due_at__lte=now)

    def outdated(self) -> QualityScheduleQuerySet:
        """Return the schedules of ports whose contract was changed, added or removed since."""
        digest = Coalesce(F("port__port_contract__contract__digest"), Value(""))
        return self.exclude(compiled_digest=digest)


class QualitySchedule(Schedule):
    """When the checks of a port run: every hour, unless its domain says otherwise.

    A port with a readable source has one; `checks` are those that its contract asks for.
    """

    # The wait for a process, the batch before it, and its own run.
    CLAIM_DURATION = timedelta(minutes=10)

    port = models.OneToOneField(OutputPort, models.CASCADE, related_name="quality_schedule")
    interval = models.PositiveIntegerField(default=HOUR, help_text="Seconds.")
    checks = models.PositiveIntegerField(default=0, help_text="Rules that can be run.")
    compiled_digest = models.CharField(
        max_length=64, blank=True, help_text="Of the contract that the rules were read from."
    )

    objects = QualityScheduleQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["next_due_at"], name="quality_by_due_time")]

    def __str__(self) -> str:
        return f"checks of {self.port}, due {self.next_due_at:%Y-%m-%d %H:%M}"


class QualityRunQuerySet(models.QuerySet["QualityRun"]):
    def measured(self) -> QualityRunQuerySet:
        return self.filter(source=QualityRun.Source.MEASURED)

    def reported(self) -> QualityRunQuerySet:
        return self.filter(source=QualityRun.Source.REPORTED)

    def good(self) -> QualityRunQuerySet:
        return self.filter(state=QualityRun.State.OK)


class QualityRun(models.Model):
    """One run of the checks of a port, or why there is none.

    What a tool outside reports is a run too, and is never counted as measured. `tables` says by
    table how many rows were looked at, and whether they are all. `samples` are rows that fail, by
    the key of their check, of the latest run alone: only for those who may see the data.
    """

    class State(models.TextChoices):
        OK = "ok"
        FAILED = "failed", "the source could not be read"

    class Source(models.TextChoices):
        MEASURED = "measured"
        REPORTED = "reported"

    port = models.ForeignKey(OutputPort, models.CASCADE, related_name="quality_runs")
    run_id = models.UUIDField(default=uuid4, unique=True)
    at = models.DateTimeField(help_text="When the data was looked at.")
    state = models.CharField(max_length=8, choices=State, default=State.OK)
    code = models.CharField(max_length=40, blank=True, help_text="Code of the failure.")
    reason = models.TextField(blank=True, help_text="Why there is no result, as sentences.")
    source = models.CharField(max_length=8, choices=Source, default=Source.MEASURED)
    reporter = models.CharField(max_length=100, blank=True, help_text="The tool that reported it.")
    contract = models.CharField(max_length=500, blank=True, help_text="Its id and version.")
    tables = models.JSONField(default=dict)
    rows = models.PositiveBigIntegerField(null=True, blank=True, help_text="Of all tables.")
    is_sample = models.BooleanField(default=False, help_text="Some table was not read whole.")
    seconds = models.FloatField(null=True, blank=True)
    samples = models.JSONField(default=dict)
    requested_by = models.CharField(max_length=200, help_text="A person, a tool, or the schedule.")

    objects = QualityRunQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-pk"]
        indexes = [
            models.Index(fields=["port", "-at"], name="quality_run_by_port"),
            models.Index(fields=["at"], name="quality_run_by_time"),
        ]

    def __str__(self) -> str:
        return f"checks of {self.port} at {self.at:%Y-%m-%d %H:%M}"

    @property
    def is_ok(self) -> bool:
        return self.state == self.State.OK

    @property
    def is_reported(self) -> bool:
        return self.source == self.Source.REPORTED


class DistributionBaseline(models.Model):
    """The counts by group that the distribution of a column is compared with: its first run.

    A rule that states its own baseline has none here. One that changed has a new one.
    """

    port = models.ForeignKey(OutputPort, models.CASCADE, related_name="distribution_baselines")
    key = models.CharField(max_length=MAX_KEY)
    rule_digest = models.CharField(max_length=16)
    groups = models.JSONField(default=dict, help_text="Rows by group.")
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["port", "key"], name="a_check_has_one_baseline")
        ]

    def __str__(self) -> str:
        return f"baseline of {self.key} of {self.port}"


class CheckOutcome(models.Model):
    """What one check said in one run: what was expected, and what was observed.

    `observed` is in `unit`. `rule_digest` is equal for the same rule, whatever its place is.
    """

    run = models.ForeignKey(QualityRun, models.CASCADE, related_name="outcomes")
    port = models.ForeignKey(OutputPort, models.CASCADE, related_name="check_outcomes")
    at = models.DateTimeField(help_text="That of its run.")
    position = models.PositiveIntegerField(default=0)
    key = models.CharField(max_length=MAX_KEY)
    rule_digest = models.CharField(max_length=16, blank=True)
    title = models.CharField(max_length=300)
    table = models.CharField(max_length=300, blank=True)
    column = models.CharField(max_length=1000, blank=True, help_text="Several, by commas.")
    dimension = models.CharField(max_length=12, choices=[(item, item) for item in Dimension])
    severity = models.CharField(
        max_length=8, choices=[(item, item) for item in Severity], default=Severity.ERROR
    )
    expected = models.CharField(max_length=300, blank=True, help_text="As a phrase.")
    unit = models.CharField(
        max_length=8, choices=[(item, item) for item in Unit], default=Unit.ROWS, blank=True
    )
    state = models.CharField(max_length=8, choices=[(item, item) for item in CheckState])
    observed = models.FloatField(null=True, blank=True)
    tested = models.PositiveBigIntegerField(null=True, blank=True, help_text="Rows.")
    failing = models.PositiveBigIntegerField(null=True, blank=True, help_text="Rows.")
    seconds = models.FloatField(null=True, blank=True)
    message = models.TextField(blank=True, help_text="Why it has no result, or what was seen.")
    is_declared = models.BooleanField(default=True, help_text="By a rule, not by the schema alone.")

    class Meta:
        ordering = ["run", "position", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["run", "key"], name="a_check_runs_once_in_a_run"),
            models.CheckConstraint(
                condition=Q(failing__isnull=True) | Q(failing__lte=F("tested")),
                name="no_more_rows_fail_than_are_tested",
            ),
        ]
        indexes = [models.Index(fields=["port", "key", "-at"], name="outcome_by_check")]

    def __str__(self) -> str:
        return f"{self.title}: {self.state}"

    @property
    def share(self) -> float | None:
        """Return the share of tested rows that pass, from 0 to 1; None without a result."""
        return passing_share(self.state, self.tested, self.failing)
