"""What was last seen in a port's source: its tables and columns, or why it could not be read."""

from __future__ import annotations

from django.db import models

from catalog.ports.models import OutputPort
from governance.sandbox.types import TableProfile


class Inspection(models.Model):
    """The last reading of one port; measured, never part of a tree."""

    port = models.OneToOneField(OutputPort, models.CASCADE, related_name="inspection")
    read_at = models.DateTimeField()
    tables = models.JSONField(default=list)
    drifts = models.JSONField(default=list)
    failure = models.CharField(max_length=40, blank=True, help_text="Code of why it failed.")

    def __str__(self) -> str:
        return f"inspection of {self.port}"

    @property
    def seen(self) -> list[TableProfile]:
        """Return the tables that were seen."""
        return [TableProfile.of(table) for table in self.tables]

    @property
    def breaks(self) -> bool:
        """Say whether the source breaks its contract."""
        return any(drift["breaks"] for drift in self.drifts)
