"""API of OpenSLO: a product's objectives and service levels, and what that loses."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from django.utils.cache import get_conditional_response
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.api.products.views import OfProduct
from catalog.api.rest.etags import READS
from catalog.manifests.formats.openslo.exporting import export
from catalog.manifests.openslo_facts import service_facts
from catalog.manifests.serializers import yaml_stream
from catalog.products.projection import digest_of
from catalog.types import JSONObject

MEDIA_TYPE = "application/yaml"
# A stream of documents, of which JSON Schema knows nothing.
DOCUMENT: dict[tuple[int, str], JSONObject] = {(200, MEDIA_TYPE): {}}


class OpenSloReport(serializers.Serializer[JSONObject]):
    """The documents, and what they do not say or had to assume.

    Locations are JSON Pointers in the product or, after `contract#`, in its contract.
    """

    documents = serializers.ListField(child=serializers.DictField())
    losses = serializers.ListField(child=serializers.DictField())


class ProductOpenSlo(OfProduct):
    """The objectives and service levels of a product as OpenSLO v1."""

    permission_classes = [AllowAny]
    serializer_class = OpenSloReport

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:  # noqa: FBT001
        """Take any Accept header: there is one format, and problems are JSON."""
        return super().perform_content_negotiation(request, force=True)

    @extend_schema(parameters=READS, responses=DOCUMENT)
    def retrieve(self, request: Request, uuid: UUID) -> HttpResponse:
        """Return one service and its SLOs as a stream of YAML; `Assay-Loss` counts the losses."""
        product = self.get_object()
        exported = export(service_facts(product))
        etag = f'"{digest_of(exported.documents)}"'
        response = get_conditional_response(request._request, etag=etag)
        if response is None:
            content = yaml_stream(exported.documents)
            response = HttpResponse(content, content_type=f"{MEDIA_TYPE}; charset=utf-8")
            response["Content-Disposition"] = f'inline; filename="{product.slug}.openslo.yaml"'
        report = reverse("api:product_openslo_report", kwargs={"uuid": uuid})
        response["ETag"] = etag
        response["Assay-Loss"] = str(len(exported.losses))
        response["Link"] = f'<{report}>; rel="describedby"'
        return response

    @extend_schema(responses=OpenSloReport)
    def report(self, request: Request, uuid: UUID) -> Response:
        """Return the documents as JSON, with what they lose or assume."""
        exported = export(service_facts(self.get_object()))
        losses = [{"location": loss.location, "message": loss.message} for loss in exported.losses]
        return Response({"documents": exported.documents, "losses": losses})
