"""The log line of each request, without the secrets that some links carry."""

from __future__ import annotations

import re

from django.http import HttpRequest
from django_structlog.middlewares import RequestMiddleware

# What follows these beginnings opens an account; it belongs into no log.
SECRET = re.compile(r"^(/join/|/password/new/)[^/?]+")


class RequestLogMiddleware(RequestMiddleware):
    """Logs a request as it is, but for a secret in its path."""

    @staticmethod
    def format_request(request: HttpRequest) -> str:
        """Return method and path, the secret part of it replaced by dots."""
        return f"{request.method} {without_secret(request.get_full_path())}"


def without_secret(path: str) -> str:
    """Return a path in which nothing opens an account."""
    return SECRET.sub(r"\1…", path)
