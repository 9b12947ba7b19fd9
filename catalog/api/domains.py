"""API of domains: the tree, single domains, and who has which role in them."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from django.shortcuts import get_object_or_404
from django.urls import reverse
from django_filters import FilterSet, ModelChoiceFilter, TypedChoiceFilter
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.permissions import AllowAny, IsAuthenticated, IsAuthenticatedOrReadOnly
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from catalog.api.rest.bodies import Body, StrictString
from catalog.api.rest.errors import relocating
from catalog.api.rest.etags import EDITS, READS
from catalog.api.rest.slugs import domain_by_slug, rows_by_slug
from catalog.api.rest.views import ModelAnswer, ResourceViewSet
from catalog.authorization.access import access_for, require_permission, require_user
from catalog.authorization.models import Membership
from catalog.authorization.tree import ancestors_in
from catalog.domains.models import Domain, FormerDomainSlug, TeamRequest, in_tree_order
from catalog.domains.services import (
    create_domain,
    edit_domain,
    grant_role,
    request_team,
    revoke_role,
    withdraw_team_request,
)
from catalog.exceptions import ValidationFailed
from catalog.issues import Issue
from catalog.people.models import Person, Team
from catalog.permissions import DOMAIN_ROLES, Permission, Role
from catalog.products.domain_stats import product_counts
from catalog.types import JSONObject

Counts = Mapping[int, int]
WORDS = ("true", "false")


class DomainAnswer(ModelAnswer[Domain]):
    """A domain; `product_count` counts what the caller finds in it and in its subdomains."""

    id = serializers.UUIDField(source="uuid")
    parent = serializers.CharField(  # type: ignore[assignment]  # a member by name
        source="parent.slug", allow_null=True
    )
    owner_team = serializers.CharField(source="owner_team.slug", allow_null=True)
    product_count = serializers.SerializerMethodField()

    class Meta:
        model = Domain
        fields = (
            "id",
            "slug",
            "name",
            "mission",
            "parent",
            "owner_team",
            "is_external",
            "product_count",
            "edition",
        )

    def get_product_count(self, domain: Domain) -> int:
        counts: Counts = self.context["counts"]
        return counts.get(domain.pk, 0)


class Branch(serializers.Serializer[Any]):
    """A domain in the order of the tree; `depth` is 0 at the top."""

    slug = serializers.CharField()
    name = serializers.CharField()
    depth = serializers.IntegerField()
    product_count = serializers.IntegerField()


class MembershipAnswer(ModelAnswer[Membership]):
    """A person's role in a domain, and until when.

    `domain` is where the role was given: this domain, or one above it from which it is inherited.
    """

    person = serializers.CharField(source="person.username")
    name = serializers.CharField(source="person.display_name")
    domain = serializers.CharField(source="domain.slug")
    is_inherited = serializers.SerializerMethodField()

    class Meta:
        model = Membership
        fields = ("id", "person", "name", "role", "domain", "is_inherited", "starts_at", "ends_at")

    def get_is_inherited(self, membership: Membership) -> bool:
        is_inherited: bool = membership.domain_id != self.context["view"].domain.pk
        return is_inherited


class DomainChange(Body):
    """New values of some of a domain's fields; parent and team by slug."""

    slug = StrictString(required=False, max_length=120)
    name = StrictString(required=False, max_length=120)
    mission = StrictString(required=False, allow_blank=True, max_length=20_000)
    parent = StrictString(  # type: ignore[assignment]  # a member by name
        required=False, allow_null=True, max_length=120
    )
    owner_team = StrictString(required=False, allow_null=True, max_length=80)

    def changes(self) -> JSONObject:
        """Return the new values, with objects instead of slugs. Raises ValidationFailed."""
        changes = dict(self.validated_data)
        if (slug := changes.get("parent")) is not None:
            changes["parent"] = domain_by_slug(slug, "/parent")
        if (slug := changes.get("owner_team")) is not None:
            (changes["owner_team"],) = rows_by_slug(Team, {"/owner_team": slug})
        return changes


class NewDomain(DomainChange):
    """A domain to create."""

    slug = StrictString(
        required=False, max_length=120, help_text="Made from the name if it is missing."
    )
    name = StrictString(max_length=120)


class NewMembership(Body):
    """A role to grant to a person, given by user name."""

    person = StrictString(max_length=150)
    role = serializers.ChoiceField(choices=[role.value for role in DOMAIN_ROLES])
    ends_at = serializers.DateTimeField(required=False, allow_null=True)


class DomainFilters(FilterSet):
    """By parent, and by whether the domain is external."""

    parent = ModelChoiceFilter(queryset=Domain.objects.all(), to_field_name="slug")
    is_external = extend_schema_field(OpenApiTypes.BOOL)(
        TypedChoiceFilter(choices=[(word, word) for word in WORDS], coerce="true".__eq__)
    )


class OfDomain(ResourceViewSet[Domain]):
    """Views of one domain, by its current slug or a former one."""

    serializer_class: type[serializers.BaseSerializer[Any]] = DomainAnswer
    queryset = Domain.objects.select_related("parent", "owner_team").order_by("name", "pk")
    lookup_field = "slug"

    def get_object(self) -> Domain:
        """Return the domain of the URL. Raises Http404."""
        slug = self.kwargs["slug"]
        former = FormerDomainSlug.objects.filter(slug=slug).values("domain_id")
        return self.queryset.filter(slug=slug).first() or get_object_or_404(
            self.queryset, pk__in=former
        )

    def domain_of(self, domain: Domain) -> Domain:
        return domain

    def state(self, domain: Domain) -> Mapping[str, object]:
        counts = product_counts(access_for(self.request.user))
        return DomainAnswer(domain, context={"counts": counts}).data


