"""API of planned maintenance: of products, and of all products of a domain."""

from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import IsAuthenticatedOrReadOnly
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.api.domains import OfDomain
from catalog.api.products.views import OfProduct
from catalog.api.rest.bodies import Body, StrictString
from catalog.api.rest.errors import relocating
from catalog.api.rest.views import ModelAnswer, ResourceViewSet
from catalog.authorization.access import require_permission, require_user
from catalog.domains.models import Domain
from catalog.permissions import Permission
from catalog.products.models import DataProduct
from governance.slo.models import MaintenanceWindow
from governance.slo.services import cancel_maintenance, plan_maintenance
from governance.slo.services.planned_maintenance import MAX_SUMMARY

if TYPE_CHECKING:
    SubjectViewSet = ResourceViewSet[Any]
else:
    SubjectViewSet = object


class MaintenanceAnswer(ModelAnswer[MaintenanceWindow]):
    """A period of planned maintenance; `product` or `domain` is what it is of."""

    id = serializers.UUIDField(source="uuid")
    product = serializers.UUIDField(source="product.uuid", allow_null=True)
    domain = serializers.CharField(source="domain.slug", allow_null=True)
    announced_at = serializers.DateTimeField(source="created_at")
    is_cancelled = serializers.SerializerMethodField()

    class Meta:
        model = MaintenanceWindow
        fields = (
            "id",
            "product",
            "domain",
            "starts_at",
            "ends_at",
            "summary",
            "announced_at",
            "is_cancelled",
        )

    def get_is_cancelled(self, window: MaintenanceWindow) -> bool:
        return window.cancelled_at is not None


class NewMaintenance(Body):
    """Maintenance to announce; it begins later than now."""

    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    summary = StrictString(max_length=MAX_SUMMARY, help_text="What is done, for consumers.")


class _Maintenance(SubjectViewSet):
    """The maintenance of one product or domain; `get_object` returns it."""

    permission_classes = [IsAuthenticatedOrReadOnly]
    serializer_class: type[serializers.BaseSerializer[Any]] = MaintenanceAnswer

    def list_windows(self) -> Response:
        subject = self.get_object()
        windows = MaintenanceWindow.objects
        rows = (
            windows.affecting(subject)
            if isinstance(subject, DataProduct)
            else windows.of_subject(subject)
        )
        return self.answer_page(rows.select_related("product", "domain"))

    def announce(self, request: Request) -> Response:
        subject: DataProduct | Domain = self.get_object()
        require_permission(self.reader, Permission.EDIT_PRODUCTS, subject.domain)
        body: dict[str, Any] = NewMaintenance.read(request).validated_data
        with relocating("", "/"):
            window = plan_maintenance(
                subject=subject, **body, actor=require_user(request.user), now=timezone.now()
            )
        return Response(MaintenanceAnswer(window).data, status=201)

    def cancel(self, request: Request, window: UUID) -> Response:
        subject: DataProduct | Domain = self.get_object()
        require_permission(self.reader, Permission.EDIT_PRODUCTS, subject.domain)
        row = get_object_or_404(MaintenanceWindow.objects.of_subject(subject), uuid=window)
        now: datetime = timezone.now()
        cancel_maintenance(window=row, actor=require_user(request.user), now=now)
        return Response(status=204)


class ProductMaintenance(_Maintenance, OfProduct):
    """The planned maintenance of one product, that of its domains included."""

    serializer_class = MaintenanceAnswer

    @extend_schema(responses=MaintenanceAnswer(many=True))
    def list(self, request: Request, uuid: str) -> Response:
        """List the maintenance of a product, the last to start first."""
        return self.list_windows()

    @extend_schema(request=NewMaintenance, responses={201: MaintenanceAnswer})
    def create(self, request: Request, uuid: str) -> Response:
        """Announce maintenance of a product: checks that fall in it do not count."""
        return self.announce(request)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, uuid: str, window: UUID) -> Response:
        """Cancel maintenance that has not begun, or end now what has."""
        return self.cancel(request, window)


class DomainMaintenance(_Maintenance, OfDomain):
    """The planned maintenance of all products of one domain and its subdomains."""

    serializer_class = MaintenanceAnswer

    @extend_schema(responses=MaintenanceAnswer(many=True))
    def list(self, request: Request, slug: str) -> Response:
        """List the maintenance of a domain, the last to start first."""
        return self.list_windows()

    @extend_schema(request=NewMaintenance, responses={201: MaintenanceAnswer})
    def create(self, request: Request, slug: str) -> Response:
        """Announce maintenance of all products of a domain and its subdomains."""
        return self.announce(request)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, slug: str, window: UUID) -> Response:
        """Cancel maintenance that has not begun, or end now what has."""
        return self.cancel(request, window)
