"""API of publication: publish, deprecate, retire and adopt; findings and published versions."""

from contextlib import suppress
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, PolymorphicProxySerializer, extend_schema
from rest_framework import serializers
from rest_framework.permissions import IsAuthenticated, IsAuthenticatedOrReadOnly
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.api.products.bodies import Reasoned
from catalog.api.products.serializers import ProductDetail
from catalog.api.products.views import OfProduct, published_version
from catalog.api.rest.bodies import StrictString
from catalog.api.rest.etags import EDITS
from catalog.api.rest.views import ModelAnswer
from catalog.authorization.access import require_permission
from catalog.exceptions import ValidationFailed
from catalog.issues import Issue
from catalog.permissions import Permission
from catalog.products.changes import Change
from catalog.products.models import DataProduct
from catalog.products.services import edited_version
from catalog.publication.contents import Consumer, compare_versions, consumers_of
from catalog.publication.models import ProductVersion
from catalog.publication.releases import ReleasePlan, describe_release
from catalog.publication.rules import BREAKING_CHANGE
from catalog.publication.services import (
    adopt_product,
    deprecate_product,
    publication_findings,
    publish_product,
    retire_product,
)
from catalog.publication.versions import LATEST
from catalog.types import JSONObject

DRY_RUN = OpenApiParameter("dry_run", bool, description="1 changes nothing and needs no If-Match.")
FROM = OpenApiParameter("from", str, required=True, description="The earlier version, or `1`.")
TO = OpenApiParameter("to", str, description="The later version; the latest by default.")


class PublicationBody(Reasoned):
    """The note to consumers, why a breaking change cannot wait, and the number of the version."""

    note = StrictString(required=False, allow_blank=True, max_length=2000)
    break_reason = StrictString(required=False, allow_blank=True, max_length=2000)
    version = StrictString(required=False, max_length=60)


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


class ChangeAnswer(serializers.Serializer[Change]):
    """One change; its location has the names of tables, columns and ports for their positions."""

    location = serializers.CharField()
    change_class = serializers.ChoiceField(choices=["breaking", "compatible", "text"])
    message = serializers.CharField()


class ConsumerAnswer(serializers.Serializer[Consumer]):
    """A product that is made from another one, and its input port."""

    product = serializers.UUIDField(source="product.uuid")
    path = serializers.CharField(source="product.path")
    name = serializers.CharField(source="product.name")
    input_port = serializers.CharField(source="input_port.name")
    input_port_version = serializers.CharField(source="input_port.version")


class ReleaseConsumer(serializers.Serializer[JSONObject]):
    """A product that reads a port which the release changes."""

    product = serializers.UUIDField()
    path = serializers.CharField()
    name = serializers.CharField()
    input_port = serializers.CharField()
    input_port_version = serializers.CharField(allow_blank=True)


class ComparisonAnswer(serializers.Serializer[JSONObject]):
    """What changed from one version to another, and the products that it concerns."""

    from_version = serializers.CharField()
    to_version = serializers.CharField()
    release_class = serializers.ChoiceField(choices=["major", "minor", "patch"])
    changes = ChangeAnswer(many=True)
    consumers = ConsumerAnswer(many=True)


class ReleaseAnswer(FindingsAnswer):
    """What a publication would change, and what it needs."""

    last_version = serializers.CharField(allow_null=True)
    version = serializers.CharField(help_text="The version that the document has now.")
    proposed_version = serializers.CharField(help_text="The version that the changes ask for.")
    release_class = serializers.ChoiceField(
        choices=["major", "minor", "patch", ""], help_text="Empty for a first version."
    )
    change_count = serializers.IntegerField()
    changes = ChangeAnswer(many=True)
    breaks = serializers.ListField(
        child=serializers.CharField(), help_text="Ports that break without a notice period."
    )
    notice_until = serializers.DateField(help_text="The end of a notice period that begins today.")
    consumers = ReleaseConsumer(many=True)


class VersionSummary(ModelAnswer[ProductVersion]):
    """A published version; only signed-in people see who published it."""

    published_by = serializers.SerializerMethodField()

    class Meta:
        model = ProductVersion
        fields: tuple[str, ...] = (
            "version",
            "edition",
            "published_at",
            "published_by",
            "release_class",
            "note",
            "break_reason",
            "change_count",
            "tree_digest",
            "contract_digests",
        )

    def get_published_by(self, version: ProductVersion) -> str | None:
        return version.published_by if self.context["names"] else None


class VersionDetail(VersionSummary):
    """A published version with its frozen document, and what changed since the one before."""

    changes = ChangeAnswer(many=True)

    class Meta(VersionSummary.Meta):
        fields = (*VersionSummary.Meta.fields, "changes", "port_contracts", "tree")


