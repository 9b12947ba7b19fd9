"""A program's side of HTTP: one connection, JSON both ways, and no answer as an outcome."""

from __future__ import annotations

import http.client
import json
import time
from contextlib import suppress
from typing import Any, Self

SECONDS = 60.0
NO_ANSWER = 0


class Answer:
    """What came back: status 0 where the connection was lost before an answer was whole."""

    def __init__(self, status: int, content: bytes = b"", headers: Any = None) -> None:
        self.status = status
        self.content = content
        self.headers = headers or {}

    @property
    def json(self) -> Any:
        """Return the body; an empty object where it is no JSON."""
        with suppress(ValueError):
            return json.loads(self.content)
        return {}

    @property
    def is_acknowledged(self) -> bool:
        """Say whether the request was promised to be done."""
        return 200 <= self.status < 300


class Client:
    """Talks to an installation on loopback as one caller; used by one thread at a time."""

    def __init__(self, port: int, token: str = "") -> None:
        self._port = port
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._connection: http.client.HTTPConnection | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Hang up."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def get(self, path: str) -> Answer:
        """Ask for an address."""
        return self.send("GET", path)

    def send(
        self, method: str, path: str, body: Any = None, *, edition: int | None = None
    ) -> Answer:
        """Send one request once; it is never repeated, for it may have been done."""
        headers = self._headers | ({"If-Match": f'"{edition}"'} if edition is not None else {})
        content = None
        if body is not None:
            content, headers["Content-Type"] = json.dumps(body), "application/json"
        try:
            connection = self._open()
            connection.request(method, path, content, headers)
            response = connection.getresponse()
            answer = Answer(response.status, response.read(), response.headers)
        except (OSError, http.client.HTTPException):
            self.close()
            return Answer(NO_ANSWER)
        if answer.headers.get("Connection", "").lower() == "close":
            self.close()
        return answer

    def patiently(self, path: str, *, seconds: float = 120) -> Answer:
        """Read until there is an answer that says something. Raises TimeoutError."""
        deadline = time.monotonic() + seconds
        while True:
            answer = self.get(path)
            if answer.status == 429:
                time.sleep(min(float(answer.headers.get("Retry-After", 1)), 5))
            elif answer.status in (NO_ANSWER, 500, 502, 503):
                time.sleep(0.2)
            else:
                return answer
            if time.monotonic() > deadline:
                raise TimeoutError(f"{path} did not answer for {seconds:.0f} s")

    def _open(self) -> http.client.HTTPConnection:
        if self._connection is None:
            self._connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=SECONDS)
            self._connection.connect()
        return self._connection
