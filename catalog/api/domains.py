"""API of domains: the tree, single domains, and who has which role in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.db.models import Count, QuerySet
from django.http import Http404
from django.urls import reverse
from django_filters import FilterSet, ModelChoiceFilter, TypedChoiceFilter
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.permissions import AllowAny, IsAuthenticated, IsAuthenticatedOrReadOnly
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

from catalog.api.products.documents import unknown_slug
from catalog.api.rest.bodies import Body, StrictString
from catalog.api.rest.etags import EDITS, READS, attach_current_state, parse_if_match, with_etag
from catalog.authorization.access import access_for, require_permission, require_user
from catalog.authorization.models import Membership
from catalog.domains.models import Domain, FormerDomainSlug
from catalog.domains.services import create_domain, edit_domain, grant_role, revoke_role
from catalog.exceptions import ValidationFailed
from catalog.issues import Issue
from catalog.people.models import Person, Team
from catalog.permissions import DOMAIN_ROLES, Permission, Role
from catalog.products.models import DataProduct
from catalog.types import JSONObject

Counts = Mapping[int, int]
WORDS = ("true", "false")


class DomainAnswer(serializers.ModelSerializer[Domain]):
    """A domain; `product_count` counts the live products that the caller can see."""

    id = serializers.UUIDField(source="uuid")
    parent = serializers.SerializerMethodField()  # type: ignore[assignment]  # a member by name
    owner_team = serializers.SerializerMethodField()
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
        read_only_fields = fields

    def get_parent(self, domain: Domain) -> str | None:
        return domain.parent.slug if domain.parent else None

    def get_owner_team(self, domain: Domain) -> str | None:
        return domain.owner_team.slug if domain.owner_team else None

    def get_product_count(self, domain: Domain) -> int:
        counts: Counts = self.context["counts"]
        return counts.get(domain.pk, 0)


class Branch(serializers.Serializer[Any]):
    """A domain in the order of the tree; `depth` is 0 at the top."""

    slug = serializers.CharField()
    name = serializers.CharField()
    depth = serializers.IntegerField()
    product_count = serializers.IntegerField()


class MembershipAnswer(serializers.ModelSerializer[Membership]):
    """A person's role in a domain, and until when."""

    person = serializers.CharField(source="person.username")
    name = serializers.CharField(source="person.display_name")

    class Meta:
        model = Membership
        fields = ("id", "person", "name", "role", "starts_at", "ends_at")
        read_only_fields = fields


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
        for member, model, noun in (("parent", Domain, "domain"), ("owner_team", Team, "team")):
            slug = changes.get(member)
            if slug is None:
                continue
            rows = model._default_manager
            changes[member] = rows.filter(slug=slug).first()
            if changes[member] is None:
                known = list(rows.values_list("slug", flat=True))
                raise ValidationFailed([unknown_slug(f"/{member}", slug, known, noun)])
        return changes


class NewDomain(DomainChange):
    """A domain to create."""

    slug = StrictString(max_length=120)
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

    class Meta:
        model = Domain
        fields = ()


class OfDomain(GenericViewSet[Any]):
    """Views of one domain, by its current slug or a former one."""

    serializer_class: type[serializers.BaseSerializer[Any]] = DomainAnswer
    queryset = Domain.objects.none()
    lookup_field = "slug"

    def domain(self) -> Domain:
        """Return the domain of the URL. Raises Http404."""
        slug = self.kwargs["slug"]
        domains = Domain.objects.select_related("parent", "owner_team")
        former = FormerDomainSlug.objects.filter(slug=slug).values("domain_id")
        found = domains.filter(slug=slug).first() or domains.filter(pk__in=former).first()
        if found is None:
            raise Http404
        return found

    def state(self, domain: Domain) -> Mapping[str, object]:
        counts = _product_counts(self.request, [domain.pk])
        return DomainAnswer(domain, context={"counts": counts}).data

    def answer(self, domain: Domain, *, status: int = 200, location: str = "") -> Response:
        """Return the current state of the domain, with its ETag."""
        stands = Domain.objects.select_related("parent", "owner_team").get(pk=domain.pk)
        state = self.state(stands)
        return with_etag(self.request, state, stands.edition, status=status, location=location)

    def handle_exception(self, exc: Exception) -> Response:
        """Add the current state to an edit conflict."""
        return super().handle_exception(
            attach_current_state(exc, lambda: self.state(self.domain()))
        )


