"""Contract versions: what a port promises of its data, and where the data is served."""

import uuid
from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from typing import Self

from django.db import models
from django.utils import timezone

from catalog.contracts.projection import server_key
from catalog.ports.models import CHECK_COLUMNS, OutputPort
from catalog.products.models import DataProduct

_NEVER = datetime.min.replace(tzinfo=UTC)


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


def contracts_of(product: DataProduct) -> models.QuerySet[DataContract]:
    """Return the contract versions of a product; of a working copy also those of the product."""
    rows = DataContract.objects.filter(product=product.pk)
    if product.is_working_copy:
        rows = DataContract.objects.filter(product__in=[product.working_copy_of_id, product.pk])
    return rows


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
    probe = models.JSONField(default=dict, help_text="How it is checked, if not as usual.")
    is_probed = models.BooleanField(
        default=False, help_text="Its availability is checked on a schedule."
    )
    position = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return f"{self.name} ({self.type})"

    @property
    def key(self) -> str:
        return server_key(self.type, self.location, self.format, self.probe)


def last_good_check(port: OutputPort, servers: Iterable[Server]) -> datetime | None:
    """Return when one of a port's servers last passed a check; None if only a former one did."""
    keys = {server.key for server in servers}
    is_current = not port.last_good_server or port.last_good_server in keys
    return port.last_good_at if is_current else None


def ports_of(product: DataProduct) -> list[OutputPort]:
    """Return the output ports of a product with their contracts and servers, the trees left out.

    Where a port of a working copy has a server of the published product, that is checked there,
    so the port has the newest check of that server.
    """
    ports = list(_with_servers(product))
    if product.is_working_copy:
        checks: dict[str, OutputPort] = {}
        for port in _with_servers(product.published_row):
            for key in filter(None, (*_server_keys(port), port.last_good_server)):
                checks[key] = port
        for port in ports:
            for check in (checks[key] for key in _server_keys(port) if key in checks):
                if _checked_at(check) > _checked_at(port):
                    for name in CHECK_COLUMNS:
                        setattr(port, name, getattr(check, name))
    return ports


def _with_servers(product: DataProduct) -> models.QuerySet[OutputPort]:
    ports = product.output_ports.select_related("port_contract__contract")
    return ports.defer("port_contract__contract__tree").prefetch_related(
        "port_contract__contract__servers"
    )


def _server_keys(port: OutputPort) -> list[str]:
    contract = contract_of(port)
    servers = contract.servers.all() if contract else ()
    return [server.key for server in servers]


def _checked_at(port: OutputPort) -> datetime:
    moments = [moment for moment in (port.last_probed_at, port.last_good_at) if moment]
    return max(moments, default=_NEVER)


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
