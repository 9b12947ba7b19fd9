"""The observed schema of a port or why it could not be read, and when it is read again."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import orjson
from django.db import models
from django.db.models import Exists, OuterRef

from catalog.contracts.models import Server
from catalog.ports.models import OutputPort
from catalog.products.models import DataProduct, Status
from catalog.types import JSONValue
from governance.sandbox.database_servers import database_types
from governance.sandbox.profile_facts import TableFacts
from governance.sandbox.types import TableProfile, unreadable_message
from governance.schedules.models import Schedule, ScheduleQuerySet

READABLE = ("local", "s3", *database_types())
DAY = 24 * 60 * 60
READ_INTERVAL = timedelta(seconds=DAY)
UNREAD_STATUSES = (Status.RETIRED, Status.EXTERNAL)


class FastDecoder(json.JSONDecoder):
    """Decodes megabytes: the profile of 3,000 columns in 15 ms instead of 55 (wide_product)."""

    def decode(self, s: str, *_: object) -> JSONValue:
        value: JSONValue = orjson.loads(s)
        return value


class Inspection(models.Model):
    """The last inspection of one port; measured, never part of a document.

    `tables` may hold values of columns, which only `services.shown_profile` hands out.
    """

    port = models.OneToOneField(OutputPort, models.CASCADE, related_name="inspection")
    read_at = models.DateTimeField(help_text="The last attempt.")
    observed_at = models.DateTimeField(null=True, help_text="When the tables were read.")
    compared_digest = models.CharField(
        max_length=64, blank=True, help_text="Of the contract that the tables were compared with."
    )
    tables = models.JSONField(default=list, decoder=FastDecoder)
    drifts = models.JSONField(default=list)
    has_values = models.BooleanField(default=False)
    values_revision = models.PositiveBigIntegerField(
        default=0, help_text="Of the product when its values were last checked."
    )
    is_compared = models.BooleanField(default=False, help_text="The contract declares columns.")
    facts = models.JSONField(
        default=list,
        decoder=FastDecoder,
        help_text="What each reading of the source had in common.",
    )
    facts_source = models.CharField(
        max_length=64, blank=True, help_text="Digest of the server that the facts are of."
    )
    failure = models.CharField(max_length=40, blank=True, help_text="Code of the failure.")
    failure_detail = models.TextField(blank=True, help_text="What of this source was the cause.")

    note = models.TextField(blank=True, help_text="What of the source is not listed.")

    def __str__(self) -> str:
        return f"inspection of {self.port}"

    @property
    def profile(self) -> list[TableProfile]:
        return [TableProfile.from_json(table) for table in self.tables]

    @property
    def table_facts(self) -> list[TableFacts]:
        return [TableFacts.from_json(table) for table in self.facts]

    @property
    def failure_message(self) -> str:
        """Return why the source could not be read, as sentences; empty if it was read."""
        return unreadable_message(self.failure, self.failure_detail) if self.failure else ""

    @property
    def is_breaking(self) -> bool:
        return any(drift["is_breaking"] for drift in self.drifts)


class SourceScheduleQuerySet(ScheduleQuerySet["SourceSchedule"]):
    def due(self, now: datetime) -> SourceScheduleQuerySet:
        """Return the unclaimed schedules of readable sources whose time has come."""
        servers = Server.objects.filter(
            contract__port_contracts__port=OuterRef("port"), type__in=READABLE
        )
        readable = self.filter(Exists(servers)).exclude(port__product__status__in=UNREAD_STATUSES)
        return (
            readable.unknown_to_product(models.Q(type__in=READABLE))
            .unclaimed(now)
            .filter(next_due_at__lte=now)
        )

    def failing(self) -> SourceScheduleQuerySet:
        return self.filter(failures__gt=0)


class SourceSchedule(Schedule):
    """When the source of a port is read: once a day, each for itself."""

    # The wait for a process, the batch before it, and its own reading.
    CLAIM_DURATION = timedelta(minutes=10)

    port = models.OneToOneField(OutputPort, models.CASCADE, related_name="source_schedule")
    interval = models.PositiveIntegerField(default=DAY, help_text="Seconds.")

    objects = SourceScheduleQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["next_due_at"], name="source_by_due_time")]

    def __str__(self) -> str:
        return f"source of {self.port}, due {self.next_due_at:%Y-%m-%d %H:%M}"


class RejectedClassification(models.Model):
    """A suggested classification that a steward found wrong: it is not suggested again.

    The names are those in the source, in lower case: a new version of the contract or another
    reading of the source changes nothing.
    """

    product = models.ForeignKey(
        DataProduct, models.CASCADE, related_name="rejected_classifications"
    )
    contract = models.CharField(max_length=400, help_text="The document's own id.")
    table = models.CharField(max_length=300)
    column = models.CharField(max_length=300)
    classification = models.CharField(max_length=60)
    evidence = models.TextField()
    reason = models.TextField(blank=True)
    rejected_by = models.CharField(max_length=200)
    rejected_at = models.DateTimeField()

    class Meta:
        ordering = ["table", "column", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["product", "contract", "table", "column", "classification"],
                name="a_suggestion_is_rejected_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.table}.{self.column}: not {self.classification}"
