"""API of measured representation: the plan of a port, its measurements, measure now."""

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import IsAuthenticated, IsAuthenticatedOrReadOnly
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.api.rest.etags import EDITS, READS
from catalog.api.rest.views import OfVisibleProducts
from catalog.authorization.access import AccessContext, require_user
from catalog.authorization.values import may_see_data
from catalog.permissions import Permission
from catalog.ports.models import OutputPort
from catalog.products.models import DataProduct
from catalog.types import JSONObject
from governance.representation.models import RepresentationPlan, RepresentationRun
from governance.representation.plan import Frequency
from governance.representation.services import (
    last_attempt,
    latest_run,
    measure_port,
    plan_of,
    remove_plan,
    runs_of,
    save_plan,
    visible_result,
)
from governance.tasks import hint_representation

PORTS = OutputPort.objects.select_related("product__domain", "port_contract__contract")
NOT_SHOWN = (
    "It is not shown: together with another measurement, it would tell counts of few records."
)


class ReferenceBody(serializers.Serializer[JSONObject]):
    """What groups are compared with: entered shares, or an attribute measured in another port."""

    name = serializers.CharField(required=False)
    date = serializers.DateField(required=False)
    shares = serializers.DictField(child=serializers.FloatField(), required=False)
    port = serializers.IntegerField(required=False, allow_null=True)
    attribute = serializers.CharField(required=False)


class HierarchyBody(serializers.Serializer[JSONObject]):
    """Groups of codes as CSV: on each line a value and its groups, the finest first."""

    csv = serializers.CharField(required=False, write_only=True)
    level = serializers.IntegerField(required=False, help_text="From 1, the finest.")
    name = serializers.CharField(required=False, help_text="Of the file.")


class ColumnBody(serializers.Serializer[JSONObject]):
    """A column, and how its values become groups."""

    name = serializers.CharField(required=False)
    column = serializers.CharField()
    bins = serializers.ListField(child=serializers.FloatField(), required=False)
    groups = serializers.DictField(child=serializers.CharField(), required=False)
    hierarchy = HierarchyBody(required=False, allow_null=True)
    missing = serializers.ListField(
        child=serializers.CharField(allow_blank=True), required=False, help_text="Codes, not data."
    )


class AttributeBody(ColumnBody):
    """A sensitive attribute, and what its groups are compared with."""

    reference = ReferenceBody(required=False, allow_null=True)


class LabelBody(ColumnBody):
    """The label, such as a decision, and its values that are good for a person."""

    favourable = serializers.ListField(child=serializers.CharField(), required=False)


class ThresholdsBody(serializers.Serializer[JSONObject]):
    """When a group is over- or under-represented, and which groups are small."""

    max_gap = serializers.FloatField(required=False)
    min_ratio = serializers.FloatField(required=False)
    level = serializers.FloatField(required=False, help_text="Of the intervals, such as 0.95.")
    small_group = serializers.IntegerField(required=False)


class PlanBody(serializers.Serializer[JSONObject]):
    """How the groups in the data of a port are measured; shares are from 0 to 1."""

    table = serializers.CharField(required=False)
    attributes = AttributeBody(many=True)
    label = LabelBody(  # type: ignore[assignment]  # a member by name
        required=False, allow_null=True
    )
    schedule = serializers.ChoiceField([item.value for item in Frequency], required=False)
    band = serializers.FloatField(
        required=False, help_text="A share that moves by more is an event: 0.05 is five points."
    )
    thresholds = ThresholdsBody(required=False)


class MoveAnswer(serializers.Serializer[JSONObject]):
    """A group whose share moved by more than the band since the measurement `since`."""

    attribute = serializers.CharField()
    group = serializers.CharField()
    share_before = serializers.FloatField()
    share_after = serializers.FloatField()
    since = serializers.IntegerField(help_text="Id of the measurement.")


class RunAnswer(serializers.Serializer[JSONObject]):
    """A measurement: its result, or why there is none that can be shown.

    Counts under 10, and what they could be computed from, are null with the text `<10` or
    `hidden`, unless the caller may see the data (`is_exact`).
    """

    id = serializers.IntegerField()
    at = serializers.DateTimeField()
    state = serializers.ChoiceField(RepresentationRun.State.values)
    code = serializers.CharField(allow_blank=True)
    reason = serializers.CharField(allow_blank=True)
    source = serializers.CharField(  # type: ignore[assignment]  # a member by name
        allow_blank=True, help_text="The contract and its table."
    )
    result = serializers.DictField(allow_null=True)
    moves = MoveAnswer(many=True)


class RepresentationAnswer(serializers.Serializer[JSONObject]):
    """What is measured of a port: the last good measurement, and the last one if it failed."""

    port = serializers.IntegerField()
    product = serializers.UUIDField()
    has_plan = serializers.BooleanField()
    current = RunAnswer(allow_null=True)
    failure = RunAnswer(allow_null=True)


