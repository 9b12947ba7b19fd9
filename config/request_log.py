"""The log line of each request, without the secrets that some links carry."""

from __future__ import annotations

import re
import time
import uuid
from typing import Any

from django.conf import settings
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject
from django_structlog.middlewares import RequestMiddleware
from django_structlog.signals import bind_extra_request_finished_metadata
from structlog.contextvars import bind_contextvars, clear_contextvars

# What follows these beginnings opens an account; it belongs into no log.
SECRET = re.compile(r"^(/join/|/password/new/)[^/?]+")
# An id that a proxy gives; anything else would spoil the log or the audit trail.
ACCEPTED_ID = re.compile(r"[\w.:/+=-]{1,64}", re.ASCII)
BEGAN = "assay.began"


class RequestLogMiddleware(RequestMiddleware):
    """Logs a request as it is, but for a secret in its path: one line, once it is answered.

    Nothing is read for the log, and an address is believed only from our own proxies.
    """

    def prepare(self, request: HttpRequest) -> None:
        """Give all lines written meanwhile the request's id, and where it came from."""
        request.META[BEGAN] = time.perf_counter()
        clear_contextvars()
        bind_contextvars(request_id=id_of(request), ip=address_of(request))

    @staticmethod
    def bind_user_id(request: HttpRequest) -> None:
        """Name whoever asked by their key, where that was looked at."""
        user: Any = getattr(request, "user", None)
        if isinstance(user, SimpleLazyObject):
            user = getattr(request, "_cached_user", None)
        bind_contextvars(user_id=getattr(user, "pk", None))

    @staticmethod
    def format_request(request: HttpRequest) -> str:
        """Return method and path, the secret part of it replaced by dots."""
        return f"{request.method} {without_secret(request.get_full_path())}"


@receiver(bind_extra_request_finished_metadata, sender=RequestLogMiddleware)
def say_more(request: HttpRequest, log_kwargs: dict[str, Any], **_: Any) -> None:
    """Add to the line how long the request took, and by which program it was sent."""
    log_kwargs["ms"] = round((time.perf_counter() - request.META[BEGAN]) * 1000, 1)
    log_kwargs["user_agent"] = request.META.get("HTTP_USER_AGENT")


def id_of(request: HttpRequest) -> str:
    """Return the id that a proxy gave the request, else a new one."""
    told = request.META.get("HTTP_X_REQUEST_ID", "")
    return told if ACCEPTED_ID.fullmatch(told) else str(uuid.uuid4())


def address_of(request: HttpRequest) -> str:
    """Return who asked: what the outermost of our own proxies saw, else the other end itself."""
    proxies = settings.ALLAUTH_TRUSTED_PROXY_COUNT
    passed = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if proxies else []
    found = passed[-min(proxies, len(passed))].strip() if passed else ""
    return found or str(request.META.get("REMOTE_ADDR", ""))


def without_secret(path: str) -> str:
    """Return a path in which nothing opens an account."""
    return SECRET.sub(r"\1…", path)
