"""API of documents: products and contracts as they are stored, or in another version."""

from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from catalog.api.rest.bodies import Body
from catalog.api.rest.errors import InvalidParameters
from catalog.api.rest.problems import issue_json
from catalog.authorization.access import access_for
from catalog.contracts.access import readable_document, readable_tree
from catalog.contracts.models import DataContract
from catalog.manifests.conversion import ODCS, ODPS, convert, convert_strictly, standard_of
from catalog.manifests.formats.bitol_odps import export
from catalog.manifests.serializers import json_of, yaml_of
from catalog.manifests.service_levels import with_objectives
from catalog.permissions import Permission
from catalog.products.models import DataProduct
from catalog.types import JSONObject

TARGETS = sorted({*ODCS.targets, *ODPS.targets})
DOCUMENT = {
    (200, kind): {"type": "object", "additionalProperties": {}}
    for kind in ("application/yaml", "application/json")
}


class YamlAnswer(BaseRenderer):
    """A document as YAML; a problem as JSON."""

    media_type = "application/yaml"
    format = "yaml"

    def render(self, data: Any, accepted: Any = None, context: Any = None) -> str | bytes:
        if context and context["response"].exception:
            answer: bytes = JSONRenderer().render(data)
            return answer
        return yaml_of(data)


class JsonAnswer(YamlAnswer):
    """A document as JSON, in its own order."""

    media_type = "application/json"
    format = "json"

    def render(self, data: Any, accepted: Any = None, context: Any = None) -> str | bytes:
        if context and context["response"].exception:
            return super().render(data, accepted, context)
        return json_of(data)


class ManifestView(APIView):
    """A document as YAML, unless JSON is asked for."""

    permission_classes = [AllowAny]
    renderer_classes = [YamlAnswer, JsonAnswer]


class ConversionQuery(Body):
    """The version of the standard that is wanted; without one a document comes as it is stored."""

    apiVersion = serializers.ChoiceField(  # noqa: N815  the standard's own name
        TARGETS, required=False, help_text="Convert to this version of the standard."
    )
    extensions = serializers.ChoiceField(
        ["custom"],
        required=False,
        help_text="custom moves what the version does not know to customProperties.",
    )


class ContractQuery(ConversionQuery):
    """The version of a contract, and whether its service levels include the objectives."""

    serviceLevels = serializers.ChoiceField(  # noqa: N815  as the standard writes names
        ["objectives"],
        required=False,
        help_text="objectives adds the product's objectives to slaProperties.",
    )


class ProductManifest(ManifestView):
    """A product as a Bitol ODPS document."""

    @extend_schema(parameters=[ConversionQuery], responses=DOCUMENT)
    def get(self, request: Request, uuid: UUID) -> Response:
        """Return the current document, or a converted one that the standard's schema accepts.

        `Assay-Loss` counts what the version has no room for; the conversion lists it. 409 with all
        reasons if the result would not be valid.
        """
        return _document(request, _product_tree(request, uuid), "api:product_conversion", uuid)


class ContractManifest(ManifestView):
    """A contract version as an ODCS document."""

    @extend_schema(parameters=[ContractQuery], responses=DOCUMENT)
    def get(self, request: Request, uuid: UUID) -> Response:
        """Return the stored document, or a converted one that the standard's schema accepts.

        `Assay-Loss` counts what the version has no room for; the conversion lists it. 409 with all
        reasons if the result would not be valid.
        """
        return _document(request, _contract_tree(request, uuid), "api:contract_conversion", uuid)


class ConversionAnswer(serializers.Serializer[Any]):
    """A document in a version of its standard, and what that costs; all by stored locations."""

    api_version = serializers.CharField()
    valid = serializers.BooleanField(help_text="The standard's schema accepts the document.")
    losses = serializers.ListField(
        child=serializers.DictField(), help_text="What the version has no room for; it is left out."
    )
    moved = serializers.ListField(
        child=serializers.DictField(), help_text="What is in customProperties instead."
    )
    unknown = serializers.ListField(
        child=serializers.DictField(), help_text="Fields that the standard does not have."
    )
    issues = serializers.ListField(
        child=serializers.DictField(), help_text="What keeps the document from being valid."
    )
    document = serializers.DictField()


