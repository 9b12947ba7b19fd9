"""Asks our own web server how it is."""

import http.client
from contextlib import suppress

from django.conf import settings

EVERYWHERE = {"0.0.0.0", "::"}  # noqa: S104  compared, not listened on


def own_status(path: str, *, seconds: float = 10) -> int | None:
    """The status with which our web server answers a GET; None where it does not answer."""
    host = "127.0.0.1" if settings.ASSAY_HOST in EVERYWHERE else settings.ASSAY_HOST
    connection = http.client.HTTPConnection(host, settings.ASSAY_PORT, timeout=seconds)
    with suppress(OSError, http.client.HTTPException):
        connection.request("GET", path, headers={"Host": "127.0.0.1"})
        return connection.getresponse().status
    return None
