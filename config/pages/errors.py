"""Error pages, each with a next step."""

import re
import sys
from dataclasses import dataclass
from uuid import uuid4

import structlog
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from structlog.contextvars import get_contextvars

from catalog.exceptions import CatalogError
from catalog.problems import PROBLEM_TYPES, RETRY_SECONDS, problem_response
from catalog.web.pages import render_page

logger = structlog.get_logger(__name__)
# The server does not answer, a lock was not released in time, or the disk is full.
DATABASE_UNAVAILABLE = (OperationalError, InterfaceError)


@dataclass(frozen=True)
class NotFoundPage:
    query: str


@dataclass(frozen=True)
class ErrorPage:
    """Why something was not done, and how to fix it."""

    status: int
    message: str = ""
    hint: str = ""


@dataclass(frozen=True)
class BrokenPage:
    request_id: str


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    page = error_page(403, exception)
    if wants_json(request):
        return problem_response("permission-denied", path=request.path, detail=page.message)
    return render_page(request, "errors/403.html", page, status=403).render()


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer a request that cannot be read, such as one for an unknown host."""
    if wants_json(request):
        return problem_response("malformed-request", path=request.path)
    return bare_page(request, "errors/400.html", ErrorPage(400), status=400)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer an unknown or hidden address; the search box has the words of the address."""
    if wants_json(request):
        return problem_response("not-found", path=request.path)
    page = NotFoundPage(search_words(request.path))
    return render_page(request, "errors/404.html", page, status=404).render()


def not_saved(request: HttpRequest, status: int, error: CatalogError) -> HttpResponse:
    """Show why nothing was changed, and how to fix it."""
    if wants_json(request):
        code = error.code if error.code in PROBLEM_TYPES else "invalid-transition"
        return problem_response(code, path=request.path, detail=error.message, hint=error.hint)
    page = error_page(status, error)
    return render_page(request, "errors/409.html", page, status=status).render()


def unavailable(request: HttpRequest) -> HttpResponse:
    """Answer that the database cannot be used now, or is locked, and when to try again."""
    if wants_json(request):
        response: HttpResponse = problem_response("unavailable", path=request.path)
    else:
        response = bare_page(request, "errors/503.html", ErrorPage(503), status=503)
    response["Retry-After"] = str(RETRY_SECONDS)
    return response


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer an internal error with its request id in the log, without using the database."""
    # Middleware reads the session, so an error of the database may come from there too.
    if isinstance(sys.exc_info()[1], DATABASE_UNAVAILABLE):
        return unavailable(request)
    logged_id = get_contextvars().get("request_id")
    request_id = str(logged_id or uuid4())
    if not logged_id:
        logger.error("server_error_page", request_id=request_id)
    if wants_json(request):
        return problem_response("internal-error", path=request.path, request_id=request_id)
    return bare_page(request, "errors/500.html", BrokenPage(request_id), status=500)


def bare_page(
    request: HttpRequest, template: str, page: ErrorPage | BrokenPage, *, status: int
) -> HttpResponse:
    """Render a page without context processors, because they read the session and the host."""
    context = {"page": page, "request": request}
    return HttpResponse(render_to_string(template, context), status=status)


def error_page(status: int, error: Exception | None) -> ErrorPage:
    if not isinstance(error, CatalogError):
        return ErrorPage(status)
    return ErrorPage(status, str(error.message), str(error.hint))


def search_words(path: str) -> str:
    """Return the words of an address's last part: what the reader was probably looking for."""
    last = path.rstrip("/").rpartition("/")[2].removesuffix(".json")
    return " ".join(re.findall(r"[^\W_]+", last))[:100]


def wants_json(request: HttpRequest) -> bool:
    """Return True if the address belongs to the API, or JSON is accepted first."""
    if request.path.startswith("/api/"):
        return True
    preferred = request.get_preferred_type(["text/html", "application/json"])
    return preferred == "application/json"
