"""Turns errors of the catalog that leave a view into pages or problem documents."""

from collections.abc import Callable

import structlog
from django.core.exceptions import ObjectDoesNotExist
from django.http import HttpRequest, HttpResponse

from catalog.audit.services import record_if_denied
from catalog.exceptions import CatalogError, NotFound, PermissionDenied, ValidationFailed
from catalog.people.models import Person
from config.pages.errors import (
    DATABASE_UNAVAILABLE,
    forbidden,
    not_found,
    not_saved,
    unavailable,
)

CONFLICT, UNPROCESSABLE = 409, 422
logger = structlog.get_logger(__name__)


class ErrorPageMiddleware:
    """Turns errors of the catalog into 404, 403, 409 or 422, and of the database into 503.

    Forms show most of the former at fields.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # Postgres accepts no NUL, not even in a query.
        return not_found(request) if "\0" in request.path else self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Answer errors of the catalog, deleted rows and an unavailable database; else None."""
        if isinstance(error, NotFound):
            return not_found(request, error)
        if isinstance(error, ObjectDoesNotExist):
            # What was read or written a moment before has been deleted since.
            logger.warning("page_deleted_meanwhile", exc_info=error)
            return not_found(request)
        if isinstance(error, PermissionDenied):
            if isinstance(request.user, Person):
                record_if_denied(
                    error, actor=request.user, action=f"{request.method} {request.path}"
                )
            return forbidden(request, error)
        if isinstance(error, CatalogError):
            status = UNPROCESSABLE if isinstance(error, ValidationFailed) else CONFLICT
            return not_saved(request, status, error)
        if isinstance(error, DATABASE_UNAVAILABLE):
            logger.error("database_unavailable", exc_info=error)
            return unavailable(request)
        return None
