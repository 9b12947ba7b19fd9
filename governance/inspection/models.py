"""The observed schema of a port: its tables and columns, or why they could not be read."""

from django.db import models

from catalog.ports.models import OutputPort
from governance.sandbox.types import TableProfile


class Inspection(models.Model):
    """The last inspection of one port; measured, never part of a document."""

    port = models.OneToOneField(OutputPort, models.CASCADE, related_name="inspection")
    read_at = models.DateTimeField()
    tables = models.JSONField(default=list)
    drifts = models.JSONField(default=list)
    failure = models.CharField(max_length=40, blank=True, help_text="Code of the failure.")

    def __str__(self) -> str:
        return f"inspection of {self.port}"

    @property
    def profile(self) -> list[TableProfile]:
        return [TableProfile.from_json(table) for table in self.tables]

    @property
    def is_breaking(self) -> bool:
        return any(drift["is_breaking"] for drift in self.drifts)
