"""API of the audit trail."""

from django_filters import CharFilter, FilterSet
from rest_framework import serializers
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.api.rest.views import ModelAnswer, ResourceViewSet
from catalog.audit.models import AuditEvent
from catalog.authorization.access import require_permission
from catalog.permissions import Permission
from catalog.types import JSONObject


class HistoryEvent(ModelAnswer[AuditEvent]):
    """One event; only people signed in see the actor, only readers of the audit see the values."""

    actor = serializers.SerializerMethodField()
    token = serializers.SerializerMethodField()
    before = serializers.SerializerMethodField()
    after = serializers.SerializerMethodField()

    class Meta:
        model = AuditEvent
        fields: tuple[str, ...] = (
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


class AuditAnswer(HistoryEvent):
    """One event of the whole installation, and what it is about."""

    object_name = serializers.CharField(help_text="The denied request, if an action was denied.")

    class Meta(HistoryEvent.Meta):
        fields = (*HistoryEvent.Meta.fields, "object_kind", "object_id", "object_name")


class AuditFilters(FilterSet):
    """By what was done, and by the kind of thing that it was done to."""

    verb = CharFilter(max_length=60)
    kind = CharFilter(field_name="object_kind", max_length=40)


class Audit(ResourceViewSet[AuditEvent]):
    """The audit trail, with sign-ins, their failures, sign-outs and denied actions."""

    permission_classes = [IsAuthenticated]
    serializer_class = AuditAnswer
    filterset_class = AuditFilters
    queryset = AuditEvent.objects.order_by("-pk")

    def list(self, request: Request) -> Response:
        """List all events, newest first, for those who read the audit of the whole mesh."""
        require_permission(self.reader, Permission.READ_AUDIT, None)
        return self.answer_page(self.get_queryset())

    def get_serializer_context(self) -> JSONObject:
        return {**super().get_serializer_context(), "names": True, "values": True}
