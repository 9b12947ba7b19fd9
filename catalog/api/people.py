"""Who calls, the teams there are, and the tokens of one's programs, over the API."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.db.models import Prefetch, QuerySet
from django.http import Http404
from django.urls import reverse
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

from catalog.api.rest.bodies import Body, StrictInteger, StrictString, StringList
from catalog.api.rest.errors import relocated
from catalog.authorization.access import require_user
from catalog.authorization.models import Membership
from catalog.exceptions import PermissionDenied, ValidationFailed
from catalog.people.models import ApiToken, Person, Team, TeamMember, current
from catalog.people.services import create_token, revoke_token
from catalog.types import JSONObject

DEFAULT_DAYS, MAX_DAYS = 90, 366


class TokenAnswer(serializers.ModelSerializer[ApiToken]):
    """A token without its text, of which only a digest is stored."""

    id = serializers.UUIDField(source="uuid")
    created_at = serializers.DateTimeField(source="created")
    expires_at = serializers.DateTimeField(source="expiry", allow_null=True)

    class Meta:
        model = ApiToken
        fields: tuple[str, ...] = (
            "id",
            "name",
            "scopes",
            "created_at",
            "expires_at",
            "last_used_at",
        )
        read_only_fields = fields


class NewTokenAnswer(TokenAnswer):
    """A new token with its text, which is never shown again."""

    token = serializers.SerializerMethodField()

    class Meta(TokenAnswer.Meta):
        fields = (*TokenAnswer.Meta.fields, "token")
        read_only_fields = fields

    def get_token(self, token: ApiToken) -> str:
        return str(self.context["text"])


class NewToken(Body):
    """A token to create: its scopes, and for how many days it is valid."""

    name = StrictString(max_length=80)
    scopes = StringList(min_length=1, max_length=2, help_text="read, write or both.")
    days = StrictInteger(required=False, min_value=1, max_value=MAX_DAYS)


class TeamSummary(serializers.ModelSerializer[Team]):
    """A team."""

    email = serializers.CharField(help_text="Where the team is reached.")

    class Meta:
        model = Team
        fields: tuple[str, ...] = ("slug", "name", "description", "email")
        read_only_fields = fields


class Member(serializers.ModelSerializer[TeamMember]):
    """A person in a team, as others see them."""

    username = serializers.CharField(source="person.username")
    name = serializers.CharField(source="person.display_name")

    class Meta:
        model = TeamMember
        fields = ("username", "name", "ends_at")
        read_only_fields = fields


class TeamDetail(TeamSummary):
    """A team and its current members."""

    members = Member(many=True)

    class Meta(TeamSummary.Meta):
        fields = (*TeamSummary.Meta.fields, "members")
        read_only_fields = fields


class OwnRole(serializers.ModelSerializer[Membership]):
    """A role of the caller; without a domain it applies to the whole mesh."""

    domain = serializers.SerializerMethodField()

    class Meta:
        model = Membership
        fields = ("domain", "role", "ends_at")
        read_only_fields = fields

    def get_domain(self, membership: Membership) -> str | None:
        return membership.domain.slug if membership.domain else None


class MeAnswer(serializers.ModelSerializer[Person]):
    """The caller: their teams, their roles, and the token of the request, if any."""

    id = serializers.UUIDField(source="uuid")
    name = serializers.CharField(source="display_name")
    email = serializers.CharField()
    teams = serializers.SerializerMethodField()
    roles = serializers.SerializerMethodField()
    token = serializers.SerializerMethodField()

    class Meta:
        model = Person
        fields = ("id", "username", "name", "email", "teams", "roles", "token")
        read_only_fields = fields

    def get_teams(self, person: Person) -> list[str]:
        rows = TeamMember.objects.filter(current(), person=person).order_by("team__slug")
        return list(rows.values_list("team__slug", flat=True))

    def get_roles(self, person: Person) -> list[JSONObject]:
        held = Membership.objects.active().filter(person=person).select_related("domain")
        return list(OwnRole(held.order_by("pk"), many=True).data)

    def get_token(self, person: Person) -> JSONObject | None:
        token = self.context["token"]
        return dict(TokenAnswer(token).data) if isinstance(token, ApiToken) else None


class Me(APIView):
    """The caller."""

    permission_classes = [IsAuthenticated]

    @extend_schema(responses=MeAnswer, operation_id="me")
    def get(self, request: Request) -> Response:
        """Return the caller: their teams, roles and token."""
        return Response(MeAnswer(require_user(request.user), context={"token": request.auth}).data)


class Teams(GenericViewSet[Team]):
    """Teams and their members."""

    permission_classes = [IsAuthenticated]
    serializer_class = TeamDetail
    queryset = Team.objects.none()
    lookup_field = "slug"

    def get_queryset(self) -> QuerySet[Team]:
        now = TeamMember.objects.filter(current(), person__is_active=True)
        members = Prefetch("members", now.select_related("person").order_by("pk"))
        return Team.objects.prefetch_related(members).order_by("name", "pk")

    @extend_schema(responses=TeamSummary(many=True))
    def list(self, request: Request) -> Response:
        """List the teams."""
        teams = self.filter_queryset(Team.objects.order_by("name", "pk"))
        return self.get_paginated_response(
            TeamSummary(self.paginate_queryset(teams), many=True).data
        )

    def retrieve(self, request: Request, slug: str) -> Response:
        """Return a team and its current members."""
        team = self.get_queryset().filter(slug=slug).first()
        if team is None:
            raise Http404
        return Response(TeamDetail(team).data)


class Tokens(GenericViewSet[ApiToken]):
    """The caller's own tokens."""

    permission_classes = [IsAuthenticated]
    serializer_class = TokenAnswer
    queryset = ApiToken.objects.none()
    lookup_field = "uuid"

    def get_queryset(self) -> QuerySet[ApiToken]:
        own = ApiToken.objects.filter(user=require_user(self.request.user))
        return own.order_by("-created", "-pk")

    def list(self, request: Request) -> Response:
        """List your tokens, without their texts."""
        rows = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(TokenAnswer(rows, many=True).data)

    @extend_schema(request=NewToken, responses={201: NewTokenAnswer})
    def create(self, request: Request) -> Response:
        """Create a token; only this response contains its text."""
        body = NewToken.read(request).validated_data
        lasts = timedelta(days=body.get("days", DEFAULT_DAYS))
        if isinstance(request.auth, ApiToken):
            lasts = _within(request.auth, body["scopes"], lasts, is_asked="days" in body)
        try:
            token, text = create_token(
                person=require_user(request.user),
                name=body["name"],
                scopes=body["scopes"],
                lasts=lasts,
            )
        except ValidationFailed as invalid:
            raise relocated(invalid, "", "/") from invalid
        stands = ApiToken.objects.get(uuid=token.uuid)
        location = reverse("api:token", kwargs={"uuid": token.uuid})
        answer = NewTokenAnswer(stands, context={"text": text}).data
        return Response(answer, status=201, headers={"Location": location})

    def retrieve(self, request: Request, uuid: UUID) -> Response:
        """Return one of your tokens: its scopes and when it expires."""
        return Response(TokenAnswer(self.token()).data)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, uuid: UUID) -> Response:
        """Revoke a token at once."""
        revoke_token(token=self.token(), actor=require_user(request.user))
        return Response(status=204)

    def token(self) -> ApiToken:
        """Return the token of the URL. Raises Http404."""
        token = self.get_queryset().filter(uuid=self.kwargs["uuid"]).first()
        if token is None:
            raise Http404
        return token


def _within(maker: ApiToken, scopes: list[str], lasts: timedelta, *, is_asked: bool) -> timedelta:
    """Return how long a token lasts that another creates: no longer, and with no more scopes."""
    wider = sorted(set(scopes) - set(maker.scopes))
    if wider:
        raise PermissionDenied(
            f"A token cannot make one that may do more: {', '.join(wider)}.",
            location="/scopes",
            hint="Sign in to make that token.",
        )
    left = maker.expiry - timezone.now() if maker.expiry else None
    if left is not None and lasts > left:
        if is_asked:
            raise PermissionDenied(
                "A token cannot make one that outlives it.",
                location="/days",
                hint="Ask for fewer days, or sign in to make that token.",
            )
        return left
    return lasts
