"""What the API says of the audit trail."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from catalog.audit.models import AuditEvent


class HistoryEvent(serializers.ModelSerializer[AuditEvent]):
    """One event; who acted is said to people signed in, what changed to readers of the audit."""

    actor = serializers.SerializerMethodField()
    before = serializers.SerializerMethodField()
    after = serializers.SerializerMethodField()

    class Meta:
        model = AuditEvent
        fields = (
            "id",
            "occurred_at",
            "verb",
            "actor",
            "reason",
            "revision",
            "before",
            "after",
        )
        read_only_fields = fields

    def get_actor(self, event: AuditEvent) -> str | None:
        """Return the name of whoever acted."""
        return event.actor_name if self.context["names"] else None

    def get_before(self, event: AuditEvent) -> dict[str, Any] | None:
        """Return the values that the change replaced."""
        return event.before if self.context["whole"] else None

    def get_after(self, event: AuditEvent) -> dict[str, Any] | None:
        """Return the values that the change made."""
        return event.after if self.context["whole"] else None
