"""What every answer of the API carries, and what is turned away before any view is reached."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers
from structlog.contextvars import get_contextvars

from catalog.api.rest.problems import problem_response
from catalog.api.rest.requests import MEGABYTE
from catalog.api.rest.throttling import RATE

PREFIX = "/api/"
MOST_BYTES = 10 * MEGABYTE
MOST_DRAINED = 64 * MEGABYTE


class ApiEdgeMiddleware:
    """Refuse bodies too large or without a length; say rates, request id and how to cache."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path.startswith(PREFIX):
            return self.get_response(request)
        response = error_response(request) or self.get_response(request)
        if response.status_code == 500:
            response = problem_response("failure", path=request.path)
        if rate := request.META.get(RATE):
            for name, value in zip(("Limit", "Remaining", "Reset"), rate, strict=True):
                response[f"RateLimit-{name}"] = str(value)
        response["X-Request-ID"] = str(get_contextvars().get("request_id", ""))
        signed_in = request.user.is_authenticated
        response.setdefault("Cache-Control", "private, no-store" if signed_in else "no-cache")
        patch_vary_headers(response, ["Authorization", "Cookie", "Accept"])
        return response


def error_response(request: HttpRequest) -> HttpResponse | None:
    """Return the answer to a request whose body nothing here would read; None to let it in."""
    if "\0" in request.path:  # Postgres takes no NUL, not even to look for it
        return problem_response("not-found", path=request.path)
    length = request.META.get("CONTENT_LENGTH") or "0"
    if request.headers.get("Transfer-Encoding") and length == "0":
        return problem_response("length-missing", path=request.path)
    if not length.isascii() or not length.isdecimal() or len(length) > 15:
        return problem_response("malformed-request", path=request.path)
    if int(length) > MOST_BYTES:
        _drain(request, int(length))
        detail = f"A body has at most {MOST_BYTES:,} bytes."
        return problem_response("too-large", path=request.path, detail=detail)
    return None


def _drain(request: HttpRequest, length: int) -> None:
    """Pass over a body in pieces, so that a client that reads only once all is sent gets told."""
    if length <= MOST_DRAINED:
        while request.read(MEGABYTE):
            pass
