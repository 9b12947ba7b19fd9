"""API of publication: publish, deprecate, retire and adopt; findings and published versions."""

from __future__ import annotations

from contextlib import suppress
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import IsAuthenticated, IsAuthenticatedOrReadOnly
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.api.products.bodies import Reasoned
from catalog.api.products.serializers import ProductDetail
from catalog.api.products.views import OfProduct
from catalog.api.rest.bodies import StrictString
from catalog.api.rest.etags import EDITS
from catalog.authorization.access import AccessContext, require_permission, require_user
from catalog.exceptions import ValidationFailed
from catalog.issues import Issue
from catalog.permissions import Permission
from catalog.products.models import DataProduct
from catalog.publication.models import ProductVersion
from catalog.publication.services import (
    adopt_product,
    deprecate_product,
    publication_findings,
    publish_product,
    retire_product,
)
from catalog.types import JSONObject


class Retirement(Reasoned):
    """The successor of a product, as `domain/slug` or by id."""

    successor = StrictString(required=False, max_length=250)


class Deprecation(Retirement):
    """The successor of a product, and the day on which the product ends."""

    ends_on = serializers.DateField(required=False)


class FindingAnswer(serializers.Serializer[JSONObject]):
    """A finding of a gate; only a blocking one stops a publication."""

    code = serializers.CharField()
    location = serializers.CharField()
    message = serializers.CharField()
    severity = serializers.CharField()
    hint = serializers.CharField()


class FindingsAnswer(serializers.Serializer[JSONObject]):
    """Whether a product can be published now, and all findings of the gates."""

    is_publishable = serializers.BooleanField()
    findings = FindingAnswer(many=True)


class VersionSummary(serializers.ModelSerializer[ProductVersion]):
    """A published version; only signed-in people see who published it."""

    published_by = serializers.SerializerMethodField()

    class Meta:
        model = ProductVersion
        fields: tuple[str, ...] = (
            "version",
            "edition",
            "published_at",
            "published_by",
            "tree_digest",
            "contract_digests",
        )
        read_only_fields = fields

    def get_published_by(self, version: ProductVersion) -> str | None:
        return version.published_by if self.context["names"] else None


class VersionDetail(VersionSummary):
    """A published version with its frozen document."""

    class Meta(VersionSummary.Meta):
        fields = (*VersionSummary.Meta.fields, "tree")
        read_only_fields = fields


class Publication(OfProduct):
    """The transitions of a product's life cycle."""

    permission_classes = [IsAuthenticated]

    @extend_schema(request=Reasoned, responses=ProductDetail, parameters=EDITS)
    def publish(self, request: Request, uuid: UUID) -> Response:
        """Check the gates, publish the current edition and freeze it under its version."""
        product, edition = self.to_edit(Permission.PUBLISH_PRODUCTS)
        reason = Reasoned.read(request).validated_data.get("reason", "")
        return self.answer(
            publish_product(
                product=product, edition=edition, actor=require_user(request.user), reason=reason
            )
        )

    @extend_schema(request=Deprecation, responses=ProductDetail, parameters=EDITS)
    def deprecate(self, request: Request, uuid: UUID) -> Response:
        """Announce the end of a published product, its date and its successor."""
        product, edition = self.to_edit(Permission.PUBLISH_PRODUCTS)
        body = Deprecation.read(request).validated_data
        deprecated = deprecate_product(
            product=product,
            edition=edition,
            actor=require_user(request.user),
            successor=successor_named(body.get("successor"), self.reader),
            ends_on=body.get("ends_on"),
            reason=body.get("reason", ""),
        )
        return self.answer(deprecated)

    @extend_schema(request=Retirement, responses=ProductDetail, parameters=EDITS)
    def retire(self, request: Request, uuid: UUID) -> Response:
        """Retire a product; its page and its URL here then return 410 and name its successor."""
        product, edition = self.to_edit(Permission.PUBLISH_PRODUCTS)
        body = Retirement.read(request).validated_data
        retired = retire_product(
            product=product,
            edition=edition,
            actor=require_user(request.user),
            successor=successor_named(body.get("successor"), self.reader),
            reason=body.get("reason", ""),
        )
        return self.answer(retired)

    @extend_schema(request=Reasoned, responses=ProductDetail, parameters=EDITS)
    def adopt(self, request: Request, uuid: UUID) -> Response:
        """Turn an external entry into a draft under governance."""
        product, edition = self.to_edit()
        reason = Reasoned.read(request).validated_data.get("reason", "")
        return self.answer(
            adopt_product(
                product=product, edition=edition, actor=require_user(request.user), reason=reason
            )
        )

    @extend_schema(responses=FindingsAnswer)
    def findings(self, request: Request, uuid: UUID) -> Response:
        """Return what the gates would find now; nothing is changed."""
        product = self.product()
        require_permission(request.user, Permission.VIEW_DRAFTS, product.domain)
        found = publication_findings(product)
        state = {
            "is_publishable": not any(finding.is_error for finding in found),
            "findings": found,
        }
        return Response(FindingsAnswer(state).data)


class ProductVersions(OfProduct):
    """The published versions of a product, which never change."""

    serves_retired = True
    permission_classes = [IsAuthenticatedOrReadOnly]
    serializer_class = VersionSummary

    @extend_schema(responses=VersionSummary(many=True))
    def list(self, request: Request, uuid: UUID) -> Response:
        """List the published versions, newest first."""
        versions: QuerySet[ProductVersion] = self.product().versions.defer("tree")
        rows = self.paginate_queryset(self.filter_queryset(versions))
        context = {"names": self.reader.is_signed_in}
        return self.get_paginated_response(VersionSummary(rows, many=True, context=context).data)

    @extend_schema(responses=VersionDetail)
    def retrieve(self, request: Request, uuid: UUID, version: str) -> Response:
        """Return one published version with its document."""
        frozen = self.product().versions.filter(version=version).first()
        if frozen is None:
            raise Http404
        context = {"names": self.reader.is_signed_in}
        return Response(VersionDetail(frozen, context=context).data)


def successor_named(name: str | None, reader: AccessContext) -> DataProduct | None:
    """Return the product with this `domain/slug` or id. Raises ValidationFailed."""
    if not name:
        return None
    visible = DataProduct.objects.visible_to(reader)
    found = None
    domain, slash, slug = name.partition("/")
    if slash:
        found = visible.filter(domain__slug=domain, slug=slug).first()
    else:
        with suppress(ValueError):
            found = visible.filter(uuid=UUID(name)).first()
    if found is None:
        hint = "Write it as domain/slug, or give its id."
        issue = Issue(location="/successor", message="There is no such product.", hint=hint)
        raise ValidationFailed([issue])
    return found