class ProductConversion(APIView):
    """A product in another version of Bitol ODPS, with a report of what is lost."""

    permission_classes = [AllowAny]

    @extend_schema(parameters=[ConversionQuery], responses=ConversionAnswer)
    def get(self, request: Request, uuid: UUID) -> Response:
        """Return the converted document and the report, whether or not it is valid."""
        return _conversion(request, _product_tree(request, uuid))


class ContractConversion(APIView):
    """A contract version in another version of ODCS, with a report of what is lost."""

    permission_classes = [AllowAny]

    @extend_schema(parameters=[ContractQuery], responses=ConversionAnswer)
    def get(self, request: Request, uuid: UUID) -> Response:
        """Return the converted document and the report, whether or not it is valid."""
        return _conversion(request, _contract_tree(request, uuid))


def _document(request: Request, tree: JSONObject, report: str, uuid: UUID) -> Response:
    """Return a document as it is stored, or converted as the query asks."""
    query = _conversion_query(request, tree)
    if not query.keys() - {"serviceLevels"}:
        return Response(tree)
    conversion = convert_strictly(
        tree, query.get("apiVersion", ""), moves_unknown="extensions" in query
    )
    address = f"{reverse(report, args=[uuid])}?{request.GET.urlencode()}"
    headers = {
        "Assay-Loss": str(len(conversion.losses)),
        "Link": f'<{address}>; rel="describedby"',
    }
    return Response(conversion.tree, headers=headers)


def _conversion(request: Request, tree: JSONObject) -> Response:
    query = _conversion_query(request, tree)
    version = query.get("apiVersion", standard_of(tree).targets[0])
    conversion = convert(tree, version, moves_unknown="extensions" in query)
    answer = {
        "api_version": version,
        "valid": not conversion.unknown and not conversion.issues,
        "document": conversion.tree,
    }
    lists = {"losses": conversion.losses, "moved": conversion.moved}
    lists |= {"unknown": conversion.unknown, "issues": conversion.issues}
    return Response(answer | {name: list(map(issue_json, rows)) for name, rows in lists.items()})


def _product_tree(request: Request, uuid: UUID) -> JSONObject:
    access = access_for(request.user)
    visible = DataProduct.objects.visible_to(access).select_related("domain")
    product = get_object_or_404(visible, uuid=uuid)
    tree = readable_document(
        product.tree, lambda: access.can(Permission.EDIT_PRODUCTS, product.domain_id)
    )
    return export(tree, status=product.status, domain=product.domain.slug)


def _contract_tree(request: Request, uuid: UUID) -> JSONObject:
    visible = DataProduct.objects.visible_to(access_for(request.user)).has("product_id")
    contracts = DataContract.objects.filter(visible).select_related("product")
    contract = get_object_or_404(contracts, uuid=uuid)
    tree = readable_tree(contract, request.user)
    adds_objectives = request.query_params.get("serviceLevels") == "objectives"
    return with_objectives(tree, contract.product.tree) if adds_objectives else tree


def _conversion_query(request: Request, tree: JSONObject) -> dict[str, str]:
    """Return the query of a conversion. Raises InvalidParameters, also for another's version."""
    standard = standard_of(tree)
    kind = ContractQuery if standard is ODCS else ConversionQuery
    query = kind(data=request.query_params.dict())
    if not query.is_valid():
        raise InvalidParameters(query.errors)
    version = query.validated_data.get("apiVersion", standard.targets[0])
    if version not in standard.targets:
        message = f"{standard.name} is written in {', '.join(standard.targets)}."
        raise InvalidParameters({"apiVersion": [message]})
    return dict(query.validated_data)
