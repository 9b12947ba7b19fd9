"""The log line of each request, without the secrets in some links."""

import re
import time
import uuid
from typing import Any

from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject
from django_structlog.middlewares import RequestMiddleware
from django_structlog.signals import bind_extra_request_finished_metadata
from structlog.contextvars import bind_contextvars, clear_contextvars

from catalog.client_ip import client_ip
from catalog.types import JSONObject
from config.logs import redact

# A request id from a proxy; any other text could corrupt the log or the audit trail.
ACCEPTED_ID = re.compile(r"[\w.:/+=-]{1,64}", re.ASCII)
STARTED_AT = "assay.started_at"


class RequestLogMiddleware(RequestMiddleware):
    """Logs one line per answered request, without a secret in its path.

    Nothing is loaded for the log, and X-Forwarded-For is trusted only from our own proxies.
    """

    def prepare(self, request: HttpRequest) -> None:
        """Add the id and the IP address of the request to all lines that are logged meanwhile."""
        request.META[STARTED_AT] = time.perf_counter()
        clear_contextvars()
        bind_contextvars(request_id=request_id_of(request), ip=client_ip(request))

    def handle_response(self, request: HttpRequest, response: HttpResponse) -> None:
        """Log the line; a file stays one, so that the web server sends it without a thread."""
        file = getattr(response, "file_to_stream", None)
        super().handle_response(request, response)
        if file is not None:
            response.file_to_stream = file  # type: ignore[attr-defined]  # of a FileResponse

    @staticmethod
    def bind_user_id(request: HttpRequest) -> None:
        """Add the key of the user, if the request has loaded them."""
        user: Any = getattr(request, "user", None)
        if isinstance(user, SimpleLazyObject):
            user = getattr(request, "_cached_user", None)
        bind_contextvars(user_id=getattr(user, "pk", None))

    @staticmethod
    def format_request(request: HttpRequest) -> str:
        """Return method and path without a secret."""
        return f"{request.method} {redact(request.get_full_path())}"


@receiver(bind_extra_request_finished_metadata, sender=RequestLogMiddleware)
def add_context(request: HttpRequest, log_kwargs: JSONObject, **_: Any) -> None:
    """Add the duration and the user agent to the line."""
    log_kwargs["ms"] = round((time.perf_counter() - request.META[STARTED_AT]) * 1000, 1)
    log_kwargs["user_agent"] = request.META.get("HTTP_USER_AGENT")


def request_id_of(request: HttpRequest) -> str:
    """Return the id that a proxy gave the request, else a new one."""
    sent = request.META.get("HTTP_X_REQUEST_ID", "")
    return sent if ACCEPTED_ID.fullmatch(sent) else str(uuid.uuid4())
