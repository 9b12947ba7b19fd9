"""API of the routes that alerts take."""

from uuid import UUID

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django_filters import CharFilter, ChoiceFilter, FilterSet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.api.rest.bodies import Body, DocumentField, StrictString, StringList
from catalog.api.rest.etags import EDITS, READS
from catalog.api.rest.slugs import domain_by_slug, rows_by_slug
from catalog.api.rest.views import ModelAnswer
from catalog.authorization.access import require_user
from catalog.exceptions import ValidationFailed
from catalog.people.models import Person, Team
from governance.alerts.addresses import shown_address
from governance.alerts.models import (
    Channel,
    Route,
)
from governance.alerts.services import (
    RouteFields,
    change_route,
    create_route,
    delete_route,
    rotate_secret,
    send_test,
)
from governance.api.alerts.deliveries import DeliveryAnswer
from governance.api.alerts.rows import OwnedRows, located_in_body, owned_by


class RouteAnswer(ModelAnswer[Route]):
    """A route; the address of a webhook without its path, which may be a secret."""

    id = serializers.UUIDField(source="uuid")
    domain = serializers.CharField(source="domain.slug", allow_null=True, default=None)
    person = serializers.CharField(source="person.username", allow_null=True, default=None)
    team = serializers.CharField(source="team.slug", allow_null=True, default=None)
    address = serializers.SerializerMethodField()

    class Meta:
        model = Route
        fields = (
            "id",
            "name",
            "domain",
            "channel",
            "person",
            "team",
            "address",
            "severities",
            "kinds",
            "quiet_hours",
            "receives_synthetic",
            "is_enabled",
            "disabled_reason",
            "created_at",
            "edition",
        )

    def get_address(self, route: Route) -> str:
        return shown_address(route)


class NewRouteAnswer(RouteAnswer):
    """A new route, and the secret that signs its webhooks: it is never shown again."""

    secret = serializers.SerializerMethodField()

    class Meta(RouteAnswer.Meta):
        fields = (*RouteAnswer.Meta.fields, "secret")  # type: ignore[assignment]

    def get_secret(self, route: Route) -> str | None:
        secret: str | None = self.context.get("secret") or None
        return secret


class RouteBody(Body):
    """What a route says; without an address it keeps the one that it has."""

    name = StrictString(max_length=120)
    channel = StrictString(max_length=10)
    address = StrictString(required=False, allow_blank=True, max_length=2000, default="")
    person = StrictString(required=False, allow_null=True, max_length=150, default=None)
    team = StrictString(required=False, allow_null=True, max_length=80, default=None)
    severities = StringList(required=False, default=list, max_length=3)
    kinds = StringList(required=False, default=list, max_length=20)
    quiet_hours = DocumentField(required=False, default=dict)
    receives_synthetic = serializers.BooleanField(required=False, default=False)
    is_enabled = serializers.BooleanField(required=False, default=True)

    def route_fields(self) -> RouteFields:
        """Return the fields, with rows instead of names. Raises ValidationFailed."""
        values = {key: value for key, value in self.validated_data.items() if key != "domain"}
        if values["team"] is not None:
            (values["team"],) = rows_by_slug(Team, {"/team": values["team"]})
        if values["person"] is not None:
            person = Person.objects.filter(username=values["person"], is_active=True).first()
            if person is None:
                raise ValidationFailed.of("/person", "There is nobody of this user name.")
            values["person"] = person
        return RouteFields(**values)


class NewRoute(RouteBody):
    """A route to create: of a domain by slug, or of the mesh."""

    domain = StrictString(required=False, allow_null=True, default=None, max_length=120)


class RouteFilters(FilterSet):
    """By domain and channel."""

    domain = CharFilter(field_name="domain__slug")
    channel = ChoiceFilter(choices=Channel.choices)


class AlertRoutes(ListModelMixin, OwnedRows[Route]):
    """Where alerts are sent; seen by those who see drafts of the domain, or operate the mesh."""

    serializer_class = RouteAnswer
    filterset_class = RouteFilters
    queryset = Route.objects.select_related("domain", "person", "team").order_by("pk")

    def get_queryset(self) -> QuerySet[Route]:
        return self.queryset.filter(owned_by(self.reader, "domain"))

    @extend_schema(request=NewRoute, responses={201: NewRouteAnswer})
    def create(self, request: Request) -> Response:
        """Create a route; the secret of a signed webhook is in this answer alone."""
        body = NewRoute.read(request)
        slug = body.validated_data["domain"]
        domain = domain_by_slug(slug) if slug else None
        with located_in_body():
            route, secret = create_route(
                domain=domain, fields=body.route_fields(), actor=require_user(request.user)
            )
        answer = NewRouteAnswer(route, context={"secret": secret}).data
        location = reverse("api:alert_route", kwargs={"uuid": route.uuid})
        return Response(answer, status=201, headers={"Location": location})

    @extend_schema(parameters=READS)
    def retrieve(self, request: Request, uuid: UUID) -> Response:
        """Return a route."""
        return self.answer(self.get_object())

    @extend_schema(request=RouteBody, parameters=EDITS)
    def update(self, request: Request, uuid: UUID) -> Response:
        """Replace what a route says."""
        route, edition = self.row_to_edit()
        fields = RouteBody.read(request).route_fields()
        with located_in_body():
            change_route(
                route=route, fields=fields, edition=edition, actor=require_user(request.user)
            )
        return self.answer_changed(route)

    @extend_schema(parameters=EDITS, responses={204: None})
    def destroy(self, request: Request, uuid: UUID) -> Response:
        """Delete a route, and what it has delivered."""
        route, edition = self.row_to_edit()
        delete_route(route=route, edition=edition, actor=require_user(request.user))
        return Response(status=204)

    @extend_schema(request=None, responses=DeliveryAnswer(many=True))
    def test(self, request: Request, uuid: UUID) -> Response:
        """Send a test by a route now, and return what became of it."""
        deliveries = send_test(
            route=self.get_object(), actor=require_user(request.user), now=timezone.now()
        )
        return Response(DeliveryAnswer(deliveries, many=True).data)

    @extend_schema(request=None, parameters=EDITS, responses=NewRouteAnswer)
    def secret(self, request: Request, uuid: UUID) -> Response:
        """Make a new secret, which is in this answer alone; for a day the old one signs too."""
        route, edition = self.row_to_edit()
        actor = require_user(request.user)
        with located_in_body():
            changed, secret = rotate_secret(
                route=route, edition=edition, actor=actor, now=timezone.now()
            )
        return Response(NewRouteAnswer(changed, context={"secret": secret}).data)
