"""API of objectives, their status, and measurements."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Q, QuerySet
from django_filters import ChoiceFilter, FilterSet, IsoDateTimeFilter, NumberFilter, UUIDFilter
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.viewsets import ReadOnlyModelViewSet

from catalog.authorization.access import access_for
from catalog.products.models import DataProduct
from catalog.types import JSONObject
from governance.slo.evaluation import Indicator, Verdict
from governance.slo.models import Measurement, Objective, ObjectiveStatus
from governance.slo.outcomes import Outcome
from governance.slo.wording import format_objective


class ObjectiveStatusBody(serializers.ModelSerializer[ObjectiveStatus]):
    """The status of an objective; metrics are up to five minutes old, the verdict is not."""

    class Meta:
        model = ObjectiveStatus
        fields = ("verdict", "since", "value", "good", "total", "as_of")
        read_only_fields = fields


class ObjectiveAnswer(serializers.ModelSerializer[Objective]):
    """One objective; `threshold` in seconds as measured, `window` in seconds."""

    product = serializers.SerializerMethodField()
    port = serializers.IntegerField(source="port_id", allow_null=True)
    threshold = serializers.FloatField(source="spec.effective_threshold", allow_null=True)
    window = serializers.SerializerMethodField()
    description = serializers.SerializerMethodField()
    status = serializers.SerializerMethodField()

    class Meta:
        model = Objective
        fields = (
            "id",
            "product",
            "port",
            "indicator",
            "target",
            "threshold",
            "percentile",
            "window",
            "budgeting",
            "description",
            "status",
        )
        read_only_fields = fields

    def get_product(self, objective: Objective) -> str | None:
        product = objective.subject_product
        return str(product.uuid) if product else None

    def get_window(self, objective: Objective) -> int:
        return int(objective.window.total_seconds())

    def get_description(self, objective: Objective) -> str:
        return format_objective(objective.spec)

    def get_status(self, objective: Objective) -> JSONObject | None:
        """Return the status; None before the first measurement."""
        status = getattr(objective, "status", None)
        return dict(ObjectiveStatusBody(status).data) if status else None


class MeasurementAnswer(serializers.ModelSerializer[Measurement]):
    """One measurement of one port; seconds."""

    class Meta:
        model = Measurement
        fields = (
            "id",
            "port",
            "slot",
            "measured_at",
            "outcome",
            "status_code",
            "dns",
            "connect",
            "tls",
            "first_byte",
            "total",
        )
        read_only_fields = fields


class ObjectiveFilters(FilterSet):
    """By product, port, indicator and verdict."""

    product = UUIDFilter(method="filter_product")
    port = NumberFilter(field_name="port_id")
    indicator = ChoiceFilter(
        choices=[(indicator.value, indicator.value) for indicator in Indicator]
    )
    verdict = ChoiceFilter(
        field_name="status__verdict",
        choices=[(verdict.value, verdict.value) for verdict in Verdict],
    )

    class Meta:
        model = Objective
        fields = ()

    def filter_product(
        self, rows: QuerySet[Objective], name: str, value: UUID
    ) -> QuerySet[Objective]:
        """Keep the objectives of a product or one of its ports."""
        return rows.filter(Q(product__uuid=value) | Q(port__product__uuid=value))


class MeasurementFilters(FilterSet):
    """By product, port, outcome and time."""

    product = UUIDFilter(field_name="port__product__uuid")
    port = NumberFilter(field_name="port_id")
    outcome = ChoiceFilter(choices=[(outcome.value, outcome.value) for outcome in Outcome])
    since = IsoDateTimeFilter(field_name="slot", lookup_expr="gte")
    until = IsoDateTimeFilter(field_name="slot", lookup_expr="lt")

    class Meta:
        model = Measurement
        fields = ()


class Objectives(ReadOnlyModelViewSet[Objective]):
    """The objectives of all products that the caller may see, and their status."""

    permission_classes = [AllowAny]
    serializer_class = ObjectiveAnswer
    filterset_class = ObjectiveFilters
    queryset = Objective.objects.none()

    def get_queryset(self) -> QuerySet[Objective]:
        visible = DataProduct.objects.visible_to(access_for(self.request.user))
        covers = visible.has("product_id") | visible.has("port__product_id")
        rows = Objective.objects.filter(covers)
        return rows.select_related("product", "port__product", "status").order_by("pk")


class Measurements(ReadOnlyModelViewSet[Measurement]):
    """The measurements of ports of all products that the caller may see, newest first."""

    permission_classes = [AllowAny]
    serializer_class = MeasurementAnswer
    filterset_class = MeasurementFilters
    queryset = Measurement.objects.none()

    def get_queryset(self) -> QuerySet[Measurement]:
        visible = DataProduct.objects.visible_to(access_for(self.request.user))
        rows = Measurement.objects.filter(visible.has("port__product_id"))
        return rows.order_by("-slot", "-pk")
