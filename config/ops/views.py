"""The status page: the overall state for everyone, all readings for operators and auditors."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from catalog.authorization.access import access_for
from catalog.permissions import Permission
from catalog.web.pages import render_page
from config.health import part_states
from config.ops.indexes import IndexCard, as_json, index_cards
from config.ops.status_checks import StatusReading, all_checks


@dataclass(frozen=True)
class StatusPage:
    """Without the role to see them there are no sections and no indexes.

    `is_ok` is about what was checked; `unchecked` names the readings that were not.
    """

    is_ok: bool
    checked_at: datetime
    sees_all: bool
    sections: Sequence[tuple[str, Sequence[StatusReading]]] = ()
    indexes: Sequence[IndexCard] = ()
    unchecked: Sequence[str] = ()


class StatusAnswer(serializers.Serializer[Any]):
    """`sections` has readings by component, `indexes` how each search index compares.

    `well` is about what was checked; `unchecked` names the readings that were not, whose
    `is_well` is null.
    """

    well = serializers.BooleanField()
    unchecked = serializers.ListField(child=serializers.CharField())
    at = serializers.DateTimeField()
    sections = serializers.DictField(child=serializers.ListField(child=serializers.DictField()))
    indexes = serializers.ListField(child=serializers.DictField())


@never_cache
@require_safe
def ops_status(request: HttpRequest) -> HttpResponse:
    """Show whether all systems work. Open to everyone; the readings need a role of the mesh."""
    return render_page(request, "config/ops/status.html", _status(request))


@method_decorator(never_cache, name="dispatch")
class SystemStatus(APIView):
    """Whether all systems work; the readings of each are for operators and auditors."""

    permission_classes = [AllowAny]

    @extend_schema(responses=StatusAnswer, tags=["status"])
    def get(self, request: Request) -> Response:
        """Return the state of the installation."""
        status = _status(request)
        return Response(
            {
                "well": status.is_ok,
                "unchecked": list(status.unchecked),
                "at": status.checked_at.isoformat(),
                "sections": {
                    name: [reading.as_json() for reading in readings]
                    for name, readings in status.sections
                },
                "indexes": [as_json(card.report) for card in status.indexes],
            }
        )


def _status(request: HttpRequest | Request) -> StatusPage:
    access, now = access_for(request.user), timezone.now()
    permissions = (Permission.OPERATE_PLATFORM, Permission.READ_AUDIT)
    if not any(access.can(permission, None) for permission in permissions):
        is_ok = all(state["ok"] for state in part_states().values())
        return StatusPage(is_ok, now, sees_all=False)
    sections = list(all_checks(verify="verify" in request.GET))
    readings = [reading for _name, group in sections for reading in group]
    return StatusPage(
        is_ok=all(reading.is_well is not False for reading in readings),
        checked_at=now,
        sees_all=True,
        sections=sections,
        indexes=index_cards(now),
        unchecked=[reading.name for reading in readings if reading.is_well is None],
    )
