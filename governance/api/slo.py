"""API of objectives, their status, and measurements."""

from math import isfinite
from uuid import UUID

from django.db.models import Q, QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django_filters import ChoiceFilter, FilterSet, IsoDateTimeFilter, NumberFilter, UUIDFilter
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from catalog.api.rest.views import ModelAnswer, OfVisibleProducts, ResourceViewSet
from catalog.authorization.access import access_for
from catalog.products.models import DataProduct
from catalog.types import JSONObject
from governance.slo.evaluation import Indicator, Verdict, worst
from governance.slo.models import Breach, Measurement, Objective, ObjectiveStatus
from governance.slo.outcomes import Outcome
from governance.slo.reports import DayReport, ObjectiveReport, reports_of
from governance.slo.wording import format_assessment, format_objective

MAX_BREACHES = 20


class ObjectiveStatusBody(ModelAnswer[ObjectiveStatus]):
    """The status of an objective; metrics are up to five minutes old, the verdict is not."""

    class Meta:
        model = ObjectiveStatus
        fields = ("verdict", "since", "value", "good", "total", "as_of")


class ObjectiveAnswer(ModelAnswer[Objective]):
    """One objective; `threshold` in seconds as measured, `window` in seconds."""

    product = serializers.SerializerMethodField()
    port = serializers.IntegerField(source="port_id", allow_null=True)
    threshold = serializers.FloatField(source="spec.effective_threshold", allow_null=True)
    window = serializers.SerializerMethodField()
    origin = serializers.CharField(
        source="origin.domain.slug", allow_null=True, help_text="The domain whose standard it is."
    )
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
            "window_kind",
            "budgeting",
            "interval",
            "source",
            "origin",
            "effective_since",
            "description",
            "status",
        )

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


class MeasurementAnswer(ModelAnswer[Measurement]):
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


class Objectives(ListModelMixin, RetrieveModelMixin, ResourceViewSet[Objective]):
    """The objectives of all products that the caller may see, and their status."""

    permission_classes = [AllowAny]
    serializer_class = ObjectiveAnswer
    filterset_class = ObjectiveFilters
    queryset = Objective.objects.select_related(
        "product", "port__product", "status", "origin__domain"
    ).order_by("pk")

    def get_queryset(self) -> QuerySet[Objective]:
        visible = DataProduct.objects.visible_to(self.reader)
        return self.queryset.filter(visible.has("product_id") | visible.has("port__product_id"))


class Measurements(ListModelMixin, RetrieveModelMixin, OfVisibleProducts[Measurement]):
    """The measurements of ports of all products that the caller may see, newest first."""

    permission_classes = [AllowAny]
    serializer_class = MeasurementAnswer
    filterset_class = MeasurementFilters
    queryset = Measurement.objects.order_by("-slot", "-pk")
    product_path = "port__product_id"


class DayAnswer(serializers.Serializer[DayReport]):
    """A measured UTC day of an objective; `p50` and `p95` in seconds."""

    date = serializers.DateField()
    good = serializers.IntegerField(source="ratio.good")
    total = serializers.IntegerField(source="ratio.total")
    share = serializers.FloatField(source="ratio.share")
    verdict = serializers.CharField()
    p50 = serializers.FloatField(allow_null=True)
    p95 = serializers.FloatField(allow_null=True)
    is_in_window = serializers.BooleanField()


class BurnRateAnswer(serializers.Serializer[JSONObject]):
    """Burn rates over a short and a long window, in seconds; null if infinite."""

    short_window = serializers.IntegerField()
    short = serializers.FloatField(allow_null=True)
    long_window = serializers.IntegerField()
    long = serializers.FloatField(allow_null=True)


