"""API of contract versions: read them, save drafts, delete unused ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404
from django.urls import reverse
from django_filters import CharFilter, FilterSet, UUIDFilter
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import IsAuthenticatedOrReadOnly
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from catalog.api.products.documents import check_new_issues
from catalog.api.products.views import DOCUMENT, OfProduct
from catalog.api.rest.etags import EDITS, READS, attach_current_state, parse_if_match, with_etag
from catalog.authorization.access import access_for, require_permission, require_user
from catalog.contracts.models import DataContract, Server
from catalog.contracts.services import delete_contract, is_frozen, save_contract
from catalog.exceptions import ValidationFailed
from catalog.issues import Issue
from catalog.manifests import odcs
from catalog.permissions import Permission
from catalog.products.models import DataProduct


class ServerAnswer(serializers.ModelSerializer[Server]):
    """A server of a contract."""

    class Meta:
        model = Server
        fields = ("name", "type", "environment", "location", "format", "description")
        read_only_fields = fields


class ContractSummary(serializers.ModelSerializer[DataContract]):
    """A contract version as lists show it."""

    id = serializers.UUIDField(source="uuid")
    product = serializers.UUIDField(source="product.uuid")

    class Meta:
        model = DataContract
        fields: tuple[str, ...] = (
            "id",
            "product",
            "identifier",
            "version",
            "name",
            "status",
            "purpose",
            "digest",
            "created_at",
        )
        read_only_fields = fields


class ContractDetail(ContractSummary):
    """A contract version with its document; a frozen one never changes."""

    is_frozen = serializers.SerializerMethodField()
    servers = ServerAnswer(many=True)
    tree = serializers.JSONField(help_text="The contract's document (ODCS), as it is kept.")

    class Meta(ContractSummary.Meta):
        fields = (*ContractSummary.Meta.fields, "is_frozen", "servers", "tree")
        read_only_fields = fields

    def get_is_frozen(self, contract: DataContract) -> bool:
        return is_frozen(contract)


class ContractFilters(FilterSet):
    """By product, identifier and version."""

    product = UUIDFilter(field_name="product__uuid")
    identifier = CharFilter(max_length=400)
    version = CharFilter(max_length=60)

    class Meta:
        model = DataContract
        fields = ()


class Contracts(GenericViewSet[DataContract]):
    """The contract versions of all products that the caller can see."""

    permission_classes = [IsAuthenticatedOrReadOnly]
    serializer_class = ContractDetail
    filterset_class = ContractFilters
    queryset = DataContract.objects.none()
    lookup_field = "uuid"

    def get_queryset(self) -> QuerySet[DataContract]:
        visible = DataProduct.objects.visible_to(access_for(self.request.user))
        contracts = DataContract.objects.filter(visible.has("product_id"))
        return contracts.select_related("product__domain").order_by("identifier", "pk")

    @extend_schema(responses=ContractSummary(many=True), filters=True)
    def list(self, request: Request) -> Response:
        """List contract versions, without their documents."""
        contracts = self.get_queryset().defer("tree", "product__tree")
        rows = self.paginate_queryset(self.filter_queryset(contracts))
        return self.get_paginated_response(ContractSummary(rows, many=True).data)

    @extend_schema(parameters=READS)
    def retrieve(self, request: Request, uuid: UUID) -> Response:
        """Return one contract version with its document; its edition is the product's."""
        return answer(request, self.contract())

    @extend_schema(request=DOCUMENT, parameters=EDITS)
    def update(self, request: Request, uuid: UUID) -> Response:
        """Replace the document (ODCS) of a draft; a new version is another contract."""
        contract, edition = self.to_edit()
        tree: Any = request.data
        check_new_issues(odcs.check, tree, before=contract.tree)
        for member, held in (("id", contract.identifier), ("version", contract.version)):
            if tree.get(member) != held:
                words = f"This address is of {held}."
                hint = "Save another version at the product's contracts."
                raise ValidationFailed([Issue(location=f"/{member}", message=words, hint=hint)])
        saved, _ = save_contract(
            product=contract.product, tree=tree, edition=edition, actor=require_user(request.user)
        )
        return answer(request, saved)

    @extend_schema(responses={204: None}, parameters=EDITS)
    def destroy(self, request: Request, uuid: UUID) -> Response:
        """Delete a contract version that no published version uses."""
        contract, edition = self.to_edit()
        delete_contract(contract=contract, edition=edition, actor=require_user(request.user))
        return Response(status=204)

    def contract(self) -> DataContract:
        """Return the contract of the URL. Raises Http404."""
        contract = self.get_queryset().filter(uuid=self.kwargs["uuid"]).first()
        if contract is None:
            raise Http404
        return contract

    def state(self) -> Mapping[str, object]:
        return ContractDetail(self.contract()).data

    def to_edit(self) -> tuple[DataContract, int]:
        """Return the contract and the edition in If-Match, before the body is read."""
        contract = self.contract()
        require_permission(self.request.user, Permission.EDIT_PRODUCTS, contract.product.domain)
        return contract, parse_if_match(self.request)

    def handle_exception(self, exc: Exception) -> Response:
        """Add the current state to an edit conflict."""
        return super().handle_exception(attach_current_state(exc, self.state))


class ProductContracts(OfProduct):
    """The contract versions of one product."""

    permission_classes = [IsAuthenticatedOrReadOnly]
    serializer_class = ContractSummary

    def state(self, product: DataProduct) -> Mapping[str, object]:
        """Return what an edit conflict shows: the current contracts."""
        rows = product.contracts.select_related("product").defer("tree")
        return {"contracts": ContractSummary(rows, many=True).data}

    @extend_schema(responses=ContractSummary(many=True))
    def list(self, request: Request, uuid: UUID) -> Response:
        """List the product's contract versions, without their documents."""
        contracts = self.product().contracts.select_related("product").defer("tree")
        rows = self.paginate_queryset(self.filter_queryset(contracts))
        return self.get_paginated_response(ContractSummary(rows, many=True).data)

    @extend_schema(
        request=DOCUMENT,
        responses={200: ContractDetail, 201: ContractDetail},
        parameters=EDITS,
    )
    def create(self, request: Request, uuid: UUID) -> Response:
        """Save a document (ODCS): a new version, or the new content of a draft of that version."""
        product, edition = self.to_edit()
        tree: Any = request.data
        check_new_issues(odcs.check, tree)
        had = set(product.contracts.values_list("pk", flat=True))
        contract, _ = save_contract(
            product=product, tree=tree, edition=edition, actor=require_user(request.user)
        )
        return answer(request, contract, status=200 if contract.pk in had else 201)


def answer(request: Request, contract: DataContract, *, status: int = 200) -> Response:
    """Return the current state of a contract, with the ETag of its product's edition."""
    stands = DataContract.objects.select_related("product").get(pk=contract.pk)
    location = reverse("api:contract", kwargs={"uuid": stands.uuid}) if status == 201 else ""
    state = ContractDetail(stands).data
    return with_etag(request, state, stands.product.edition, status=status, location=location)
