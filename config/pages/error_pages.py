"""What a refusal that leaves a view looks like: a page, or a problem for a program."""

from __future__ import annotations

from collections.abc import Callable

import structlog
from django.core.exceptions import ObjectDoesNotExist
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from catalog.exceptions import CatalogError, NotFound, PermissionDenied, ValidationFailed
from config.pages.errors import forbidden, not_found, problem, wants_json

CONFLICT, UNPROCESSABLE = 409, 422
logger = structlog.get_logger(__name__)


class RefusalMiddleware:
    """Turn a refusal into 404, 403, 409 or 422; pages show most of them beside their fields."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # Postgres takes no NUL, not even to look for it.
        return not_found(request) if "\0" in request.path else self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Answer a refusal; everything else is none of this middleware's business."""
        if isinstance(error, NotFound):
            return not_found(request, error)
        if isinstance(error, ObjectDoesNotExist):
            # What was read or written a moment before has been deleted since.
            logger.warning("page_deleted_meanwhile", exc_info=error)
            return not_found(request)
        if isinstance(error, PermissionDenied):
            return forbidden(request, error)
        return refused(request, error) if isinstance(error, CatalogError) else None


def refused(request: HttpRequest, refusal: CatalogError) -> HttpResponse:
    """Say why nothing was done, and the way out."""
    status = UNPROCESSABLE if isinstance(refusal, ValidationFailed) else CONFLICT
    if wants_json(request):
        return problem(status, refusal.message)
    return render(request, "errors/refused.html", {"refusal": refusal}, status=status)
