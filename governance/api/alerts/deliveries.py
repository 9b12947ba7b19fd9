"""API of the ledger of deliveries."""

from django.db.models import Q, QuerySet
from django_filters import ChoiceFilter, FilterSet, UUIDFilter
from rest_framework import serializers
from rest_framework.mixins import ListModelMixin
from rest_framework.permissions import IsAuthenticated

from catalog.api.rest.views import ModelAnswer, ResourceViewSet
from catalog.authorization.access import require_user
from governance.alerts.models import (
    Channel,
    Delivery,
    DeliveryState,
)
from governance.api.alerts.rows import owned_by


class DeliveryAnswer(ModelAnswer[Delivery]):
    """A message of an event to one recipient; `id` is in the `webhook-id` of every attempt."""

    id = serializers.UUIDField(source="uuid")
    alert = serializers.UUIDField(source="event.alert.uuid")
    event = serializers.CharField(source="event.kind")
    route = serializers.UUIDField(source="route.uuid", allow_null=True, default=None)
    person = serializers.CharField(source="person.username", allow_null=True, default=None)

    class Meta:
        model = Delivery
        fields = (
            "id",
            "alert",
            "event",
            "channel",
            "route",
            "person",
            "state",
            "attempts",
            "created_at",
            "next_attempt_at",
            "delivered_at",
            "last_error",
        )


class DeliveryFilters(FilterSet):
    """By alert, route, channel and state."""

    alert = UUIDFilter(field_name="event__alert__uuid")
    route = UUIDFilter(field_name="route__uuid")
    channel = ChoiceFilter(choices=Channel.choices)
    state = ChoiceFilter(choices=DeliveryState.choices)


class Deliveries(ListModelMixin, ResourceViewSet[Delivery]):
    """The ledger: one's own messages, and those of alerts in domains whose drafts one sees."""

    permission_classes = [IsAuthenticated]
    serializer_class = DeliveryAnswer
    filterset_class = DeliveryFilters
    queryset = Delivery.objects.select_related("event__alert", "route", "person").order_by("-pk")

    def get_queryset(self) -> QuerySet[Delivery]:
        person = require_user(self.request.user)
        alert = "event__alert__"
        is_of_product = owned_by(self.reader, f"{alert}product__domain")
        is_of_domain = owned_by(self.reader, f"{alert}domain")
        has_product = Q(event__alert__product__isnull=False)
        return self.queryset.filter(
            Q(person=person) | has_product & is_of_product | ~has_product & is_of_domain
        )
