"""An HTTP client with one connection, for which a lost connection is a normal outcome."""

import http.client
import json
import time
from contextlib import suppress
from typing import Any, Self

TIMEOUT = 60.0
NO_ANSWER = 0


class Response:
    """Status 0 means that the connection was lost before the response was complete."""

    def __init__(self, status: int, content: bytes = b"", headers: Any = None) -> None:
        self.status = status
        self.content = content
        self.headers = headers or {}

    @property
    def json(self) -> Any:
        """Return the body, or an empty object if it is not JSON."""
        with suppress(ValueError):
            return json.loads(self.content)
        return {}

    @property
    def is_acknowledged(self) -> bool:
        return 200 <= self.status < 300


class Client:
    """One caller of a deployment on loopback; not thread-safe."""

    def __init__(self, port: int, token: str = "") -> None:
        self._port = port
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._connection: http.client.HTTPConnection | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def get(self, path: str) -> Response:
        return self.send("GET", path)

    def send(
        self, method: str, path: str, body: Any = None, *, edition: int | None = None
    ) -> Response:
        """Send a request once; it is never repeated, because it may have been applied."""
        headers = self._headers | ({"If-Match": f'"{edition}"'} if edition is not None else {})
        content = None
        if body is not None:
            content, headers["Content-Type"] = json.dumps(body), "application/json"
        try:
            connection = self._open()
            connection.request(method, path, content, headers)
            received = connection.getresponse()
            response = Response(received.status, received.read(), received.headers)
        except (OSError, http.client.HTTPException):
            self.close()
            return Response(NO_ANSWER)
        if response.headers.get("Connection", "").lower() == "close":
            self.close()
        return response

    def get_with_retries(self, path: str, *, seconds: float = 120) -> Response:
        """Repeat until the response is neither a throttle nor a failure. Raises TimeoutError."""
        deadline = time.monotonic() + seconds
        while True:
            response = self.get(path)
            if response.status == 429:
                time.sleep(min(float(response.headers.get("Retry-After", 1)), 5))
            elif response.status in (NO_ANSWER, 500, 502, 503):
                time.sleep(0.2)
            else:
                return response
            if time.monotonic() > deadline:
                raise TimeoutError(f"{path} did not answer for {seconds:.0f} s")

    def _open(self) -> http.client.HTTPConnection:
        if self._connection is None:
            self._connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=TIMEOUT)
            self._connection.connect()
        return self._connection
