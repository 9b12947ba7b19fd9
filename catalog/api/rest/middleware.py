"""Headers of every API response, and checks before any view."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers
from structlog.contextvars import get_contextvars

from catalog.api.rest.bodies import MEGABYTE, max_body_bytes
from catalog.api.rest.throttling import RATE
from catalog.problems import problem_response

PREFIX = "/api/"
MAX_DISCARDED = 64 * MEGABYTE


class ApiEdgeMiddleware:
    """Reject bodies without or beyond a length; add rate limits, request id and caching headers."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path.startswith(PREFIX):
            return self.get_response(request)
        response = error_response(request) or self.get_response(request)
        if response.status_code == 500:
            response = problem_response("internal-error", path=request.path)
        if rate := request.META.get(RATE):
            for name, value in zip(("Limit", "Remaining", "Reset"), rate, strict=True):
                response[f"RateLimit-{name}"] = str(value)
        response["X-Request-ID"] = str(get_contextvars().get("request_id", ""))
        signed_in = request.user.is_authenticated
        response.setdefault("Cache-Control", "private, no-store" if signed_in else "no-cache")
        patch_vary_headers(response, ["Authorization", "Cookie", "Accept"])
        return response


def error_response(request: HttpRequest) -> HttpResponse | None:
    """Return the error of a request whose body will not be read; None to continue."""
    if "\0" in request.path:  # Postgres rejects NUL even in a lookup
        return problem_response("not-found", path=request.path)
    length = request.META.get("CONTENT_LENGTH") or "0"
    if request.headers.get("Transfer-Encoding") and length == "0":
        return problem_response("length-required", path=request.path)
    if not length.isascii() or not length.isdecimal() or len(length) > 15:
        return problem_response("malformed-request", path=request.path)
    max_bytes = max_body_bytes(request.method or "", request.path)
    if int(length) > max_bytes:
        # Read and drop it, so that a client that reads only after sending gets the response.
        while int(length) <= MAX_DISCARDED and request.read(MEGABYTE):
            pass
        detail = f"A body may have at most {max_bytes:,} bytes."
        return problem_response("too-large", path=request.path, detail=detail)
    return None
