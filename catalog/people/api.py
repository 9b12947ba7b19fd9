"""Who calls, the teams there are, and the tokens of one's programs, over the API."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
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

from catalog.domains.models import Membership
from catalog.people.models import ApiToken, Person, Team, TeamMember, current
from catalog.people.services import create_token, revoke_token
from catalog.refusals import Fault, Invalid, NotAllowed
from catalog.revisions.api import Body, Text, Whole, Words

USUAL_DAYS, MOST_DAYS = 90, 366


class TokenAnswer(serializers.ModelSerializer[ApiToken]):
    """A token without its text, of which only a digest is kept."""

    id = serializers.UUIDField(source="uuid")
    expires_at = serializers.DateTimeField(source="expiry")
    created_at = serializers.DateTimeField(source="created")

    class Meta:
        model = ApiToken
        fields = ("id", "name", "scopes", "created_at", "expires_at", "last_used_at")
        read_only_fields = fields


class NewTokenAnswer(TokenAnswer):
    """A token just made, with its text, which is never shown again."""

    token = serializers.SerializerMethodField()

    class Meta(TokenAnswer.Meta):
        fields = (*TokenAnswer.Meta.fields, "token")  # type: ignore[assignment]
        read_only_fields = fields  # type: ignore[assignment]

    def get_token(self, token: ApiToken) -> str:
        """Return the text."""
        return str(self.context["text"])


class NewToken(Body):
    """A token to make: what it may do, and for how many days."""

    name = Text(max_length=80)
    scopes = Words(min_length=1, max_length=2, help_text="read, write or both.")
    days = Whole(required=False, min_value=1, max_value=MOST_DAYS)


class TeamSummary(serializers.ModelSerializer[Team]):
    """A team."""

    class Meta:
        model = Team
        fields = ("slug", "name", "description", "email")
        read_only_fields = fields


class Member(serializers.ModelSerializer[Person]):
    """A person as others see them."""

    name = serializers.CharField(source="display_name")

    class Meta:
        model = Person
        fields = ("username", "name")
        read_only_fields = fields


class TeamDetail(TeamSummary):
    """A team and the people who are in it now."""

    members = serializers.SerializerMethodField()

    class Meta(TeamSummary.Meta):
        fields = (*TeamSummary.Meta.fields, "members")  # type: ignore[assignment]
        read_only_fields = fields  # type: ignore[assignment]

    @extend_schema_field_members
    def get_members(self, team: Team) -> list[dict[str, str]]:
        """Return the people."""
        rows = TeamMember.objects.filter(current(), team=team, person__is_active=True)
        people = [row.person for row in rows.select_related("person").order_by("pk")]
        return Member(people, many=True).data
