"""API of products: find, register, edit, move, share and delete them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import IsAuthenticated, IsAuthenticatedOrReadOnly
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.viewsets import GenericViewSet

from catalog.api.audit import HistoryEvent
from catalog.api.products.bodies import (
    MoveBody,
    NewProduct,
    ProductChange,
    ReadersBody,
    UseBody,
)
from catalog.api.products.documents import check_product, unknown_slug
from catalog.api.products.filters import ProductFilters, domain_named
from catalog.api.products.serializers import (
    SUMMARY_COLUMNS,
    ProductDetail,
    ProductSummary,
    ReadersAnswer,
    UseAnswer,
    detail_of,
    readers_of,
    summaries_of,
)
from catalog.api.rest.bodies import JSONBody, PatchBody
from catalog.api.rest.errors import Retired
from catalog.api.rest.etags import EDITS, READS, attach_current_state, parse_if_match, with_etag
from catalog.audit.models import AuditEvent
from catalog.authorization.access import AccessContext, access_for, require_permission, require_user
from catalog.domains.models import Domain
from catalog.exceptions import ValidationFailed
from catalog.people.models import Team
from catalog.permissions import Permission
from catalog.products.json_patch import apply_patch
from catalog.products.models import DataProduct, ProductUse, Status
from catalog.products.projection import with_columns
from catalog.products.services import (
    add_use,
    delete_product,
    move_product,
    patch_document,
    register_product,
    replace_document,
    share_product,
)
from catalog.web.audit import history_of

OBJECT = {"type": "object", "additionalProperties": True}
DOCUMENT = {"application/json": OBJECT}


class OfProduct(GenericViewSet[Any]):
    """Views of one product; 404 if the caller may not see it.

    A retired product has only its history, as on its page; all else is 410 and names its successor.
    """

    serves_retired = False

    serializer_class: type[BaseSerializer[Any]] = ProductDetail
    queryset = DataProduct.objects.none()
    lookup_field = "uuid"

    @cached_property
    def reader(self) -> AccessContext:
        """Return the caller's access, loaded once per request."""
        return access_for(self.request.user)

    def product(self) -> DataProduct:
        """Return the product of the URL. Raises Http404, Retired."""
        visible = DataProduct.objects.visible_to(self.reader).filter(uuid=self.kwargs["uuid"])
        product = visible.select_related("domain", "successor__domain").first()
        if product is None:
            raise Http404
        if product.status == Status.RETIRED and not self.serves_retired:
            raise Retired(detail_of(product, lambda: self.reader))
        return product

    def to_edit(self, permission: Permission = Permission.EDIT_PRODUCTS) -> tuple[DataProduct, int]:
        """Return the product and the edition in If-Match, before the body is read.

        Raises Http404, PermissionDenied, PreconditionRequired.
        """
        product = self.product()
        require_permission(self.request.user, permission, product.domain)
        return product, parse_if_match(self.request)

    def state(self, product: DataProduct) -> Mapping[str, object]:
        """Return the representation of the product at this URL."""
        return detail_of(product, lambda: self.reader)

    def answer(self, product: DataProduct, *, status: int = 200, location: str = "") -> Response:
        """Return the current state of the product, with its ETag."""
        current = DataProduct.objects.select_related("domain").get(pk=product.pk)
        state = self.state(current)
        return with_etag(self.request, state, current.edition, status=status, location=location)

    def handle_exception(self, exc: Exception) -> Response:
        """Add the current state to an edit conflict."""
        return super().handle_exception(
            attach_current_state(exc, lambda: self.state(self.product()))
        )