class ReportAnswer(serializers.Serializer[ObjectiveReport]):
    """An objective over its window and the last 90 days."""

    id = serializers.IntegerField(source="objective.pk")
    indicator = serializers.CharField(source="spec.indicator")
    port = serializers.IntegerField(source="objective.port_id", allow_null=True)
    description = serializers.SerializerMethodField()
    target = serializers.FloatField(source="spec.target")
    threshold = serializers.FloatField(source="spec.effective_threshold", allow_null=True)
    verdict = serializers.CharField()
    reason = serializers.CharField(source="assessment.reason")
    summary = serializers.SerializerMethodField()
    value = serializers.FloatField(source="assessment.value", allow_null=True)
    good = serializers.IntegerField(source="ratio.good")
    total = serializers.IntegerField(source="ratio.total")
    expected = serializers.IntegerField(source="assessment.expected")
    maintenance = serializers.IntegerField(source="assessment.maintenance")
    budget = serializers.FloatField(source="assessment.allowed")
    budget_consumed = serializers.SerializerMethodField()
    burn_rate = serializers.SerializerMethodField()
    burn_rates = serializers.SerializerMethodField()
    time_to_exhaustion = serializers.SerializerMethodField()
    failing_since = serializers.DateTimeField(source="assessment.failing.since", default=None)
    failing_checks = serializers.IntegerField(source="assessment.failing.count", default=0)
    recovered_at = serializers.DateTimeField(source="assessment.recovered_at", allow_null=True)
    starts_at = serializers.DateTimeField(source="assessment.starts_at", allow_null=True)
    ends_at = serializers.DateTimeField(source="assessment.ends_at", allow_null=True)
    as_of = serializers.DateTimeField(source="assessment.as_of", allow_null=True)
    days = serializers.SerializerMethodField()

    def get_description(self, report: ObjectiveReport) -> str:
        return format_objective(report.spec)

    def get_budget_consumed(self, report: ObjectiveReport) -> float | None:
        """Return the consumed share; None if it is infinite, for a target of 100 %."""
        return _finite(report.assessment.consumed)

    def get_burn_rate(self, report: ObjectiveReport) -> float | None:
        """Return the burn rate of the last hour; None if it is infinite."""
        return _finite(report.assessment.burn_rate)

    @extend_schema_field(BurnRateAnswer(many=True))
    def get_burn_rates(self, report: ObjectiveReport) -> list[JSONObject]:
        return [
            {
                "short_window": int(burn.short.total_seconds()),
                "short": _finite(burn.short_rate),
                "long_window": int(burn.long.total_seconds()),
                "long": _finite(burn.long_rate),
            }
            for burn in report.assessment.burn_rates
        ]

    def get_summary(self, report: ObjectiveReport) -> str:
        return format_assessment(report.assessment)

    def get_time_to_exhaustion(self, report: ObjectiveReport) -> int | None:
        """Return seconds; None if the budget does not run out at the current burn rate."""
        time = report.assessment.time_to_exhaustion
        return None if time is None else int(time.total_seconds())

    @extend_schema_field(DayAnswer(many=True))
    def get_days(self, report: ObjectiveReport) -> list[JSONObject]:
        return [dict(DayAnswer(day).data) for day in report.days if day.ratio.total]


def _finite(value: float) -> float | None:
    return value if isfinite(value) else None


class BreachAnswer(ModelAnswer[Breach]):
    """A period in which an objective was missed."""

    class Meta:
        model = Breach
        fields = ("objective", "description", "opened_at", "closed_at")


class ProductSLOAnswer(serializers.Serializer[JSONObject]):
    """The SLO report of a product: its objectives, the worst first, and its latest breaches."""

    verdict = serializers.CharField()
    objectives = ReportAnswer(many=True)
    breaches = BreachAnswer(many=True)


class ProductSLO(APIView):
    """The SLO report of a product."""

    permission_classes = [AllowAny]

    @extend_schema(responses=ProductSLOAnswer)
    def get(self, request: Request, uuid: UUID) -> Response:
        """Return every objective of a product with its window, budget and measured days."""
        visible = DataProduct.objects.visible_to(access_for(request.user))
        product = get_object_or_404(visible, uuid=uuid)
        reports = reports_of(product, timezone.now())
        answer = {
            "verdict": worst(report.verdict for report in reports),
            "objectives": reports,
            "breaches": Breach.objects.of_product(product)[:MAX_BREACHES],
        }
        return Response(ProductSLOAnswer(answer).data)
