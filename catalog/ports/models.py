"""Where a product is served (output ports) and what it is made from (input ports)."""

from django.db import models
from django.db.models import Q

from catalog.products.models import DataProduct

# The outcome of a port that a steward has confirmed, because Assay cannot check it.
CONFIRMED = "confirmed"
# The outcome of a port whose source Assay has read, because it does not probe its type of server.
READ = "read"
CHECK_COLUMNS = ("last_probed_at", "last_good_at", "last_good_server", "last_outcome")


class OutputPort(models.Model):
    """One way to consume a product; projected from the product's tree, key = name and version."""

    product = models.ForeignKey(DataProduct, models.CASCADE, related_name="output_ports")
    name = models.CharField(max_length=120)
    version = models.CharField(max_length=60)
    type = models.CharField(max_length=60, blank=True)
    description = models.TextField(blank=True)
    contract_identifier = models.CharField(max_length=400, blank=True)
    is_deprecated = models.BooleanField(default=False)
    interval = models.PositiveIntegerField(
        null=True, blank=True, help_text="Seconds between probes; empty for the default."
    )
    ends_on = models.DateField(
        null=True, blank=True, help_text="The day on which a port that has a successor ends."
    )
    position = models.PositiveIntegerField(default=0)

    # CHECK_COLUMNS: measured, written by services.update_probe_times alone.
    last_probed_at = models.DateTimeField(null=True, blank=True)
    last_good_at = models.DateTimeField(null=True, blank=True)
    last_good_server = models.TextField(
        blank=True, help_text="Type and location of the server that last passed a check."
    )
    last_outcome = models.CharField(max_length=30, blank=True)

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["product", "name", "version"], name="a_port_is_a_name_and_a_version"
            ),
            models.CheckConstraint(
                condition=Q(interval__isnull=True) | Q(interval__gte=5),
                name="a_port_is_probed_every_five_seconds_at_most",
            ),
        ]
        indexes = [
            models.Index(fields=["contract_identifier"], name="output_port_by_contract"),
            models.Index(fields=["name", "id"], name="output_port_by_name"),
        ]

    def __str__(self) -> str:
        return f"{self.name}@{self.version}"

    @property
    def key(self) -> tuple[str, str]:
        return self.name, self.version


class InputPort(models.Model):
    """One input of a product; `source` is the product in this mesh that it comes from, if any."""

    product = models.ForeignKey(DataProduct, models.CASCADE, related_name="input_ports")
    name = models.CharField(max_length=120)
    version = models.CharField(max_length=60, blank=True)
    contract_identifier = models.CharField(max_length=400, blank=True)
    source_name = models.CharField(
        max_length=250, blank=True, help_text="Domain and slug of the source, as declared."
    )
    source = models.ForeignKey(
        DataProduct, models.SET_NULL, null=True, blank=True, related_name="feeds"
    )
    position = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["position", "id"]
        indexes = [
            # Registering a product looks for the ports that wait for it.
            models.Index(fields=["contract_identifier"], name="input_port_by_contract"),
            models.Index(fields=["source_name"], name="input_port_by_source_name"),
        ]

    def __str__(self) -> str:
        return self.name
