"""Who calls, the teams there are, and the tokens of one's programs, over the API."""

from datetime import timedelta
from uuid import UUID

from django.db.models import Prefetch, QuerySet, TextField, Value
from django.db.models.functions import Concat
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django_filters import CharFilter, FilterSet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.mixins import ListModelMixin
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from catalog.api.domains import TeamRequestAnswer
from catalog.api.rest.bodies import Body, StrictInteger, StrictString, StringList
from catalog.api.rest.errors import relocating
from catalog.api.rest.views import ModelAnswer, ResourceViewSet
from catalog.authorization.access import require_user
from catalog.authorization.models import Membership
from catalog.authorization.people import visible_email, visible_people
from catalog.domains.models import Domain, TeamRequest
from catalog.domains.services import answer_team_request
from catalog.exceptions import PermissionDenied
from catalog.people.models import ApiToken, Person, Team, TeamMember, current
from catalog.people.services import create_token, revoke_token
from catalog.types import JSONObject

DEFAULT_DAYS, MAX_DAYS = 90, 366


class TokenAnswer(ModelAnswer[ApiToken]):
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


class NewTokenAnswer(TokenAnswer):
    """A new token with its text, which is never shown again."""

    token = serializers.SerializerMethodField()

    class Meta(TokenAnswer.Meta):
        fields = (*TokenAnswer.Meta.fields, "token")

    def get_token(self, token: ApiToken) -> str:
        return str(self.context["text"])


class NewToken(Body):
    """A token to create: its scopes, and for how many days it is valid."""

    name = StrictString(max_length=80)
    scopes = StringList(min_length=1, max_length=2, help_text="read, write or both.")
    days = StrictInteger(required=False, min_value=1, max_value=MAX_DAYS)


class TeamSummary(ModelAnswer[Team]):
    """A team: how many people are in it now, and the domains that it works for, by slug."""

    email = serializers.CharField(help_text="Where the team is reached.")
    people_count = serializers.SerializerMethodField()
    domains = serializers.SlugRelatedField[Domain](slug_field="slug", many=True, read_only=True)

    class Meta:
        model = Team
        fields: tuple[str, ...] = (
            "slug",
            "name",
            "description",
            "email",
            "people_count",
            "domains",
        )

    def get_people_count(self, team: Team) -> int:
        return len(team.members.all())


class Member(ModelAnswer[TeamMember]):
    """A person in a team, as others see them."""

    username = serializers.CharField(source="person.username")
    name = serializers.CharField(source="person.display_name")

    class Meta:
        model = TeamMember
        fields = ("username", "name", "is_manager", "ends_at")


class TeamDetail(TeamSummary):
    """A team and its current members."""

    members = Member(many=True)

    class Meta(TeamSummary.Meta):
        fields = (*TeamSummary.Meta.fields, "members")


class OwnRole(ModelAnswer[Membership]):
    """A role of the caller; without a domain it applies to the whole mesh."""

    domain = serializers.CharField(source="domain.slug", allow_null=True)

    class Meta:
        model = Membership
        fields = ("domain", "role", "ends_at")


class MeAnswer(ModelAnswer[Person]):
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

    def get_teams(self, person: Person) -> list[str]:
        rows = TeamMember.objects.filter(current(), person=person).order_by("team__slug")
        return list(rows.values_list("team__slug", flat=True))

    def get_roles(self, person: Person) -> list[JSONObject]:
        roles = Membership.objects.active().filter(person=person).select_related("domain")
        return list(OwnRole(roles.order_by("pk"), many=True).data)

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


class PersonAnswer(ModelAnswer[Person]):
    """A person; who manages the mesh sees the email and last sign-in of all, others the email of
    owners and stewards.
    """

    id = serializers.UUIDField(source="uuid")
    name = serializers.CharField(source="display_name")
    email = serializers.SerializerMethodField()
    last_sign_in = serializers.DateTimeField(source="last_login", allow_null=True)

    class Meta:
        model = Person
        fields = ("id", "username", "name", "email", "is_active", "last_sign_in")

    def get_email(self, person: Person) -> str | None:
        return visible_email(person, self.context["access"])

    def to_representation(self, person: Person) -> JSONObject:
        answer: JSONObject = super().to_representation(person)
        return answer if self.context["access"].manages_people else answer | {"last_sign_in": None}


class PersonFilters(FilterSet):
    """By a part of the user name or the name; those who manage the mesh also by email."""

    q = CharFilter(field_name="words", lookup_expr="icontains", max_length=100)


