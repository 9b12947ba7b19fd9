"""API of alerts: what was found, and what people do with it."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone
from django_filters import CharFilter, ChoiceFilter, FilterSet, UUIDFilter
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.mixins import ListModelMixin
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.api.rest.bodies import Body, StrictString
from catalog.api.rest.etags import EDITS, READS
from catalog.api.rest.views import ModelAnswer, ResourceViewSet
from catalog.authorization.access import require_user
from catalog.exceptions import ValidationFailed
from catalog.people.models import Person
from catalog.permissions import Permission
from governance.alerts.kinds import Severity
from governance.alerts.models import (
    Alert,
    AlertEvent,
    AlertState,
)
from governance.alerts.services import (
    acknowledge,
    assign,
    resolve,
    silence,
)
from governance.api.alerts.rows import located_in_body

SEVERITIES = [severity.value for severity in Severity]


class EventAnswer(ModelAnswer[AlertEvent]):
    """What happened to an alert, when, and who or what did it."""

    class Meta:
        model = AlertEvent
        fields = ("kind", "at", "actor", "note")


class AlertAnswer(ModelAnswer[Alert]):
    """An alert; `is_firing` says whether its condition holds, `state` what people did."""

    id = serializers.UUIDField(source="uuid")
    product = serializers.UUIDField(source="product.uuid", allow_null=True, default=None)
    domain = serializers.CharField(source="owning_domain.slug", allow_null=True, default=None)
    assigned_to = serializers.CharField(
        source="assigned_to.username", allow_null=True, default=None
    )

    class Meta:
        model = Alert
        fields = (
            "id",
            "kind",
            "severity",
            "state",
            "is_firing",
            "is_flapping",
            "product",
            "domain",
            "summary",
            "path",
            "evidence",
            "count",
            "opened_at",
            "last_seen_at",
            "acknowledged_at",
            "assigned_to",
            "silenced_until",
            "resolved_at",
            "resolution",
            "edition",
        )


class AlertFilters(FilterSet):
    """By kind, severity, state, product and domain."""

    kind = CharFilter()
    severity = ChoiceFilter(choices=[(value, value) for value in SEVERITIES])
    state = ChoiceFilter(choices=[(value, value) for value in AlertState.values])
    product = UUIDFilter(field_name="product__uuid")
    domain = CharFilter(method="filter_domain")

    def filter_domain(self, rows: QuerySet[Alert], name: str, value: str) -> QuerySet[Alert]:
        return rows.filter(Q(product__domain__slug=value) | Q(domain__slug=value))


class AlertReason(Body):
    """Why an alert is resolved."""

    reason = StrictString(max_length=2000)


class Assignee(Body):
    """To whom an alert is assigned, by user name; null for nobody."""

    person = StrictString(max_length=150, allow_null=True)


class SilenceEnd(Body):
    """Until when nothing is sent of an alert; null ends the silence."""

    until = serializers.DateTimeField(allow_null=True)
    reason = StrictString(required=False, max_length=2000, allow_blank=True, default="")


class Alerts(ListModelMixin, ResourceViewSet[Alert]):
    """The alerts that the caller may see, newest first; who edits in their domain handles them."""

    permission_classes = [AllowAny]
    serializer_class = AlertAnswer
    filterset_class = AlertFilters
    lookup_field = "uuid"
    queryset = Alert.objects.select_related("product__domain", "domain", "assigned_to").order_by(
        "-opened_at", "-pk"
    )

    def get_queryset(self) -> QuerySet[Alert]:
        return self.queryset.filter(pk__in=Alert.objects.visible_to(self.reader).values("pk"))

    @extend_schema(parameters=READS)
    def retrieve(self, request: Request, uuid: UUID) -> Response:
        """Return an alert."""
        return self.answer(self.get_object())

    @extend_schema(responses=EventAnswer(many=True))
    def events(self, request: Request, uuid: UUID) -> Response:
        """List what happened to an alert, in order."""
        return self.answer_page(self.get_object().events.order_by("pk"), EventAnswer)

    @extend_schema(request=None, parameters=EDITS)
    def acknowledge(self, request: Request, uuid: UUID) -> Response:
        """Say that you look after an alert; it is assigned to you if it was to nobody."""
        return self._act(acknowledge)

    @extend_schema(request=Assignee, parameters=EDITS)
    def assign(self, request: Request, uuid: UUID) -> Response:
        """Assign an alert to a person who may see it, or to nobody."""
        alert, edition = self._to_act()
        username = Assignee.read(request).validated_data["person"]
        person = Person.objects.filter(username=username, is_active=True).first()
        if username is not None and person is None:
            raise ValidationFailed.of("/person", "There is nobody of this user name.")
        return self._act(assign, alert, edition, person=person)

    @extend_schema(request=AlertReason, parameters=EDITS)
    def resolve(self, request: Request, uuid: UUID) -> Response:
        """Resolve an alert for a reason."""
        alert, edition = self._to_act()
        return self._act(resolve, alert, edition, **AlertReason.read(request).validated_data)

    @extend_schema(request=SilenceEnd, parameters=EDITS)
    def silence(self, request: Request, uuid: UUID) -> Response:
        """Send nothing of an alert for a while."""
        alert, edition = self._to_act()
        return self._act(silence, alert, edition, **SilenceEnd.read(request).validated_data)

    def domain_of(self, row: Alert) -> Any:
        return row.owning_domain

    def _to_act(self) -> tuple[Alert, int]:
        alert = self.get_object()
        needed = Permission.EDIT_PRODUCTS if alert.owning_domain else Permission.OPERATE_PLATFORM
        return self.to_edit(needed)

    def _act(
        self,
        service: Callable[..., Alert],
        alert: Alert | None = None,
        edition: int = 0,
        **options: Any,
    ) -> Response:
        if alert is None:
            alert, edition = self._to_act()
        actor = require_user(self.request.user)
        with located_in_body():
            service(alert=alert, edition=edition, actor=actor, now=timezone.now(), **options)
        return self.answer_changed(alert)
