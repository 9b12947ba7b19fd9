"""The status page: a word for everybody, all readings for those who keep it running."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from catalog.authorization.access import access_for
from catalog.permissions import Permission
from config.health import part_states
from config.ops.indexes import as_json, index_blocks
from config.ops.status_checks import everything


@never_cache
@require_safe
def ops_status(request: HttpRequest) -> HttpResponse:
    """Say whether all is well. Open to everybody; the readings need a role of the mesh."""
    return render(request, "config/ops/status.html", _status(request))


@never_cache
@require_safe
def ops_status_json(request: HttpRequest) -> JsonResponse:
    """Give a program the same."""
    status = _status(request)
    sections = {
        name: [reading.as_json() for reading in readings] for name, readings in status["sections"]
    }
    ledgers = [as_json(block.report) for block in status["indexes"]]
    return JsonResponse(
        {
            "well": status["is_well"],
            "at": status["at"],
            "sections": sections,
            "indexes": ledgers,
        }
    )


def _status(request: HttpRequest) -> dict[str, Any]:
    reader = access_for(request.user)
    held = [Permission.OPERATE_PLATFORM, Permission.READ_AUDIT]
    sees_all = any(reader.can(permission, None) for permission in held)
    status: dict[str, Any] = {"at": timezone.now(), "sees_all": sees_all}
    status |= {"sections": [], "indexes": []}
    if sees_all:
        status["indexes"] = index_blocks(status["at"])
        status["sections"] = list(everything(verify="verify" in request.GET))
        readings = [reading for _name, section in status["sections"] for reading in section]
        return status | {"is_well": all(reading.is_well for reading in readings)}
    return status | {"is_well": all(state["ok"] for state in part_states().values())}