class Products(OfProduct):
    """Find products; register, edit and delete those of your domains."""

    permission_classes = [IsAuthenticatedOrReadOnly]
    parser_classes = [JSONBody, PatchBody]
    filterset_class = ProductFilters

    def get_queryset(self) -> QuerySet[DataProduct]:
        return DataProduct.objects.visible_to(self.reader).order_by("name", "pk")

    @extend_schema(responses=ProductSummary(many=True), filters=True)
    def list(self, request: Request) -> Response:
        """List the products that the caller can see."""
        products = self.filter_queryset(self.get_queryset())
        rows = self.paginate_queryset(products.values(*SUMMARY_COLUMNS))
        return self.get_paginated_response(summaries_of(rows or ()))

    @extend_schema(request=NewProduct, responses={201: ProductDetail})
    def create(self, request: Request) -> Response:
        """Register a product as a draft, from its document or its simple fields."""
        body = NewProduct.read(request)
        domain = domain_named(body.validated_data["domain"])
        try:
            tree = body.whole_tree()
            check_product(tree)
        except ValidationFailed:
            # Without the permission, that is the error, not what is wrong with the document.
            require_permission(self.reader, Permission.EDIT_PRODUCTS, domain)
            raise
        reason = body.validated_data.get("reason", "")
        product = register_product(
            domain=domain, tree=tree, actor=require_user(request.user), reason=reason
        )
        location = reverse("api:product", kwargs={"uuid": product.uuid})
        return self.answer(product, status=201, location=location)

    @extend_schema(parameters=READS)
    def retrieve(self, request: Request, uuid: str) -> Response:
        """Return a product with its document."""
        return self.answer(self.product())

    @extend_schema(request=DOCUMENT, parameters=EDITS)
    def update(self, request: Request, uuid: str) -> Response:
        """Replace the product's document (Bitol ODPS)."""
        product, edition = self.to_edit()
        tree: Any = request.data
        check_product(tree, before=product.tree)
        return self.answer(
            replace_document(
                product=product, tree=tree, edition=edition, actor=require_user(request.user)
            )
        )

    @extend_schema(
        request={
            "application/json": ProductChange,
            "application/json-patch+json": {"type": "array", "items": OBJECT},
        },
        parameters=EDITS,
    )
    def partial_update(self, request: Request, uuid: str) -> Response:
        """Change simple fields, or patch the document (RFC 6902, relative to `tree`)."""
        product, edition = self.to_edit()
        if PatchBody.is_of(request):
            steps = PatchBody.steps_of(request)
            check_product(apply_patch(product.tree, steps), before=product.tree)
            return self.answer(
                patch_document(
                    product=product, patch=steps, edition=edition, actor=require_user(request.user)
                )
            )
        body = ProductChange.read(request)
        tree = with_columns(product.tree, body.columns())
        reason = body.validated_data.get("reason", "")
        return self.answer(
            replace_document(
                product=product,
                tree=tree,
                edition=edition,
                actor=require_user(request.user),
                reason=reason,
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
        product, edition = self.to_edit(Permission.PUBLISH_PRODUCTS)
        body = MoveBody.read(request).validated_data
        moved = move_product(
            product=product,
            domain=domain_named(body["domain"]),
            edition=edition,
            actor=require_user(request.user),
            reason=body.get("reason", ""),
        )
        return self.answer(moved)


class ProductUses(OfProduct):
    """Uses of a product: dashboards, models, papers."""

    permission_classes = [IsAuthenticatedOrReadOnly]
    serializer_class = UseAnswer

    @extend_schema(responses=UseAnswer(many=True))
    def list(self, request: Request, uuid: str) -> Response:
        """List the uses of the product, declared by its owners or added by readers."""
        uses = self.product().uses.order_by("pk")
        rows = self.paginate_queryset(self.filter_queryset(uses))
        context = {"names": self.reader.is_signed_in}
        return self.get_paginated_response(UseAnswer(rows, many=True, context=context).data)

    @extend_schema(request=UseBody, responses={201: UseAnswer})
    def create(self, request: Request, uuid: str) -> Response:
        """Add a use of the product; every signed-in reader can, and the edition stays."""
        body = UseBody.read(request).validated_data
        use = add_use(product=self.product(), actor=require_user(request.user), **body)
        stands = ProductUse.objects.get(pk=use.pk)
        return Response(UseAnswer(stands, context={"names": True}).data, status=201)


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
        return self.answer(self.product())

    @extend_schema(request=ReadersBody, responses=ReadersAnswer, parameters=EDITS)
    def update(self, request: Request, uuid: str) -> Response:
        """Replace the other domains and teams that may read the product."""
        product, edition = self.to_edit(Permission.PUBLISH_PRODUCTS)
        body = ReadersBody.read(request).validated_data
        shared = share_product(
            product=product,
            domains=_all_named(Domain, body["domains"], "/domains", "domain"),
            teams=_all_named(Team, body["teams"], "/teams", "team"),
            edition=edition,
            actor=require_user(request.user),
            reason=body.get("reason", ""),
        )
        return self.answer(shared)


class ProductHistory(OfProduct):
    """The history of a product."""

    serves_retired = True
    permission_classes = [IsAuthenticatedOrReadOnly]
    serializer_class = HistoryEvent

    @extend_schema(responses=HistoryEvent(many=True))
    def list(self, request: Request, uuid: str) -> Response:
        """List the events, newest first; only readers of the audit trail see the changed values."""
        product = self.product()
        whole = self.reader.can(Permission.READ_AUDIT, product.domain_id)
        events: QuerySet[AuditEvent] = history_of(product, whole=whole)
        rows = self.paginate_queryset(self.filter_queryset(events))
        context = {"whole": whole, "names": self.reader.is_signed_in}
        return self.get_paginated_response(HistoryEvent(rows, many=True, context=context).data)


def _all_named(model: Any, slugs: list[str], location: str, noun: str) -> list[Any]:
    """Return the rows with these slugs. Raises ValidationFailed with each unknown one."""
    rows = {row.slug: row for row in model.objects.filter(slug__in=slugs)}
    missing = [(index, slug) for index, slug in enumerate(slugs) if slug not in rows]
    if missing:
        known = list(model.objects.values_list("slug", flat=True))
        raise ValidationFailed(
            [unknown_slug(f"{location}/{index}", slug, known, noun) for index, slug in missing]
        )
    return list(rows.values())
