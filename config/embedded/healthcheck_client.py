"""Reads the health checks of our own web server."""

import http.client
import json
from contextlib import closing, suppress

from django.conf import settings

ALL_INTERFACES = {"0.0.0.0", "::"}  # noqa: S104  compared, not listened on


def is_live() -> bool:
    return _answer("/livez")[0] == 200


def failing_checks() -> list[str]:
    """Return what is not ready yet, as text; empty once every part is ok."""
    status, body = _answer("/readyz")
    if status is None:
        return ["the web server does not answer"]
    with suppress(ValueError, KeyError, TypeError, AttributeError):
        parts = json.loads(body)["parts"].items()
        return [f"{name}: {part['problem']}" for name, part in parts if not part["ok"]]
    return [f"the web server answers with status {status}"]


def _answer(path: str, *, seconds: float = 10) -> tuple[int | None, bytes]:
    host = "127.0.0.1" if settings.ASSAY_HOST in ALL_INTERFACES else settings.ASSAY_HOST
    connection = http.client.HTTPConnection(host, settings.ASSAY_PORT, timeout=seconds)
    with closing(connection), suppress(OSError, http.client.HTTPException):
        connection.request("GET", path, headers={"Host": "127.0.0.1"})
        response = connection.getresponse()
        return response.status, response.read()
    return None, b""
