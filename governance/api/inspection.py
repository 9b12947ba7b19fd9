"""API of the observed schema of a port: read it, refresh it, update the contract from it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import IsAuthenticatedOrReadOnly
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from catalog.api.contracts import ContractDetail, answer
from catalog.api.rest.bodies import Body, StrictString
from catalog.api.rest.etags import EDITS, attach_current_state, parse_if_match
from catalog.authorization.access import access_for, require_permission, require_user
from catalog.permissions import Permission
from catalog.ports.models import OutputPort
from catalog.products.models import DataProduct
from governance.inspection.models import Inspection
from governance.inspection.services import adopt_schema, inspect_port, inspection_summary


class FailureAnswer(serializers.Serializer[Any]):
    """Why a source could not be read."""

    code = serializers.CharField()
    message = serializers.CharField()


class InspectionAnswer(serializers.Serializer[Any]):
    """The last inspection of a port: its tables, and their drift from the contract."""

    port = serializers.CharField()
    read_at = serializers.DateTimeField()
    failure = FailureAnswer(allow_null=True)
    tables = serializers.ListField(child=serializers.DictField())
    drifts = serializers.ListField(child=serializers.DictField())


class Adoption(Body):
    """The number of a new contract version; without it the contract itself is changed."""

    version = StrictString(required=False, allow_blank=True, max_length=60)


class PortInspection(GenericViewSet[OutputPort]):
    """The source of one port."""

    permission_classes = [IsAuthenticatedOrReadOnly]
    serializer_class = InspectionAnswer
    queryset = OutputPort.objects.none()

    @extend_schema(responses=InspectionAnswer)
    def retrieve(self, request: Request, pk: int) -> Response:
        """Return the last inspection of the port's source."""
        inspection = Inspection.objects.select_related("port").filter(port=self.port()).first()
        if inspection is None:
            raise Http404
        return Response(InspectionAnswer(inspection_summary(inspection)).data)

    @extend_schema(request=None, responses=InspectionAnswer)
    def create(self, request: Request, pk: int) -> Response:
        """Read the port's source now, in the sandbox."""
        inspection = inspect_port(port=self.port(), actor=require_user(request.user))
        current = Inspection.objects.select_related("port").get(pk=inspection.pk)
        return Response(InspectionAnswer(inspection_summary(current)).data)

    @extend_schema(
        request=Adoption,
        responses={200: ContractDetail, 201: ContractDetail},
        parameters=EDITS,
    )
    def adopt(self, request: Request, pk: int) -> Response:
        """Write the observed schema into the port's contract; what people wrote is kept."""
        port = self.port()
        require_permission(request.user, Permission.EDIT_PRODUCTS, port.product.domain)
        edition = parse_if_match(request)
        version = Adoption.read(request).validated_data.get("version", "")
        known = set(port.product.contracts.values_list("pk", flat=True))
        contract, _ = adopt_schema(
            port=port, edition=edition, actor=require_user(request.user), version=version
        )
        return answer(request, contract, status=200 if contract.pk in known else 201)

    def contract(self) -> Mapping[str, Any]:
        """Return the current contract of the port. Raises Http404."""
        link = getattr(self.port(), "port_contract", None)
        if link is None:
            raise Http404
        return ContractDetail(link.contract).data

    def handle_exception(self, exc: Exception) -> Response:
        """Add the current contract to an edit conflict."""
        return super().handle_exception(attach_current_state(exc, self.contract))

    def port(self) -> OutputPort:
        """Return the port of the URL. Raises Http404."""
        visible = DataProduct.objects.visible_to(access_for(self.request.user))
        ports = OutputPort.objects.select_related("product__domain")
        port = ports.filter(visible.has("product_id"), pk=self.kwargs["pk"]).first()
        if port is None:
            raise Http404
        return port
