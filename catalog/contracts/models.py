"""Contract versions: what a port promises of its data, and where the data is served."""

import uuid
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Self

from django.db import models
from django.utils import timezone

from catalog.contracts.projection import server_key
from catalog.ports.models import OutputPort
from catalog.products.models import DataProduct


class DataContract(models.Model):
    """One version of a contract; `tree` is the parsed ODCS document and the truth."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    product = models.ForeignKey(DataProduct, models.CASCADE, related_name="contracts")
    identifier = models.CharField(max_length=400, help_text="The document's own id.")
    version = models.CharField(max_length=60)
    name = models.CharField(max_length=200, blank=True)
    status = models.CharField(max_length=60, blank=True)
    purpose = models.TextField(blank=True)
    tree = models.JSONField(default=dict)
    digest = models.CharField(max_length=64)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["identifier", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["product", "identifier", "version"],
                name="a_contract_version_is_one_document",
            )
        ]
        indexes = [models.Index(fields=["identifier", "id"], name="contract_by_identifier")]

    def __str__(self) -> str:
        return f"{self.name or self.identifier} {self.version}"


class PortContract(models.Model):
    """The contract version that a port serves under."""

    port = models.OneToOneField(OutputPort, models.CASCADE, related_name="port_contract")
    contract = models.ForeignKey(DataContract, models.CASCADE, related_name="port_contracts")

    def __str__(self) -> str:
        return f"{self.port} under {self.contract}"


def contract_of(port: OutputPort) -> DataContract | None:
    link: PortContract | None = getattr(port, "port_contract", None)
    return link.contract if link else None


class Server(models.Model):
    """A place where a contract's data is served; derived from the contract's `servers`."""

    contract = models.ForeignKey(DataContract, models.CASCADE, related_name="servers")
    name = models.CharField(max_length=120)
    type = models.CharField(max_length=60)
    environment = models.CharField(max_length=60, blank=True)
    location = models.CharField(
        max_length=2000, blank=True, help_text="URL of an API, or path below the files root."
    )
    format = models.CharField(max_length=60, blank=True)
    description = models.TextField(blank=True)
    position = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return f"{self.name} ({self.type})"


def last_good_check(port: OutputPort, servers: Iterable[Server]) -> datetime | None:
    """Return when one of a port's servers last passed a check; None if only a former one did."""
    keys = {server_key(server.type, server.location, server.format) for server in servers}
    is_current = not port.last_good_server or port.last_good_server in keys
    return port.last_good_at if is_current else None


class SchemaObject(models.Model):
    """One table, topic or document of a contract."""

    contract = models.ForeignKey(DataContract, models.CASCADE, related_name="schema_objects")
    name = models.CharField(max_length=300)
    physical_name = models.CharField(max_length=300, blank=True)
    physical_type = models.CharField(max_length=120, blank=True)
    business_name = models.CharField(max_length=300, blank=True)
    description = models.TextField(blank=True)
    position = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.name


class SchemaPropertyQuerySet(models.QuerySet["SchemaProperty"]):
    """Reads of columns."""

    def with_terms(self, slugs: Collection[str]) -> Self:
        # The partial index leaves out columns without a term; SQLite uses it for such a query only.
        return self.filter(term__in=slugs).exclude(term="")


class SchemaProperty(models.Model):
    """One column or nested field; `path` joins the names from the object down with dots."""

    schema_object = models.ForeignKey(SchemaObject, models.CASCADE, related_name="properties")
    parent = models.ForeignKey(
        "self", models.CASCADE, null=True, blank=True, related_name="properties"
    )
    path = models.CharField(max_length=1000)
    name = models.CharField(max_length=300)
    physical_name = models.CharField(max_length=300, blank=True)
    business_name = models.CharField(max_length=300, blank=True)
    logical_type = models.CharField(max_length=60, blank=True)
    physical_type = models.CharField(max_length=200, blank=True)
    classification = models.CharField(max_length=60, blank=True)
    term = models.CharField(max_length=120, blank=True, help_text="Slug of its business term.")
    description = models.TextField(blank=True)
    is_required = models.BooleanField(default=False)
    is_unique = models.BooleanField(default=False)
    is_primary_key = models.BooleanField(default=False)
    depth = models.PositiveSmallIntegerField(default=0)
    position = models.PositiveIntegerField(default=0)

    objects = SchemaPropertyQuerySet.as_manager()

    class Meta:
        ordering = ["position", "id"]
        verbose_name_plural = "schema properties"
        indexes = [
            # Few columns name a term; those of a term are looked up by it.
            models.Index(fields=["term"], condition=~models.Q(term=""), name="property_by_term")
        ]

    def __str__(self) -> str:
        return self.path