class Domains(OfDomain):
    """Find, create and edit domains; all are public, because who owns data is."""

    permission_classes = [IsAuthenticatedOrReadOnly]
    filterset_class = DomainFilters

    def list(self, request: Request) -> Response:
        """List all domains."""
        rows = self.paginate_queryset(self.filter_queryset(self.get_queryset())) or []
        counts = product_counts(access_for(request.user))
        answers = DomainAnswer(rows, many=True, context={"counts": counts})
        return self.get_paginated_response(answers.data)

    @extend_schema(request=NewDomain, responses={201: DomainAnswer})
    def create(self, request: Request) -> Response:
        """Create a domain, at the top or below a parent."""
        changes = NewDomain.read(request).changes()
        with relocating("", "/"):
            domain = create_domain(actor=require_user(request.user), **changes)
        location = reverse("api:domain", kwargs={"slug": domain.slug})
        return self.answer_changed(domain, status=201, location=location)

    @extend_schema(parameters=READS)
    def retrieve(self, request: Request, slug: str) -> Response:
        """Return a domain: its mission, its parent and its owner team."""
        return self.answer(self.get_object())

    @extend_schema(request=DomainChange, parameters=EDITS)
    def partial_update(self, request: Request, slug: str) -> Response:
        """Rename, move or describe a domain; its old slug redirects to it."""
        domain, edition = self.to_edit(Permission.MANAGE_DOMAIN)
        changes = DomainChange.read(request).changes()
        return self.answer_changed(
            edit_domain(domain=domain, edition=edition, actor=require_user(request.user), **changes)
        )


class DomainTree(APIView):
    """The whole tree of domains at once."""

    permission_classes = [AllowAny]

    @extend_schema(responses=Branch(many=True), operation_id="domain_tree", tags=["domains"])
    def get(self, request: Request) -> Response:
        """List all domains in the order of the tree, each with its depth."""
        domains = list(Domain.objects.order_by("name", "pk"))
        parents = {domain.pk: domain.parent_id for domain in domains}
        counts = product_counts(access_for(request.user), parents)
        branches = [
            {
                "slug": domain.slug,
                "name": domain.name,
                "depth": depth,
                "product_count": counts.get(domain.pk, 0),
            }
            for domain, depth in in_tree_order(domains)
        ]
        return Response(Branch(branches, many=True).data)


class DomainMembers(OfDomain):
    """Who has which role in a domain."""

    permission_classes = [IsAuthenticated]
    serializer_class = MembershipAnswer

    def list(self, request: Request, slug: str) -> Response:
        """List the roles given in the domain, and those inherited from the domains above."""
        domains = ancestors_in(Domain.objects.parents(), self.domain.pk)
        members = Membership.objects.filter(domain_id__in=domains)
        return self.answer_page(members.select_related("person", "domain").order_by("pk"))

    @extend_schema(request=NewMembership, responses={201: MembershipAnswer})
    def create(self, request: Request, slug: str) -> Response:
        """Grant a role to a person; granting it again changes its end."""
        require_permission(request.user, Permission.MANAGE_MEMBERS, self.domain)
        body = NewMembership.read(request).validated_data
        person = Person.objects.filter(username=body["person"], is_active=True).first()
        if person is None:
            raise ValidationFailed(
                [Issue(location="/person", message="There is nobody of this user name.")]
            )
        membership = grant_role(
            person=person,
            role=Role(body["role"]),
            domain=self.domain,
            ends_at=body.get("ends_at"),
            actor=require_user(request.user),
        )
        return Response(self.get_serializer(membership).data, status=201)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, slug: str, membership: int) -> Response:
        """Revoke a role at once; an inherited one only in the domain where it was given."""
        require_permission(request.user, Permission.MANAGE_MEMBERS, self.domain)
        role = get_object_or_404(self.domain.memberships, pk=membership)
        revoke_role(membership=role, actor=require_user(request.user))
        return Response(status=204)

    @cached_property
    def domain(self) -> Domain:
        return self.get_object()


class TeamRequestAnswer(ModelAnswer[TeamRequest]):
    """A domain's request that a team work for it."""

    domain = serializers.CharField(source="domain.slug")
    team = serializers.CharField(source="team.slug")
    requested_by = serializers.CharField(source="requested_by.username")

    class Meta:
        model = TeamRequest
        fields = ("id", "domain", "team", "requested_by", "created_at")


class NewTeamRequest(Body):
    """The team that is asked, by slug."""

    team = StrictString(max_length=80)


class DomainTeamRequest(OfDomain):
    """The open request of a domain that a team work for it; the team's managers answer it."""

    permission_classes = [IsAuthenticated]
    serializer_class = TeamRequestAnswer

    @extend_schema(request=NewTeamRequest, responses={201: TeamRequestAnswer})
    def create(self, request: Request, slug: str) -> Response:
        """Ask a team to work for the domain; an earlier request is replaced."""
        domain = self.get_object()
        require_permission(request.user, Permission.MANAGE_DOMAIN, domain)
        body = NewTeamRequest.read(request).validated_data
        (team,) = rows_by_slug(Team, {"/team": body["team"]})
        row = request_team(domain=domain, team=team, actor=require_user(request.user))
        return Response(self.get_serializer(row).data, status=201)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, slug: str) -> Response:
        """Withdraw the request."""
        withdraw_team_request(domain=self.get_object(), actor=require_user(request.user))
        return Response(status=204)
