"""API of Croissant: an output port as a dataset for machine learning, and what that loses."""

from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.cache import get_conditional_response
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.api.port_data import PORT, VERSION, find_port, newest_version
from catalog.api.products.views import OfProduct, published_version
from catalog.api.rest.etags import READS
from catalog.manifests.croissant_facts import port_facts, version_facts
from catalog.manifests.formats.croissant.exporting import CroissantExport, export
from catalog.manifests.formats.croissant.vocabulary import CONFORMS_TO
from catalog.manifests.serializers import json_of
from catalog.ports.projection import parse_ports
from catalog.products.projection import digest_of
from catalog.types import JSONObject

MEDIA_TYPE = f'application/ld+json; profile="{CONFORMS_TO}"'
PRODUCT_VERSION = OpenApiParameter(
    "product_version",
    str,
    description="A published version of the product: `1.4.0`, `1` (the newest of it) or `latest`.",
)
DOCUMENT = {(200, "application/ld+json"): {"type": "object", "additionalProperties": {}}}


class CroissantReport(serializers.Serializer[JSONObject]):
    """A dataset, and what it does not say: by JSON Pointers in the product or, after `contract#`,
    its contract.
    """

    document = serializers.DictField()
    losses = serializers.ListField(child=serializers.DictField())


class CroissantDataset(OfProduct):
    """An output port as a Croissant 1.1 dataset."""

    permission_classes = [AllowAny]
    serializer_class = CroissantReport

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:  # noqa: FBT001
        """Take any Accept header: there is one format, and problems are JSON."""
        return super().perform_content_negotiation(request, force=True)

    @extend_schema(parameters=[PORT, VERSION, PRODUCT_VERSION, *READS], responses=DOCUMENT)
    def retrieve(self, request: Request, uuid: UUID, port: str) -> HttpResponse:
        """Return the dataset with its RAI properties; `Assay-Loss` counts what it does not say.

        The data of a public product that Assay serves is its file, with the columns to read.
        """
        exported = self.export(request, port)
        etag = f'"{digest_of(exported.document)}"'
        response = get_conditional_response(request._request, etag=etag)
        if response is None:
            content = json_of(exported.document)
            response = HttpResponse(content, content_type=MEDIA_TYPE)
        report = reverse("api:port_croissant_report", kwargs={"uuid": uuid, "port": port})
        query = f"?{request.GET.urlencode()}" if request.GET else ""
        response["ETag"] = etag
        response["Assay-Loss"] = str(len(exported.losses))
        response["Link"] = f'<{report}{query}>; rel="describedby"'
        return response

    @extend_schema(parameters=[PORT, VERSION, PRODUCT_VERSION])
    def report(self, request: Request, uuid: UUID, port: str) -> Response:
        """Return the dataset with the list of what it does not say."""
        exported = self.export(request, port)
        losses = [{"location": loss.location, "message": loss.message} for loss in exported.losses]
        return Response({"document": exported.document, "losses": losses})

    def export(self, request: Request, name: str) -> CroissantExport:
        """Return the dataset of a port, or of one in a published version. Raises Http404."""
        product = self.get_object()
        query = request.query_params
        if not (selector := query.get("product_version", "")):
            return export(
                port_facts(find_port(product, name, query.get("version", "")), self.reader)
            )
        version = published_version(product, selector)
        number = query.get("version") or newest_version(product, name)
        keys = [
            (port.name, port.version)
            for port in parse_ports(version.tree).outputs
            if port.name == name
        ]
        key = next((key for key in keys if key[1] == number), next(iter(keys), None))
        facts = version_facts(version, key, self.reader) if key else None
        if facts is None:
            raise Http404
        return export(facts)
