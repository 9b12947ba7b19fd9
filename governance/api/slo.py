"""Objectives and measurements over the API: what is promised, how it stands, what was seen."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django_filters import ChoiceFilter, FilterSet, IsoDateTimeFilter, NumberFilter, UUIDFilter
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.viewsets import ReadOnlyModelViewSet

from catalog.authorization.access import access_for
from catalog.products.models import DataProduct
from governance.slo.evaluation import Indicator, Verdict
from governance.slo.models import Measurement, Objective, ObjectiveStatus
from governance.slo.outcomes import Outcome
from governance.slo.wording import format_objective


class ObjectiveStatusBody(serializers.ModelSerializer[ObjectiveStatus]):
    """How an objective stands; figures are at most five minutes behind, the verdict is not."""

    class Meta:
        model = ObjectiveStatus
        fields = ("verdict", "since", "value", "good", "total", "as_of")
        read_only_fields = fields


class ObjectiveAnswer(serializers.ModelSerializer[Objective]):
    """One promise; `threshold` in seconds as measured, `window` in seconds."""

    product = serializers.SerializerMethodField()
    port = serializers.IntegerField(source="port_id", allow_null=True)
    threshold = serializers.FloatField(source="promise.edge", allow_null=True)
    window = serializers.SerializerMethodField()
    promise = serializers.SerializerMethodField()
    standing = serializers.SerializerMethodField()

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
            "promise",
            "standing",
        )
        read_only_fields = fields

    def get_product(self, objective: Objective) -> str | None:
        """Return the id of the product that promises it."""
        product = objective.port.product if objective.port else objective.product
        return str(product.uuid) if product else None

    def get_window(self, objective: Objective) -> int:
        """Return the window in seconds."""
        return int(objective.window.total_seconds())

    def get_promise(self, objective: Objective) -> str:
        """Return the promise in words."""
        return format_objective(objective.promise)

    def get_standing(self, objective: Objective) -> dict[str, Any] | None:
        """Return how it stands; none before the first measurement."""
        standing = getattr(objective, "standing", None)
        return dict(ObjectiveStatusBody(standing).data) if standing else None


class MeasurementAnswer(serializers.ModelSerializer[Measurement]):
    """What one probe saw of one port; seconds."""

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

    product = UUIDFilter(method="of_product")
    port = NumberFilter(field_name="port_id")
    indicator = ChoiceFilter(choices=[(each.value, each.value) for each in Indicator])
    verdict = ChoiceFilter(
        field_name="standing__verdict", choices=[(each.value, each.value) for each in Verdict]
    )

    class Meta:
        model = Objective
        fields = ()

    def of_product(self, rows: QuerySet[Objective], name: str, value: UUID) -> QuerySet[Objective]:
        """Keep the objectives about a product or one of its ports."""
        return rows.filter(Q(product__uuid=value) | Q(port__product__uuid=value))


class MeasurementFilters(FilterSet):
    """By product, port, outcome and time."""

    product = UUIDFilter(field_name="port__product__uuid")
    port = NumberFilter(field_name="port_id")
    outcome = ChoiceFilter(choices=[(each.value, each.value) for each in Outcome])
    since = IsoDateTimeFilter(field_name="slot", lookup_expr="gte")
    until = IsoDateTimeFilter(field_name="slot", lookup_expr="lt")

    class Meta:
        model = Measurement
        fields = ()


class Objectives(ReadOnlyModelViewSet[Objective]):
    """The objectives of all products that the caller may know of, and how they stand."""

    permission_classes = [AllowAny]
    serializer_class = ObjectiveAnswer
    filterset_class = ObjectiveFilters
    queryset = Objective.objects.none()

    def get_queryset(self) -> QuerySet[Objective]:
        """Return the objectives of visible products and their ports."""
        visible = DataProduct.objects.visible_to(access_for(self.request.user))
        about = visible.has("product_id") | visible.has("port__product_id")
        rows = Objective.objects.filter(about)
        return rows.select_related("product", "port__product", "standing").order_by("pk")


class Measurements(ReadOnlyModelViewSet[Measurement]):
    """The single measurements of ports of products that the caller may know of, newest first."""

    permission_classes = [AllowAny]
    serializer_class = MeasurementAnswer
    filterset_class = MeasurementFilters
    queryset = Measurement.objects.none()

    def get_queryset(self) -> QuerySet[Measurement]:
        """Return the measurements of visible products' ports."""
        visible = DataProduct.objects.visible_to(access_for(self.request.user))
        seen = Measurement.objects.filter(visible.has("port__product_id"))
        return seen.order_by("-slot", "-pk")
