"""API of business terms: their definitions, synonyms and acronyms."""

from uuid import UUID

from django.db.models import QuerySet
from django.urls import reverse
from django_filters import CharFilter, FilterSet, ModelChoiceFilter
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.mixins import ListModelMixin
from rest_framework.permissions import IsAuthenticated, IsAuthenticatedOrReadOnly
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.api.rest.bodies import Body, StrictString, StringList
from catalog.api.rest.errors import relocating
from catalog.api.rest.etags import EDITS, READS
from catalog.api.rest.slugs import domain_by_slug
from catalog.api.rest.views import ModelAnswer, ResourceViewSet
from catalog.authorization.access import require_user
from catalog.domains.models import Domain
from catalog.glossary.models import Term, TermProposal, visible_proposals
from catalog.glossary.services import (
    accept_proposal,
    define_term,
    edit_term,
    propose_term,
    reject_proposal,
    remove_term,
)
from catalog.permissions import Permission


class TermAnswer(ModelAnswer[Term]):
    """A business term; without a domain it applies to the whole mesh."""

    id = serializers.UUIDField(source="uuid")
    domain = serializers.CharField(source="domain.slug", allow_null=True)

    class Meta:
        model = Term
        fields = (
            "id",
            "slug",
            "name",
            "definition",
            "synonyms",
            "acronyms",
            "domain",
            "edition",
        )


class TermChange(Body):
    """New values of some of a term's fields; its slug stays."""

    name = StrictString(required=False, max_length=120)
    definition = StrictString(required=False, max_length=5000)
    synonyms = StringList(required=False, max_length=50)
    acronyms = StringList(required=False, max_length=50)


class NewTerm(TermChange):
    """A term to define, for the mesh or in the domain with this slug."""

    name = StrictString(max_length=120)
    definition = StrictString(max_length=5000)
    slug = StrictString(
        required=False, max_length=120, help_text="Made from the name if it is missing."
    )
    domain = StrictString(required=False, allow_null=True, max_length=120)


class TermFilters(FilterSet):
    """By domain and by the beginning of the name."""

    domain = ModelChoiceFilter(queryset=Domain.objects.all(), to_field_name="slug")
    name = CharFilter(lookup_expr="istartswith", max_length=120)


class Terms(ListModelMixin, ResourceViewSet[Term]):
    """The glossary; everybody can read it, stewards define its terms."""

    permission_classes = [IsAuthenticatedOrReadOnly]
    serializer_class = TermAnswer
    filterset_class = TermFilters
    queryset = Term.objects.select_related("domain").order_by("name", "pk")
    lookup_field = "uuid"

    @extend_schema(request=NewTerm, responses={201: TermAnswer})
    def create(self, request: Request) -> Response:
        """Define a term, for the mesh or in one domain."""
        body = dict(NewTerm.read(request).validated_data)
        slug = body.pop("domain", None)
        domain = domain_by_slug(slug) if slug is not None else None
        with relocating("", "/"):
            term = define_term(actor=require_user(request.user), domain=domain, **body)
        location = reverse("api:term", kwargs={"uuid": term.uuid})
        return self.answer_changed(term, status=201, location=location)

    @extend_schema(parameters=READS)
    def retrieve(self, request: Request, uuid: UUID) -> Response:
        """Return a term."""
        return self.answer(self.get_object())

    @extend_schema(request=TermChange, parameters=EDITS)
    def partial_update(self, request: Request, uuid: UUID) -> Response:
        """Change a term's name, definition, synonyms or acronyms."""
        term, edition = self.to_edit(Permission.STEWARD_PRODUCTS)
        changes = TermChange.read(request).validated_data
        actor = require_user(request.user)
        with relocating("", "/"):
            term = edit_term(term=term, edition=edition, actor=actor, **changes)
        return self.answer_changed(term)

    @extend_schema(responses={204: None}, parameters=EDITS)
    def destroy(self, request: Request, uuid: UUID) -> Response:
        """Delete a term."""
        term, edition = self.to_edit(Permission.STEWARD_PRODUCTS)
        remove_term(term=term, edition=edition, actor=require_user(request.user))
        return Response(status=204)


class ProposalAnswer(ModelAnswer[TermProposal]):
    """A proposed term, and what became of it."""

    id = serializers.UUIDField(source="uuid")
    domain = serializers.CharField(source="domain.slug", allow_null=True)
    proposed_by = serializers.CharField(source="proposed_by.username")
    term = serializers.UUIDField(source="term.uuid", allow_null=True)

    class Meta:
        model = TermProposal
        fields = (
            "id",
            "name",
            "definition",
            "domain",
            "reason",
            "proposed_by",
            "created_at",
            "state",
            "answer",
            "answered_at",
            "term",
        )


class NewProposal(Body):
    """A term to propose, for the mesh or in the domain with this slug."""

    name = StrictString(max_length=120)
    definition = StrictString(max_length=5000)
    domain = StrictString(required=False, allow_null=True, max_length=120)
    reason = StrictString(required=False, max_length=2000, help_text="Where it is needed.")


class AcceptedProposal(Body):
    """How a proposal is accepted."""

    slug = StrictString(
        required=False, max_length=120, help_text="Made from the name if it is missing."
    )


class RejectedProposal(Body):
    """Why a proposal is rejected."""

    answer = StrictString(max_length=2000)


class TermProposals(ListModelMixin, ResourceViewSet[TermProposal]):
    """Proposed terms: one's own, and those that one may answer as a steward."""

    permission_classes = [IsAuthenticated]
    serializer_class = ProposalAnswer
    queryset = TermProposal.objects.select_related("domain", "proposed_by", "term").order_by("-pk")
    lookup_field = "uuid"

    def get_queryset(self) -> QuerySet[TermProposal]:
        rows = visible_proposals(self.reader, require_user(self.request.user))
        return self.queryset.filter(pk__in=rows.values("pk"))

    @extend_schema(request=NewProposal, responses={201: ProposalAnswer})
    def create(self, request: Request) -> Response:
        """Propose a term to the stewards of a domain, or of the mesh."""
        body = dict(NewProposal.read(request).validated_data)
        slug = body.pop("domain", None)
        domain = domain_by_slug(slug) if slug is not None else None
        with relocating("", "/"):
            proposal = propose_term(actor=require_user(request.user), domain=domain, **body)
        location = reverse("api:term_proposal", kwargs={"uuid": proposal.uuid})
        answer = ProposalAnswer(proposal).data
        return Response(answer, status=201, headers={"Location": location})

    def retrieve(self, request: Request, uuid: UUID) -> Response:
        """Return a proposal, and what became of it."""
        return Response(ProposalAnswer(self.get_object()).data)

    @extend_schema(request=AcceptedProposal, responses=ProposalAnswer)
    def accept(self, request: Request, uuid: UUID) -> Response:
        """Define the term as it was proposed."""
        body = AcceptedProposal.read(request).validated_data
        with relocating("", "/"):
            accept_proposal(proposal=self.get_object(), actor=require_user(request.user), **body)
        return Response(ProposalAnswer(self.get_object()).data)

    @extend_schema(request=RejectedProposal, responses=ProposalAnswer)
    def reject(self, request: Request, uuid: UUID) -> Response:
        """Reject the proposal; its author reads the answer."""
        body = RejectedProposal.read(request).validated_data
        with relocating("", "/"):
            reject_proposal(proposal=self.get_object(), actor=require_user(request.user), **body)
        return Response(ProposalAnswer(self.get_object()).data)