class People(ListModelMixin, ResourceViewSet[Person]):
    """People: all for those who give roles, else those who are in a team or have a role."""

    permission_classes = [IsAuthenticated]
    serializer_class = PersonAnswer
    filterset_class = PersonFilters
    queryset = Person.objects.order_by("username", "pk")

    def get_queryset(self) -> QuerySet[Person]:
        email = ["email"] * self.reader.manages_people
        columns = ["username", "first_name", "last_name", *email]
        parts = (part for column in columns for part in (column, Value(" ")))
        words = Concat(*parts, output_field=TextField())
        return visible_people(self.reader).annotate(words=words).order_by("username", "pk")

    def get_serializer_context(self) -> JSONObject:
        return {**super().get_serializer_context(), "access": self.reader}


class Teams(ListModelMixin, ResourceViewSet[Team]):
    """Teams: their members, and the domains that they work for."""

    permission_classes = [IsAuthenticated]
    queryset = Team.objects.order_by("name", "pk")
    lookup_field = "slug"

    def get_queryset(self) -> QuerySet[Team]:
        now = TeamMember.objects.filter(current(), person__is_active=True)
        members = Prefetch("members", now.select_related("person").order_by("pk"))
        return self.queryset.prefetch_related(members, "domains")

    def get_serializer_class(self) -> type[TeamSummary]:
        return TeamSummary if self.action == "list" else TeamDetail

    def retrieve(self, request: Request, slug: str) -> Response:
        """Return a team and its current members."""
        return Response(self.state(self.get_object()))


class TeamRequests(ResourceViewSet[TeamRequest]):
    """Requests of domains that a team work for them; for those who manage the team."""

    permission_classes = [IsAuthenticated]
    serializer_class = TeamRequestAnswer
    queryset = TeamRequest.objects.select_related("domain", "team", "requested_by").order_by("pk")

    def get_queryset(self) -> QuerySet[TeamRequest]:
        team = get_object_or_404(Team, slug=self.kwargs["slug"])
        rows = self.queryset.filter(team=team)
        return rows if self.reader.manages_team(team.pk) else rows.none()

    def list(self, request: Request, slug: str) -> Response:
        """List the open requests; empty for who does not manage the team."""
        return self.answer_page(self.get_queryset())

    @extend_schema(request=None, responses={204: None})
    def accept(self, request: Request, slug: str, pk: int) -> Response:
        """Agree that the team works for the domain; its members may edit the products there."""
        return self._answer(is_accepted=True)

    @extend_schema(request=None, responses={204: None})
    def decline(self, request: Request, slug: str, pk: int) -> Response:
        """Decline the request."""
        return self._answer(is_accepted=False)

    def _answer(self, *, is_accepted: bool) -> Response:
        row, actor = self.get_object(), require_user(self.request.user)
        answer_team_request(request=row, is_accepted=is_accepted, actor=actor)
        return Response(status=204)


class Tokens(ListModelMixin, ResourceViewSet[ApiToken]):
    """The caller's own tokens, without their texts."""

    permission_classes = [IsAuthenticated]
    serializer_class = TokenAnswer
    queryset = ApiToken.objects.order_by("-created", "-pk")
    lookup_field = "uuid"

    def get_queryset(self) -> QuerySet[ApiToken]:
        return self.queryset.filter(user=require_user(self.request.user))

    @extend_schema(request=NewToken, responses={201: NewTokenAnswer})
    def create(self, request: Request) -> Response:
        """Create a token; only this response contains its text."""
        body = NewToken.read(request).validated_data
        days = body.pop("days", None)
        lasts = timedelta(days=days or DEFAULT_DAYS)
        if isinstance(request.auth, ApiToken):
            lasts = _within(request.auth, body["scopes"], lasts, is_chosen=days is not None)
        with relocating("", "/"):
            token, text = create_token(person=require_user(request.user), lasts=lasts, **body)
        current = self.queryset.get(uuid=token.uuid)
        location = reverse("api:token", kwargs={"uuid": token.uuid})
        answer = NewTokenAnswer(current, context={"text": text}).data
        return Response(answer, status=201, headers={"Location": location})

    def retrieve(self, request: Request, uuid: UUID) -> Response:
        """Return one of your tokens: its scopes and when it expires."""
        return Response(self.state(self.get_object()))

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, uuid: UUID) -> Response:
        """Revoke a token at once."""
        revoke_token(token=self.get_object(), actor=require_user(request.user))
        return Response(status=204)


def _within(maker: ApiToken, scopes: list[str], lasts: timedelta, *, is_chosen: bool) -> timedelta:
    """Return how long a token lasts that another creates: no longer, and with no more scopes."""
    wider = sorted(set(scopes) - set(maker.scopes))
    if wider:
        raise PermissionDenied(
            f"A token cannot make one that may do more: {', '.join(wider)}.",
            location="/scopes",
            hint="Sign in to make that token.",
        )
    if maker.expiry is None or lasts <= (left := maker.expiry - timezone.now()):
        return lasts
    if is_chosen:
        raise PermissionDenied(
            "A token cannot make one that outlives it.",
            location="/days",
            hint="Ask for fewer days, or sign in to make that token.",
        )
    return left
