"""API of imported documents: their bytes as they came, for those who may edit what came of them."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from catalog.api.rest.views import ModelAnswer
from catalog.authorization.access import access_for
from catalog.manifests.models import DocumentOrigin, StoredDocument
from catalog.permissions import Permission
from catalog.products.models import DataProduct

MAX_LISTED = 200


class OriginAnswer(ModelAnswer[DocumentOrigin]):
    """A document that a product was imported from."""

    sha256 = serializers.CharField(source="document.sha256")
    media_type = serializers.CharField(source="document.media_type")

    class Meta:
        model = DocumentOrigin
        fields = ("sha256", "name", "media_type", "imported_at")


class Original(APIView):
    """The bytes of an imported document."""

    permission_classes = [IsAuthenticated]

    @extend_schema(responses={(200, "application/yaml"): OpenApiTypes.BINARY})
    def get(self, request: Request, sha256: str) -> HttpResponse:
        """Return the document unchanged; for those who may edit all products that came of it."""
        editable = access_for(request.user).domains_with(Permission.EDIT_PRODUCTS)
        document = get_object_or_404(StoredDocument.objects.defer("content"), sha256=sha256)
        domains = set(document.origins.values_list("product__domain", flat=True))
        is_editor = access_for(request.user).can(Permission.EDIT_PRODUCTS, None)
        if not is_editor and not (domains and domains <= editable):
            document = get_object_or_404(StoredDocument.objects.none())
        response = HttpResponse(bytes(document.content), content_type=document.media_type)
        response["ETag"] = f'"{document.sha256}"'
        ending = document.media_type.rpartition("/")[2]
        filename = f"{document.sha256[:12]}.{ending}"
        response["Content-Disposition"] = f'attachment; filename="{filename}"'
        return response


class ProductOriginals(APIView):
    """The documents that a product was imported from."""

    permission_classes = [IsAuthenticated]

    @extend_schema(responses=OriginAnswer(many=True))
    def get(self, request: Request, uuid: UUID) -> Response:
        """List them, the newest first; empty for who may not edit the product."""
        access = access_for(request.user)
        product = get_object_or_404(DataProduct.objects.visible_to(access), uuid=uuid)
        rows = DocumentOrigin.objects.filter(product=product).select_related("document")
        if not access.can(Permission.EDIT_PRODUCTS, product.domain_id):
            rows = rows.none()
        rows = rows.defer("document__content")[:MAX_LISTED]
        return Response(OriginAnswer(rows, many=True).data)
