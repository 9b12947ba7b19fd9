"""API of contract versions: read them, save drafts, delete unused ones."""

from collections.abc import Mapping
from uuid import UUID

from django.db.models import QuerySet
from django.urls import reverse
from django_filters import CharFilter, FilterSet, UUIDFilter
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import IsAuthenticatedOrReadOnly
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.api.products.documents import parse_body_document
from catalog.api.products.views import DOCUMENT, OfProduct
from catalog.api.rest.etags import EDITS, READS, with_etag
from catalog.api.rest.views import ModelAnswer, OfVisibleProducts
from catalog.authorization.access import require_user
from catalog.contracts.access import readable_tree
from catalog.contracts.models import DataContract, Server, contracts_of
from catalog.contracts.secrets import without_secrets
from catalog.contracts.services import delete_contract, is_frozen, save_contract
from catalog.exceptions import ValidationFailed
from catalog.issues import Issue
from catalog.manifests.formats import odcs
from catalog.permissions import Permission
from catalog.products.models import DataProduct
from catalog.products.services import edited_version
from catalog.types import JSONObject, JSONValue


class ServerAnswer(ModelAnswer[Server]):
    """A server of a contract."""

    location = serializers.SerializerMethodField()

    class Meta:
        model = Server
        fields = ("name", "type", "environment", "location", "format", "description")

    def get_location(self, server: Server) -> str:
        return str(without_secrets(server.location))


class ContractSummary(ModelAnswer[DataContract]):
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


class ContractDetail(ContractSummary):
    """A contract version with its document; a frozen one never changes."""

    is_frozen = serializers.SerializerMethodField()
    servers = ServerAnswer(many=True)
    tree = serializers.SerializerMethodField(
        help_text="The contract's document (ODCS) as it is stored. Values that look like secrets "
        "are shown to those who can edit it alone."
    )

    class Meta(ContractSummary.Meta):
        fields = (*ContractSummary.Meta.fields, "is_frozen", "servers", "tree")

    def get_tree(self, contract: DataContract) -> JSONObject:
        request = self.context.get("request")
        return readable_tree(contract, request.user) if request else contract.tree

    def get_is_frozen(self, contract: DataContract) -> bool:
        return is_frozen(contract)


class ContractFilters(FilterSet):
    """By product, identifier and version."""

    product = UUIDFilter(field_name="product__uuid")
    identifier = CharFilter(max_length=400)
    version = CharFilter(max_length=60)


class Contracts(OfVisibleProducts[DataContract]):
    """The contract versions of all products that the caller can see."""

    permission_classes = [IsAuthenticatedOrReadOnly]
    serializer_class = ContractDetail
    filterset_class = ContractFilters
    queryset = DataContract.objects.select_related("product__domain").order_by("identifier", "pk")
    lookup_field = "uuid"

    @extend_schema(responses=ContractSummary(many=True), filters=True)
    def list(self, request: Request) -> Response:
        """List contract versions, without their documents."""
        return self.answer_page(self.get_queryset().defer("tree", "product__tree"), ContractSummary)

    @extend_schema(parameters=READS)
    def retrieve(self, request: Request, uuid: UUID) -> Response:
        """Return one contract version with its document; its edition is the product's."""
        return self.answer(self.get_object())

    @extend_schema(request=DOCUMENT, parameters=EDITS)
    def update(self, request: Request, uuid: UUID) -> Response:
        """Replace the document (ODCS) of a draft; a new version is another contract."""
        contract, edition = self.to_edit(Permission.EDIT_PRODUCTS)
        tree: JSONValue = request.data
        document = parse_body_document(odcs.parse, tree, before=contract.tree)
        for member, current in (("id", contract.identifier), ("version", contract.version)):
            if tree.get(member) != current:
                message = f"This address is of {current}."
                hint = "Save another version at the product's contracts."
                raise ValidationFailed([Issue(location=f"/{member}", message=message, hint=hint)])
        saved, _ = save_contract(
            product=edited_version(contract.product),
            tree=document,
            edition=edition,
            actor=require_user(request.user),
        )
        return self.answer_changed(saved)

    @extend_schema(responses={204: None}, parameters=EDITS)
    def destroy(self, request: Request, uuid: UUID) -> Response:
        """Delete a contract version that no published version uses."""
        contract, edition = self.to_edit(Permission.EDIT_PRODUCTS)
        delete_contract(contract=contract, edition=edition, actor=require_user(request.user))
        return Response(status=204)


class ProductContracts(OfProduct):
    """The contract versions of one product."""

    permission_classes = [IsAuthenticatedOrReadOnly]
    serializer_class = ContractSummary

    def state(self, product: DataProduct) -> Mapping[str, object]:
        """Return what an edit conflict shows: the current contracts."""
        return {"contracts": ContractSummary(_contracts_of(product), many=True).data}

    def list(self, request: Request, uuid: UUID) -> Response:
        """List the product's contract versions, without their documents."""
        return self.answer_page(_contracts_of(self.get_object()))

    @extend_schema(
        request=DOCUMENT,
        responses={200: ContractDetail, 201: ContractDetail},
        parameters=EDITS,
    )
    def create(self, request: Request, uuid: UUID) -> Response:
        """Save a document (ODCS): a new version, or the new content of a draft of that version."""
        product, edition = self.to_edit(Permission.EDIT_PRODUCTS)
        document = parse_body_document(odcs.parse, request.data)
        known = set(contracts_of(product).values_list("pk", flat=True))
        contract, _ = save_contract(
            product=product, tree=document, edition=edition, actor=require_user(request.user)
        )
        return answer_contract(request, contract, is_new=contract.pk not in known)


def _contracts_of(product: DataProduct) -> QuerySet[DataContract]:
    return product.contracts.select_related("product").defer("tree")


def answer_contract(request: Request, contract: DataContract, *, is_new: bool) -> Response:
    """Return a contract that was written, with the ETag of its product's edition."""
    current = DataContract.objects.select_related("product").get(pk=contract.pk)
    location = reverse("api:contract", kwargs={"uuid": current.uuid}) if is_new else ""
    state, edition = ContractDetail(current).data, current.product.edition
    return with_etag(request, state, edition, status=201 if is_new else 200, location=location)
