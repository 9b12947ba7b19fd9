"""API of what the caller follows."""

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.mixins import ListModelMixin
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.api.products.views import OfProduct
from catalog.api.rest.views import ModelAnswer, ResourceViewSet
from catalog.authorization.access import require_user
from catalog.products.following import followed_by
from catalog.products.models import Follow
from catalog.products.services import follow, unfollow


class FollowAnswer(ModelAnswer[Follow]):
    """A product that the caller follows, and since when."""

    product = serializers.UUIDField(source="product.uuid")
    name = serializers.CharField(source="product.name")
    domain = serializers.CharField(source="product.domain.slug")

    class Meta:
        model = Follow
        fields = ("product", "name", "domain", "created_at")


class Follows(ListModelMixin, ResourceViewSet[Follow]):
    """The products that the caller follows and can read now."""

    permission_classes = [IsAuthenticated]
    serializer_class = FollowAnswer
    queryset = Follow.objects.order_by("pk")

    def get_queryset(self) -> QuerySet[Follow]:
        return followed_by(require_user(self.request.user)).order_by("pk")


class ProductFollow(OfProduct):
    """Whether the caller follows a product."""

    serves_retired = True
    permission_classes = [IsAuthenticated]
    serializer_class = FollowAnswer

    @extend_schema(responses=FollowAnswer)
    def retrieve(self, request: Request, uuid: str) -> Response:
        """Return since when the caller follows the product; 404 if they do not."""
        person = require_user(request.user)
        row = get_object_or_404(self.get_object().follows, person=person)
        return Response(FollowAnswer(row).data)

    @extend_schema(request=None, responses=FollowAnswer)
    def update(self, request: Request, uuid: str) -> Response:
        """Follow the product; doing it again changes nothing."""
        row = follow(product=self.get_object(), person=require_user(request.user))
        return Response(FollowAnswer(row).data)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, uuid: str) -> Response:
        """Follow the product no longer."""
        unfollow(product=self.get_object(), person=require_user(request.user))
        return Response(status=204)
