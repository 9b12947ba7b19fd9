"""API of the observed schema of a port: read it, refresh it, update the contract from it."""

from collections.abc import Mapping
from typing import Any

from django.http import Http404
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import IsAuthenticatedOrReadOnly
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.api.contracts import ContractDetail, answer_contract
from catalog.api.rest.bodies import Body, StrictString
from catalog.api.rest.etags import EDITS
from catalog.api.rest.views import OfVisibleProducts
from catalog.authorization.access import require_user
from catalog.contracts.models import contract_of, contracts_of
from catalog.permissions import Permission
from catalog.ports.models import OutputPort
from catalog.products.services import edited_version
from catalog.types import JSONObject
from governance.inspection.models import Inspection
from governance.inspection.services import adopt_schema, inspect_port, inspection_summary

INSPECTIONS = Inspection.objects.select_related("port__product", "port__port_contract__contract")


class FailureAnswer(serializers.Serializer[JSONObject]):
    """Why a source could not be read."""

    code = serializers.CharField()
    message = serializers.CharField()


class InspectionAnswer(serializers.Serializer[JSONObject]):
    """The last inspection of a port: its tables, and their drift from the contract.

    Without `is_compared` the contract declares no columns to compare with. A column's `n_distinct`
    is an estimate unless `is_exact`; a table's `rows` is a minimum if `is_sample`, and
    `rows_about` is an estimate of the source. `note` and each `reason` say what was not read.
    """

    port = serializers.CharField()
    read_at = serializers.DateTimeField()
    failure = FailureAnswer(allow_null=True)
    note = serializers.CharField(allow_blank=True)
    tables = serializers.ListField(child=serializers.DictField())
    drifts = serializers.ListField(child=serializers.DictField())
    is_compared = serializers.BooleanField()


class Adoption(Body):
    """The number of a new contract version; without it the contract itself is changed."""

    version = StrictString(required=False, allow_blank=True, max_length=60)


class PortInspection(OfVisibleProducts[OutputPort]):
    """The source of one port."""

    permission_classes = [IsAuthenticatedOrReadOnly]
    serializer_class: type[serializers.BaseSerializer[Any]] = InspectionAnswer
    queryset = OutputPort.objects.select_related("product__domain")
    lookup_field = "pk"

    def state(self, port: OutputPort) -> Mapping[str, object]:
        """Return what an edit conflict shows: the port's current contract. Raises Http404."""
        contract = contract_of(port)
        if contract is None:
            raise Http404
        return ContractDetail(contract).data

    @extend_schema(responses=InspectionAnswer)
    def retrieve(self, request: Request, pk: int) -> Response:
        """Return the last inspection of the port's source."""
        return _answer(get_object_or_404(INSPECTIONS, port=self.get_object()))

    @extend_schema(request=None, responses={200: InspectionAnswer})
    def create(self, request: Request, pk: int) -> Response:
        """Read the port's source now, in the sandbox."""
        inspection = inspect_port(port=self.get_object(), actor=require_user(request.user))
        return _answer(INSPECTIONS.get(pk=inspection.pk))

    @extend_schema(
        request=Adoption,
        responses={200: ContractDetail, 201: ContractDetail},
        parameters=EDITS,
    )
    def adopt(self, request: Request, pk: int) -> Response:
        """Write the observed schema into the port's contract; what people wrote is kept."""
        port, edition = self.to_edit(Permission.EDIT_PRODUCTS)
        version = Adoption.read(request).validated_data.get("version", "")
        contracts = contracts_of(edited_version(port.product))
        known = set(contracts.values_list("pk", flat=True))
        actor = require_user(request.user)
        contract, _ = adopt_schema(port=port, edition=edition, actor=actor, version=version)
        return answer_contract(request, contract, is_new=contract.pk not in known)


def _answer(inspection: Inspection) -> Response:
    return Response(InspectionAnswer(inspection_summary(inspection)).data)
