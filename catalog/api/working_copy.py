"""API of working copies: what people edit of a published product until it is published."""

from collections.abc import Mapping

from drf_spectacular.utils import extend_schema
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.api.contracts import ContractSummary
from catalog.api.products.serializers import ProductDetail, detail_of
from catalog.api.products.views import Products
from catalog.api.publication import ChangeAnswer
from catalog.api.rest.etags import EDITS, READS
from catalog.authorization.access import require_permission, require_user
from catalog.contracts.models import DataContract
from catalog.permissions import Permission
from catalog.products.models import DataProduct
from catalog.products.services import discard_changes, edited_version
from catalog.publication.releases import plan_release


class WorkingCopyDetail(ProductDetail):
    """The edited version of a product, and what is not published of it."""

    changes = ChangeAnswer(many=True)
    contracts = ContractSummary(many=True, help_text="Contract versions that are not published.")

    class Meta(ProductDetail.Meta):
        fields = (*ProductDetail.Meta.fields, "changes", "contracts")


class WorkingCopy(Products):
    """What people edit of a product: its working copy, or the product itself while it has none.

    Readers see the changes of a published product once they are published.
    """

    permission_classes = [IsAuthenticated]
    serializer_class = WorkingCopyDetail

    def get_object(self) -> DataProduct:
        """Return the edited version of the product. Raises Http404, PermissionDenied, Retired."""
        product = super().get_object()
        require_permission(self.reader, Permission.VIEW_DRAFTS, product.domain)
        return edited_version(product)

    @extend_schema(parameters=READS)
    def retrieve(self, request: Request, uuid: str) -> Response:
        """Return the edited version and its changes; with its ETag it is edited and published."""
        return self.answer(self.get_object())

    @extend_schema(responses={204: None}, parameters=EDITS)
    def destroy(self, request: Request, uuid: str) -> Response:
        """Discard what is not published of a published product."""
        product, edition = self.to_edit(Permission.EDIT_PRODUCTS)
        discard_changes(product=product, edition=edition, actor=require_user(request.user))
        return Response(status=204)

    def state(self, product: DataProduct) -> Mapping[str, object]:
        contracts = DataContract.objects.none()
        if product.is_working_copy:
            contracts = product.contracts.select_related("product").defer("tree")
        return detail_of(product, lambda: self.reader) | {
            "changes": [change.as_json() for change in plan_release(product).release.changes],
            "contracts": ContractSummary(contracts, many=True).data,
        }