def run_answer(run: RepresentationRun, access: AccessContext) -> JSONObject:
    """Return a measurement as a reader may see it."""
    view = visible_result(run, access)
    sees_data = may_see_data(access, run.port.product.domain_id)
    return {
        "id": run.pk,
        "at": run.at.isoformat(),
        "state": run.state,
        "code": run.code,
        "reason": NOT_SHOWN if run.is_ok and view is None else run.reason,
        "source": run.source,
        "result": view.as_json() if view else None,
        "moves": [
            {
                "attribute": move.attribute,
                "group": move.group,
                "share_before": move.share_before,
                "share_after": move.share_after,
                "since": move.since_id,
            }
            for move in run.moves.all()
            if sees_data or move.is_visible
        ],
    }


class PortRepresentation(OfVisibleProducts[OutputPort]):
    """The groups in the data of one port."""

    permission_classes = [IsAuthenticatedOrReadOnly]
    serializer_class: type[serializers.BaseSerializer[Any]] = RepresentationAnswer
    queryset = PORTS
    lookup_field = "pk"

    def state(self, port: OutputPort) -> Mapping[str, object]:
        current, last = latest_run(port), last_attempt(port)
        failure = last if last and not last.is_ok else None
        return {
            "port": port.pk,
            "product": str(port.product.uuid),
            "has_plan": plan_of(port) is not None,
            "current": run_answer(current, self.reader) if current else None,
            "failure": run_answer(failure, self.reader) if failure else None,
        }

    @extend_schema(responses=RepresentationAnswer, parameters=READS)
    def retrieve(self, request: Request, pk: int) -> Response:
        """Return the current measurement of a port; counts of few records are hidden."""
        return self.answer(self.get_object())

    @extend_schema(request=None, responses={200: RunAnswer})
    def create(self, request: Request, pk: int) -> Response:
        """Measure the port now; a measurement that fails is kept with its reason."""
        run = measure_port(port=self.get_object(), actor=require_user(request.user))
        return Response(run_answer(run, self.reader))


class RepresentationRuns(OfVisibleProducts[RepresentationRun]):
    """The measurements of one port, failed ones too."""

    permission_classes = [IsAuthenticatedOrReadOnly]
    serializer_class: type[serializers.BaseSerializer[Any]] = RunAnswer
    product_path = "port__product_id"
    queryset = RepresentationRun.objects.none()

    def get_queryset(self) -> QuerySet[RepresentationRun]:
        visible = DataProduct.objects.visible_to(self.reader)
        port = get_object_or_404(PORTS, visible.has("product_id"), pk=self.kwargs["port"])
        return runs_of(port)

    @extend_schema(responses=RunAnswer(many=True))
    def list(self, request: Request, port: int) -> Response:
        """List the measurements of a port, the newest first."""
        page = self.paginate_queryset(self.get_queryset()) or ()
        return self.get_paginated_response([run_answer(run, self.reader) for run in page])

    @extend_schema(responses=RunAnswer)
    def retrieve(self, request: Request, port: int, pk: int) -> Response:
        """Return one measurement of a port."""
        run = get_object_or_404(self.get_queryset(), pk=pk)
        return Response(run_answer(run, self.reader))


class PortRepresentationPlan(OfVisibleProducts[OutputPort]):
    """How the groups of one port are measured: a setting, which acts at once."""

    permission_classes = [IsAuthenticated]
    serializer_class: type[serializers.BaseSerializer[Any]] = PlanBody
    queryset = PORTS
    lookup_field = "pk"

    def state(self, port: OutputPort) -> Mapping[str, object]:
        """Return the plan of a port. Raises Http404 if it has none."""
        plan = plan_of(port)
        if plan is None:
            raise Http404
        return visible_plan(plan, self.reader)

    @extend_schema(responses=PlanBody, parameters=READS)
    def retrieve(self, request: Request, pk: int) -> Response:
        """Return the plan of a port, as it is written; its edition is the product's."""
        return self.answer(self.get_object())

    @extend_schema(request=PlanBody, responses={200: PlanBody}, parameters=EDITS)
    def update(self, request: Request, pk: int) -> Response:
        """Save the plan of a port; it is measured soon, and then on its schedule."""
        port, edition = self.to_edit(Permission.EDIT_PRODUCTS)
        actor = require_user(request.user)
        save_plan(port=port, body=request.data, edition=edition, actor=actor)
        hint_representation()
        return self.answer_changed(port)

    @extend_schema(responses={204: None}, parameters=EDITS)
    def destroy(self, request: Request, pk: int) -> Response:
        """Stop measuring a port; the measurements stay."""
        port, edition = self.to_edit(Permission.EDIT_PRODUCTS)
        remove_plan(port=port, edition=edition, actor=require_user(request.user))
        return Response(status=204)


def visible_plan(plan: RepresentationPlan, access: AccessContext) -> JSONObject:
    """Return a plan as people write it, without references to ports that the reader cannot see."""
    body = plan.plan.as_body()
    ports = [item["reference"]["port"] for item in body["attributes"] if item["reference"]]
    visible = DataProduct.objects.visible_to(access)
    rows = OutputPort.objects.filter(visible.has("product_id"), pk__in=filter(None, ports))
    known = set(rows.values_list("pk", flat=True))
    for item in body["attributes"]:
        if (reference := item["reference"]) and reference["port"] not in (None, *known):
            item["reference"] = {"name": "another product"}
    return body