class Publication(OfProduct):
    """The transitions of a product's life cycle."""

    permission_classes = [IsAuthenticated]

    @extend_schema(
        request=PublicationBody,
        responses={
            200: PolymorphicProxySerializer("Published", [ProductDetail, ReleaseAnswer], None)
        },
        parameters=[DRY_RUN, *EDITS],
    )
    def publish(self, request: Request, uuid: UUID) -> Response:
        """Check the gates, publish the working copy and freeze it under its version.

        With `dry_run=1` only report what that would change, and which products it concerns.
        """
        if request.query_params.get("dry_run", "0") not in ("", "0", "false"):
            return self.dry_run()
        edit = self.edit_of(PublicationBody, Permission.PUBLISH_PRODUCTS)
        return self.answer_changed(publish_product(**edit))

    def dry_run(self) -> Response:
        product = self.get_object()
        require_permission(self.request.user, Permission.VIEW_DRAFTS, product.domain)
        edited = edited_version(product)
        may_break = bool(PublicationBody.read(self.request).validated_data.get("break_reason"))
        findings = publication_findings(edited)
        blocking = [
            finding
            for finding in findings
            if finding.is_error and not (may_break and finding.code == BREAKING_CHANGE)
        ]
        state = {"findings": findings, "is_publishable": not blocking}
        return Response(ReleaseAnswer(describe_release(edited, self.reader) | state).data)

    @extend_schema(request=Deprecation, responses=ProductDetail, parameters=EDITS)
    def deprecate(self, request: Request, uuid: UUID) -> Response:
        """Announce the end of a published product, its date and its successor."""
        return self.answer_changed(deprecate_product(**self.edit_with_successor(Deprecation)))

    @extend_schema(request=Retirement, responses=ProductDetail, parameters=EDITS)
    def retire(self, request: Request, uuid: UUID) -> Response:
        """Retire a product; its page and its URL here then return 410 and name its successor."""
        return self.answer_changed(retire_product(**self.edit_with_successor(Retirement)))

    @extend_schema(request=Reasoned, responses=ProductDetail, parameters=EDITS)
    def adopt(self, request: Request, uuid: UUID) -> Response:
        """Turn an external entry into a draft under governance."""
        return self.answer_changed(adopt_product(**self.edit_of(Reasoned)))

    def edit_with_successor(self, body: type[Retirement]) -> JSONObject:
        """Return what a service takes, with the successor that the body names.

        Raises ValidationFailed if the caller can see no such product.
        """
        edit = self.edit_of(body, Permission.PUBLISH_PRODUCTS)
        if not (name := edit.get("successor")):
            return edit | {"successor": None}
        visible = DataProduct.objects.visible_to(self.reader)
        domain, slash, slug = name.partition("/")
        successor = None
        if slash:
            successor = visible.filter(domain__slug=domain, slug=slug).first()
        else:
            with suppress(ValueError):
                successor = visible.filter(uuid=UUID(name)).first()
        if successor is None:
            hint = "Write it as domain/slug, or give its id."
            issue = Issue(location="/successor", message="There is no such product.", hint=hint)
            raise ValidationFailed([issue])
        return edit | {"successor": successor}

    @extend_schema(responses=FindingsAnswer)
    def findings(self, request: Request, uuid: UUID) -> Response:
        """Return what the gates would find now in what people edit; nothing is changed."""
        product = self.get_object()
        require_permission(request.user, Permission.VIEW_DRAFTS, product.domain)
        findings = publication_findings(edited_version(product))
        is_publishable = not any(finding.is_error for finding in findings)
        state = {"is_publishable": is_publishable, "findings": findings}
        return Response(FindingsAnswer(state).data)


class ProductVersions(OfProduct):
    """The published versions of a product, which never change."""

    serves_retired = True
    permission_classes = [IsAuthenticatedOrReadOnly]
    serializer_class = VersionSummary

    def list(self, request: Request, uuid: UUID) -> Response:
        """List the published versions, newest first."""
        return self.answer_page(self.get_object().versions.defer("tree"))

    @extend_schema(responses=VersionDetail)
    def retrieve(self, request: Request, uuid: UUID, version: str) -> Response:
        """Return one published version with its document; `1` and `latest` are known too."""
        frozen = published_version(self.get_object(), version)
        return Response(VersionDetail(frozen, context=self.get_serializer_context()).data)

    @extend_schema(responses=ComparisonAnswer, parameters=[FROM, TO])
    def changes(self, request: Request, uuid: UUID) -> Response:
        """Compare two published versions: what changed, and which products it concerns."""
        product = self.get_object()
        before = published_version(product, request.query_params.get("from", ""))
        after = published_version(product, request.query_params.get("to", LATEST))
        plan = ReleasePlan(before, compare_versions(before, after), after.version)
        consumers = consumers_of(product, self.reader, contracts=plan.affected_contracts)
        state = {
            "from_version": before.version,
            "to_version": after.version,
            "release_class": plan.release_class,
            "changes": [change.as_json() for change in plan.release.changes],
            "consumers": consumers,
        }
        return Response(ComparisonAnswer(state).data)
