"""API of the caller's inbox, and of how they hear of it."""

from collections import Counter

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from catalog.api.rest.bodies import Body
from catalog.api.rest.errors import InvalidParameters
from catalog.api.rest.views import ModelAnswer
from catalog.authorization.access import access_for, require_user
from governance.alerts.kinds import Severity
from governance.inbox.items import InboxItem, ItemKind
from governance.inbox.models import Frequency, InboxSettings
from governance.inbox.reading import inbox_of, next_due
from governance.inbox.services import choose_frequency

KINDS = [kind.value for kind in ItemKind]


class InboxItemAnswer(serializers.Serializer[InboxItem]):
    """One thing that the caller must do or know; `path` leads to the page where it is done."""

    kind = serializers.ChoiceField(choices=KINDS)
    id = serializers.CharField(source="key")
    title = serializers.CharField()
    text = serializers.CharField()
    path = serializers.CharField()
    severity = serializers.ChoiceField(choices=[severity.value for severity in Severity])
    since = serializers.DateTimeField()
    due_at = serializers.DateTimeField(allow_null=True)
    product = serializers.SerializerMethodField()

    def get_product(self, item: InboxItem) -> str | None:
        return str(item.product.uuid) if item.product else None


class NextDueAnswer(serializers.Serializer[object]):
    """What will be due next; null while something waits, and if nothing is known to be due."""

    day = serializers.DateField()
    text = serializers.CharField()
    path = serializers.CharField()


class InboxAnswer(serializers.Serializer[object]):
    """The inbox by due date, severity and what is newest; `counts` are by kind."""

    counts = serializers.DictField(child=serializers.IntegerField())
    next_due = NextDueAnswer(allow_null=True)
    results = InboxItemAnswer(many=True)


class InboxSettingsAnswer(ModelAnswer[InboxSettings]):
    """How often the caller gets a digest, and whether their feeds have an address."""

    has_feed = serializers.BooleanField(source="feed_digest")

    class Meta:
        model = InboxSettings
        fields = ("frequency", "has_feed")


class InboxSettingsBody(Body):
    """How often a digest is mailed."""

    frequency = serializers.ChoiceField(choices=Frequency.values)


class Inbox(APIView):
    """What waits for the caller."""

    permission_classes = [IsAuthenticated]

    @extend_schema(
        responses=InboxAnswer,
        parameters=[OpenApiParameter("type", str, enum=KINDS, description="One kind of items.")],
        operation_id="inbox",
    )
    def get(self, request: Request) -> Response:
        """Return what the caller must do or know now."""
        kind = request.query_params.get("type", "")
        if kind and kind not in KINDS:
            raise InvalidParameters({"type": [f"There is no type {kind!r}: {', '.join(KINDS)}."]})
        person = require_user(request.user)
        access = access_for(person)
        items = inbox_of(person, access=access)
        answer = {
            "counts": dict(Counter(item.kind.value for item in items)),
            "next_due": None if items else next_due(access, timezone.now()),
            "results": [item for item in items if not kind or item.kind == kind],
        }
        return Response(InboxAnswer(answer).data)


class InboxPreferences(APIView):
    """How the caller hears of their inbox."""

    permission_classes = [IsAuthenticated]

    @extend_schema(responses=InboxSettingsAnswer, operation_id="inbox_settings")
    def get(self, request: Request) -> Response:
        """Return how often the caller gets a digest."""
        person = require_user(request.user)
        row = InboxSettings.objects.filter(person=person).first() or InboxSettings(person=person)
        return Response(InboxSettingsAnswer(row).data)

    @extend_schema(
        request=InboxSettingsBody,
        responses=InboxSettingsAnswer,
        operation_id="inbox_settings_update",
    )
    def put(self, request: Request) -> Response:
        """Have a digest sent daily, weekly or never."""
        body = InboxSettingsBody.read(request).validated_data
        row = choose_frequency(person=require_user(request.user), **body)
        return Response(InboxSettingsAnswer(row).data)
