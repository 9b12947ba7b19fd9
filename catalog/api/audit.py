"""API of the audit trail."""

from rest_framework import serializers

from catalog.api.rest.views import ModelAnswer
from catalog.audit.models import AuditEvent
from catalog.types import JSONObject


class HistoryEvent(ModelAnswer[AuditEvent]):
    """One event; only people signed in see the actor, only readers of the audit see the values."""

    actor = serializers.SerializerMethodField()
    token = serializers.SerializerMethodField()
    before = serializers.SerializerMethodField()
    after = serializers.SerializerMethodField()

    class Meta:
        model = AuditEvent
        fields = (
            "id",
            "occurred_at",
            "verb",
            "actor",
            "token",
            "reason",
            "revision",
            "before",
            "after",
        )

    def get_actor(self, event: AuditEvent) -> str | None:
        return event.actor_name if self.context["names"] else None

    def get_token(self, event: AuditEvent) -> str | None:
        """Return the name of the API token that the actor used, for readers of the audit."""
        return event.token_name or None if self.context["values"] else None

    def get_before(self, event: AuditEvent) -> JSONObject | None:
        return event.before if self.context["values"] else None

    def get_after(self, event: AuditEvent) -> JSONObject | None:
        return event.after if self.context["values"] else None