class Domains(OfDomain):
    """Find, create and edit domains."""

    permission_classes = [IsAuthenticatedOrReadOnly]
    filterset_class = DomainFilters

    def get_queryset(self) -> QuerySet[Domain]:
        """Return all domains, because who owns data is public."""
        return Domain.objects.select_related("parent", "owner_team").order_by("name", "pk")

    def list(self, request: Request) -> Response:
        """List all domains."""
        rows = self.paginate_queryset(self.filter_queryset(self.get_queryset())) or []
        counts = _product_counts(request, [domain.pk for domain in rows])
        answers = DomainAnswer(rows, many=True, context={"counts": counts})
        return self.get_paginated_response(answers.data)

    @extend_schema(request=NewDomain, responses={201: DomainAnswer})
    def create(self, request: Request) -> Response:
        """Create a domain, at the top or below a parent."""
        changes = NewDomain.read(request).changes()
        domain = create_domain(actor=require_user(request.user), **changes)
        location = reverse("api:domain", kwargs={"slug": domain.slug})
        return self.answer(domain, status=201, location=location)

    @extend_schema(parameters=READS)
    def retrieve(self, request: Request, slug: str) -> Response:
        """Return a domain: its mission, its parent and its owner team."""
        return self.answer(self.domain())

    @extend_schema(request=DomainChange, parameters=EDITS)
    def partial_update(self, request: Request, slug: str) -> Response:
        """Rename, move or describe a domain; its old slug redirects to it."""
        domain = self.domain()
        require_permission(request.user, Permission.MANAGE_DOMAIN, domain)
        edition = parse_if_match(request)
        changes = DomainChange.read(request).changes()
        return self.answer(
            edit_domain(domain=domain, edition=edition, actor=require_user(request.user), **changes)
        )


class DomainTree(APIView):
    """The whole tree of domains at once."""

    permission_classes = [AllowAny]

    @extend_schema(responses=Branch(many=True), operation_id="domain_tree", tags=["domains"])
    def get(self, request: Request) -> Response:
        """List all domains in the order of the tree, each with its depth."""
        domains = list(Domain.objects.order_by("name", "pk"))
        counts = _product_counts(request, [domain.pk for domain in domains])
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

    @extend_schema(responses=MembershipAnswer(many=True))
    def list(self, request: Request, slug: str) -> Response:
        """List the roles in the domain itself; roles in the domains above apply here too."""
        members = self.domain().memberships.select_related("person").order_by("pk")
        rows = self.paginate_queryset(self.filter_queryset(members))
        return self.get_paginated_response(MembershipAnswer(rows, many=True).data)

    @extend_schema(request=NewMembership, responses={201: MembershipAnswer})
    def create(self, request: Request, slug: str) -> Response:
        """Grant a role to a person; granting it again changes its end."""
        domain = self.domain()
        require_permission(request.user, Permission.MANAGE_MEMBERS, domain)
        body = NewMembership.read(request).validated_data
        person = Person.objects.filter(username=body["person"], is_active=True).first()
        if person is None:
            raise ValidationFailed(
                [Issue(location="/person", message="There is nobody of this user name.")]
            )
        membership = grant_role(
            person=person,
            role=Role(body["role"]),
            domain=domain,
            ends_at=body.get("ends_at"),
            actor=require_user(request.user),
        )
        stands = Membership.objects.select_related("person").get(pk=membership.pk)
        return Response(MembershipAnswer(stands).data, status=201)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, slug: str, membership: int) -> Response:
        """Revoke a role at once."""
        domain = self.domain()
        require_permission(request.user, Permission.MANAGE_MEMBERS, domain)
        held = domain.memberships.filter(pk=membership).first()
        if held is None:
            raise Http404
        revoke_role(membership=held, actor=require_user(request.user))
        return Response(status=204)


def in_tree_order(domains: list[Domain]) -> Iterator[tuple[Domain, int]]:
    """Yield each domain after its parent, with its depth."""
    below: dict[int | None, list[Domain]] = {}
    for domain in domains:
        below.setdefault(domain.parent_id, []).append(domain)
    waiting = [(domain, 0) for domain in reversed(below.get(None, []))]
    while waiting:
        domain, depth = waiting.pop()
        yield domain, depth
        waiting += [(inner, depth + 1) for inner in reversed(below.get(domain.pk, []))]


def _product_counts(request: Request, domain_ids: list[int]) -> Counts:
    live = DataProduct.objects.visible_to(access_for(request.user)).live().in_domains(domain_ids)
    rows = live.order_by().values_list("domain_id").annotate(Count("pk"))
    return dict(rows)
