"""API of products: find, register, edit, move, share and delete them."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Model, QuerySet
from django.shortcuts import get_object_or_404
from django.urls import reverse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.permissions import IsAuthenticated, IsAuthenticatedOrReadOnly
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from catalog.api.audit import HistoryEvent
from catalog.api.products.bodies import (
    MoveBody,
    NewProduct,
    ProductChange,
    ReadersBody,
    Reasoned,
    UseBody,
)
from catalog.api.products.documents import parse_body_document
from catalog.api.products.filters import ProductFilters
from catalog.api.products.serializers import (
    SUMMARY_COLUMNS,
    ProductDetail,
    ProductSummary,
    ReadersAnswer,
    UseAnswer,
    as_published,
    detail_of,
    readers_of,
    summary_of,
)
from catalog.api.rest.bodies import JSONBody, PatchBody
from catalog.api.rest.errors import Retired
from catalog.api.rest.etags import EDITS, READS
from catalog.api.rest.slugs import domain_by_slug, rows_by_slug
from catalog.api.rest.views import ResourceViewSet
from catalog.authorization.access import require_permission, require_user
from catalog.domains.models import Domain
from catalog.exceptions import ValidationFailed
from catalog.manifests.formats import bitol_odps
from catalog.people.models import Team
from catalog.permissions import Permission
from catalog.products.json_patch import apply_patch
from catalog.products.models import DataProduct, ProductUse, Status
from catalog.products.projection import with_columns
from catalog.products.services import (
    add_use,
    delete_product,
    edited_version,
    move_product,
    patch_document,
    register_product,
    remove_use,
    replace_document,
    share_product,
)
from catalog.publication.models import ProductVersion
from catalog.publication.versions import resolve_version
from catalog.types import JSONObject
from catalog.web.audit import history_of

OBJECT = {"type": "object", "additionalProperties": True}
DOCUMENT = {"application/json": OBJECT}


VERSION = OpenApiParameter(
    "version", str, description="A published version: `1.4.0`, `1` (the newest of it) or `latest`."
)


def published_version(product: DataProduct, selector: str) -> ProductVersion:
    """Return the published version that a selector means. Raises Http404."""
    versions = list(product.versions.values_list("version", flat=True))
    version = resolve_version(selector, versions)
    return get_object_or_404(product.versions, version=version)


class OfProduct(ResourceViewSet[DataProduct]):
    """Views of one product; 404 if the caller may not see it.

    A retired product has only its history, as on its page; all else is 410 and names its successor.
    """

    serves_retired = False

    serializer_class: type[BaseSerializer[Any]] = ProductDetail
    queryset = DataProduct.objects.select_related("domain", "successor__domain")
    lookup_field = "uuid"

    def get_queryset(self) -> QuerySet[DataProduct]:
        visible = DataProduct.objects.visible_to(self.reader)
        return visible.select_related("domain", "successor__domain")

    def get_object(self) -> DataProduct:
        """Return the product of the URL. Raises Http404, Retired."""
        product = super().get_object()
        if product.status == Status.RETIRED and not self.serves_retired:
            raise Retired(detail_of(product, lambda: self.reader))
        return product

    def get_serializer_context(self) -> JSONObject:
        """Add that people signed in see names."""
        return {**super().get_serializer_context(), "names": self.reader.is_signed_in}

    def edit_of(
        self, body: type[Reasoned], permission: Permission = Permission.EDIT_PRODUCTS
    ) -> JSONObject:
        """Return what a service takes: product, edition, actor, and the members of the body."""
        product, edition = self.to_edit(permission)
        actor = require_user(self.request.user)
        values = body.read(self.request).validated_data
        return {"product": product, "edition": edition, "actor": actor, **values}

    def to_edit(self, permission: Permission) -> tuple[DataProduct, int]:
        """Return what people edit of the product, and the edition in If-Match."""
        product, edition = super().to_edit(permission)
        return edited_version(product), edition

    def state(self, product: DataProduct) -> Mapping[str, object]:
        return detail_of(product, lambda: self.reader)

    def conflicting_row(self) -> DataProduct:
        return edited_version(self.get_object())

    def answer_changed(self, row: Model, *, status: int = 200, location: str = "") -> Response:
        """Return the state of the product or of its working copy, whichever was written."""
        rows = DataProduct.including_working_copies.select_related("domain", "successor__domain")
        return self.answer(rows.get(pk=row.pk), status=status, location=location)


class Products(OfProduct):
    """Find products; register, edit and delete those of your domains."""

    permission_classes = [IsAuthenticatedOrReadOnly]
    parser_classes = [JSONBody, PatchBody]
    filterset_class = ProductFilters

    @extend_schema(responses=ProductSummary(many=True), filters=True)
    def list(self, request: Request) -> Response:
        """List the products that the caller can see."""
        visible = DataProduct.objects.visible_to(self.reader).order_by("name", "pk")
        products = visible.select_related("domain").only(*SUMMARY_COLUMNS)
        rows = self.paginate_queryset(self.filter_queryset(products)) or ()
        return self.get_paginated_response([summary_of(product) for product in rows])

    @extend_schema(request=NewProduct, responses={201: ProductDetail})
    def create(self, request: Request) -> Response:
        """Register a product as a draft, from its document or its simple fields."""
        body = NewProduct.read(request)
        domain = domain_by_slug(body.validated_data["domain"])
        try:
            document = parse_body_document(bitol_odps.parse, body.document())
        except ValidationFailed:
            # Without the permission, that is the error, not what is wrong with the document.
            require_permission(self.reader, Permission.EDIT_PRODUCTS, domain)
            raise
        product = register_product(
            domain=domain,
            tree=document,
            actor=require_user(request.user),
            reason=body.validated_data.get("reason", ""),
        )
        location = reverse("api:product", kwargs={"uuid": product.uuid})
        return self.answer_changed(product, status=201, location=location)

    @extend_schema(parameters=[*READS, VERSION])
    def retrieve(self, request: Request, uuid: str) -> Response:
        """Return a product with its document, or with that of a published version."""
        product = self.get_object()
        if selector := request.query_params.get("version"):
            product = as_published(product, published_version(product, selector))
        return self.answer(product)

    @extend_schema(request=DOCUMENT, parameters=EDITS)
    def update(self, request: Request, uuid: str) -> Response:
        """Replace the document (Bitol ODPS); of a published product, that of its working copy."""
        product, edition = self.to_edit(Permission.EDIT_PRODUCTS)
        document = parse_body_document(bitol_odps.parse, request.data, before=product.tree)
        actor = require_user(request.user)
        return self.answer_changed(
            replace_document(product=product, tree=document, edition=edition, actor=actor)
        )

    @extend_schema(
        request={
            "application/json": ProductChange,
            "application/json-patch+json": {"type": "array", "items": OBJECT},
        },
        parameters=EDITS,
    )
    def partial_update(self, request: Request, uuid: str) -> Response:
        """Change simple fields, or patch the document (RFC 6902, relative to `tree`).

        Of a published product the working copy changes: readers see it once it is published.
        """
        product, edition = self.to_edit(Permission.EDIT_PRODUCTS)
        actor = require_user(request.user)
        if PatchBody.is_of(request):
            patch = PatchBody.steps_of(request)
            tree = apply_patch(product.tree, patch)
            result = parse_body_document(bitol_odps.parse, tree, before=product.tree)
            return self.answer_changed(
                patch_document(
                    product=product, patch=patch, result=result, edition=edition, actor=actor
                )
            )
        body = ProductChange.read(request)
        return self.answer_changed(
            replace_document(
                product=product,
                tree=with_columns(product.tree, body.columns()),
                edition=edition,
                actor=actor,
                reason=body.validated_data.get("reason", ""),
            )
        )

    @extend_schema(responses={204: None}, parameters=EDITS)
    def destroy(self, request: Request, uuid: str) -> Response:
        """Delete a draft or an external entry; a product that was published is retired instead."""
        product, edition = self.to_edit(Permission.DELETE_PRODUCTS)
        delete_product(product=product, edition=edition, actor=require_user(request.user))
        return Response(status=204)

    @extend_schema(request=MoveBody, responses=ProductDetail, parameters=EDITS)
    def move(self, request: Request, uuid: str) -> Response:
        """Move the product to another domain; its old URL redirects to it."""
        edit = self.edit_of(MoveBody, Permission.PUBLISH_PRODUCTS)
        edit["domain"] = domain_by_slug(edit["domain"])
        return self.answer_changed(move_product(**edit))


class ProductUses(OfProduct):
    """Uses of a product: dashboards, models, papers."""

    permission_classes = [IsAuthenticatedOrReadOnly]
    serializer_class = UseAnswer

    def list(self, request: Request, uuid: str) -> Response:
        """List the uses of the product, declared by its owners or added by readers."""
        return self.answer_page(self.get_object().uses.order_by("pk"))

    @extend_schema(request=UseBody, responses={201: UseAnswer})
    def create(self, request: Request, uuid: str) -> Response:
        """Add a use of the product; every signed-in reader can, and the edition stays."""
        body = UseBody.read(request).validated_data
        use = add_use(product=self.get_object(), actor=require_user(request.user), **body)
        current = ProductUse.objects.get(pk=use.pk)
        return Response(self.get_serializer(current).data, status=201)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, uuid: str, pk: int) -> Response:
        """Remove a use that a reader added; those of the document are removed there."""
        product = self.get_object()
        require_permission(self.reader, Permission.EDIT_PRODUCTS, product.domain)
        remove_use(use=get_object_or_404(product.uses, pk=pk), actor=require_user(request.user))
        return Response(status=204)


class ProductReaders(OfProduct):
    """The other readers of a restricted product."""

    permission_classes = [IsAuthenticated]
    serializer_class = ReadersAnswer

    def state(self, product: DataProduct) -> Mapping[str, object]:
        """Return the readers. Raises PermissionDenied."""
        require_permission(self.request.user, Permission.VIEW_DRAFTS, product.domain)
        return readers_of(product)

    @extend_schema(responses=ReadersAnswer, parameters=READS)
    def retrieve(self, request: Request, uuid: str) -> Response:
        """Return the other domains and teams that may read the product."""
        return self.answer(self.get_object())

    @extend_schema(request=ReadersBody, responses=ReadersAnswer, parameters=EDITS)
    def update(self, request: Request, uuid: str) -> Response:
        """Replace the other domains and teams that may read the product."""
        edit = self.edit_of(ReadersBody, Permission.PUBLISH_PRODUCTS)
        for member, model in (("domains", Domain), ("teams", Team)):
            slugs = {f"/{member}/{index}": slug for index, slug in enumerate(edit[member])}
            edit[member] = rows_by_slug(model, slugs)
        return self.answer_changed(share_product(**edit))


class ProductHistory(OfProduct):
    """The history of a product."""

    serves_retired = True
    sees_values = False
    permission_classes = [IsAuthenticatedOrReadOnly]
    serializer_class = HistoryEvent

    def list(self, request: Request, uuid: str) -> Response:
        """List the events, newest first; only readers of the audit trail see the changed values."""
        product = self.get_object()
        self.sees_values = self.reader.can(Permission.READ_AUDIT, product.domain_id)
        return self.answer_page(history_of(product, self.reader))

    def get_serializer_context(self) -> JSONObject:
        return {**super().get_serializer_context(), "values": self.sees_values}
