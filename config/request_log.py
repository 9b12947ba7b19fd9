"""The log line of each request, and the id that its other lines carry too."""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import structlog
from django.conf import settings
from django.http import HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.functional import SimpleLazyObject
from structlog.contextvars import bind_contextvars, bound_contextvars, clear_contextvars

# What follows these beginnings opens an account; it belongs into no log.
SECRET = re.compile(r"^(/join/|/password/new/)[^/?]+")
# An id that a proxy gives; anything else would spoil the log or the audit trail.
GIVEN_ID = re.compile(r"[\w.:/+=-]{1,64}", re.ASCII)
logger = structlog.get_logger(__name__)


class RequestLogMiddleware:
    """Write one line for each request, and give all lines written meanwhile its id."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        started = time.perf_counter()
        context = {"request_id": id_of(request), "ip": address_of(request)}
        clear_contextvars()
        bind_contextvars(**context)
        response = self.get_response(request)
        is_failure = response.status_code >= 500
        say = logger.error if is_failure else logger.info
        say(
            "request_failed" if is_failure else "request_finished",
            request=f"{request.method} {without_secret(request.get_full_path())}",
            code=response.status_code,
            ms=round((time.perf_counter() - started) * 1000, 1),
            user_id=person_of(request),
            user_agent=request.META.get("HTTP_USER_AGENT"),
        )
        if isinstance(response, StreamingHttpResponse):
            response.streaming_content = _streamed(response.streaming_content, context)
        clear_contextvars()
        return response


def id_of(request: HttpRequest) -> str:
    """Return the id that a proxy gave the request, else a new one."""
    told = request.META.get("HTTP_X_REQUEST_ID", "")
    return told if GIVEN_ID.fullmatch(told) else str(uuid.uuid4())


def address_of(request: HttpRequest) -> str:
    """Return who asked: what the outermost of our own proxies saw, else the other end itself."""
    proxies = settings.ALLAUTH_TRUSTED_PROXY_COUNT
    passed = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if proxies else []
    found = passed[-min(proxies, len(passed))].strip() if passed else ""
    return found or str(request.META.get("REMOTE_ADDR", ""))


def person_of(request: HttpRequest) -> int | None:
    """Return the key of whoever asked, where that was looked at; nothing is read for the log."""
    user: Any = getattr(request, "user", None)
    if isinstance(user, SimpleLazyObject):
        user = getattr(request, "_cached_user", None)
    return getattr(user, "pk", None)


def without_secret(path: str) -> str:
    """Return a path in which nothing opens an account."""
    return SECRET.sub(r"\1…", path)


def _streamed(pieces: Any, context: dict[str, Any]) -> Iterator[bytes]:
    """Yield the pieces of an answer; what is logged meanwhile carries the request's id."""
    with bound_contextvars(**context):
        try:
            yield from pieces
        except Exception:
            logger.exception("streaming_failed")
            raise
