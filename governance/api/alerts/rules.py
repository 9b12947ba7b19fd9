"""API of the rules that open alerts."""

from dataclasses import asdict
from uuid import UUID

from django.db.models import Q, QuerySet
from django.urls import reverse
from django_filters import CharFilter, FilterSet, UUIDFilter
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.mixins import ListModelMixin
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from catalog.api.rest.bodies import Body, DocumentField, StrictString
from catalog.api.rest.etags import EDITS, READS
from catalog.api.rest.slugs import domain_by_slug
from catalog.api.rest.views import ModelAnswer
from catalog.authorization.access import require_user
from catalog.exceptions import ValidationFailed
from catalog.products.models import DataProduct
from catalog.types import JSONObject
from governance.alerts.kinds import kinds
from governance.alerts.models import (
    AlertRule,
)
from governance.alerts.services import (
    RuleFields,
    change_rule,
    create_rule,
    delete_rule,
    rule_issues,
)
from governance.api.alerts.rows import OwnedRows, located_in_body


class KindAnswer(serializers.Serializer[JSONObject]):
    """A kind of alert: the standard rules, and the JSON Schema of the parameters of others."""

    key = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # a member by name
    description = serializers.CharField()
    standard_rules = serializers.ListField(child=serializers.DictField())
    schema = serializers.DictField()
    is_for_followers = serializers.BooleanField()
    is_of_installation = serializers.BooleanField()


class RuleAnswer(ModelAnswer[AlertRule]):
    """A rule of a product, a domain, or (both null) the mesh."""

    id = serializers.UUIDField(source="uuid")
    product = serializers.UUIDField(source="product.uuid", allow_null=True, default=None)
    domain = serializers.CharField(source="domain.slug", allow_null=True, default=None)
    warnings = serializers.SerializerMethodField()

    class Meta:
        model = AlertRule
        fields = (
            "id",
            "kind",
            "product",
            "domain",
            "severity",
            "parameters",
            "is_enabled",
            "warnings",
            "created_at",
            "edition",
        )

    def get_warnings(self, rule: AlertRule) -> list[str]:
        """Return for which objectives the rule is of no use, with the arithmetic."""
        fields = RuleFields(severity=rule.severity, parameters=rule.parameters)
        return [issue.message for issue in rule_issues(rule.kind, fields, rule.scope)]


class RuleBody(Body):
    """What a rule says; `parameters` as the schema of its kind."""

    severity = StrictString(max_length=10)
    parameters = DocumentField(required=False, default=dict)
    is_enabled = serializers.BooleanField(required=False, default=True)

    def rule_fields(self) -> RuleFields:
        names = ("severity", "parameters", "is_enabled")
        return RuleFields(**{name: self.validated_data[name] for name in names})


class NewRule(RuleBody):
    """A rule to save: of a product by UUID, of a domain by slug, or of the mesh."""

    kind = StrictString(max_length=40)
    product = serializers.UUIDField(required=False, allow_null=True, default=None)
    domain = StrictString(required=False, allow_null=True, default=None, max_length=120)


class RuleFilters(FilterSet):
    """By kind, product and domain."""

    kind = CharFilter()
    product = UUIDFilter(field_name="product__uuid")
    domain = CharFilter(field_name="domain__slug")


class AlertKinds(APIView):
    """The kinds of alerts; there are few, so the list has no pages."""

    permission_classes = [IsAuthenticated]

    @extend_schema(responses=KindAnswer(many=True))
    def get(self, request: Request) -> Response:
        """List the kinds of alerts, their standard rules and the schema of their parameters."""
        return Response([KindAnswer(_kind_as_json(key)).data for key in kinds()])


class AlertRules(ListModelMixin, OwnedRows[AlertRule]):
    """The rules that were saved; where there is none of a kind, its standard rules apply."""

    serializer_class = RuleAnswer
    filterset_class = RuleFilters
    queryset = AlertRule.objects.select_related("product__domain", "domain").order_by("pk")

    def get_queryset(self) -> QuerySet[AlertRule]:
        visible = DataProduct.objects.visible_to(self.reader)
        return self.queryset.filter(Q(product__isnull=True) | visible.has("product_id"))

    @extend_schema(request=NewRule, responses={201: RuleAnswer})
    def create(self, request: Request) -> Response:
        """Save a rule; one that is of no use is refused with the arithmetic."""
        body = NewRule.read(request)
        values = body.validated_data
        visible = DataProduct.objects.visible_to(self.reader).select_related("domain")
        product = visible.filter(uuid=values["product"]).first() if values["product"] else None
        if values["product"] and product is None:
            raise ValidationFailed.of("/product", "There is no product with this id.")
        domain = domain_by_slug(values["domain"]) if values["domain"] else None
        if product and domain:
            raise ValidationFailed.of("/domain", "A rule is of a product or of a domain, not both.")
        with located_in_body():
            rule = create_rule(
                kind=values["kind"],
                product=product,
                domain=domain,
                fields=body.rule_fields(),
                actor=require_user(request.user),
            )
        location = reverse("api:alert_rule", kwargs={"uuid": rule.uuid})
        return self.answer_changed(rule, status=201, location=location)

    @extend_schema(parameters=READS)
    def retrieve(self, request: Request, uuid: UUID) -> Response:
        """Return a rule, with warnings about objectives for which it is of no use."""
        return self.answer(self.get_object())

    @extend_schema(request=RuleBody, parameters=EDITS)
    def update(self, request: Request, uuid: UUID) -> Response:
        """Replace what a rule says."""
        rule, edition = self.row_to_edit()
        fields = RuleBody.read(request).rule_fields()
        with located_in_body():
            change_rule(rule=rule, fields=fields, edition=edition, actor=require_user(request.user))
        return self.answer_changed(rule)

    @extend_schema(parameters=EDITS, responses={204: None})
    def destroy(self, request: Request, uuid: UUID) -> Response:
        """Delete a rule; those of wider places, or the standard ones, apply again."""
        rule, edition = self.row_to_edit()
        delete_rule(rule=rule, edition=edition, actor=require_user(request.user))
        return Response(status=204)


def _kind_as_json(key: str) -> JSONObject:
    kind = kinds()[key]
    members = ("key", "label", "description", "schema", "is_for_followers", "is_of_installation")
    standard = [asdict(rule) for rule in kind.standard_rules]
    return {name: getattr(kind, name) for name in members} | {"standard_rules": standard}
