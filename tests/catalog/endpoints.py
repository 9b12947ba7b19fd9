"""Real servers on loopback that behave as no server should; each connection runs one behaviour."""

import contextlib
import gzip
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from catalog.ports.http_client import fetch
from catalog.ports.http_types import FetchFailed, Request, Response

DEADLINE = 1.0
OK = b"HTTP/1.1 200 OK\r\n"
Behaviour = Callable[[socket.socket], None]


class Endpoint:
    """A listening server; `connections` counts who came."""

    def __init__(self, behave: Behaviour, tls: ssl.SSLContext | None = None) -> None:
        self.behave, self.tls, self.connections = behave, tls, 0
        self.requests: list[bytes] = []
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.port: int = self._listening.getsockname()[1]
        self.is_open = True
        threading.Thread(target=self._serve, daemon=True).start()

    @property
    def place(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"http://{self.place}/"

    def _serve(self) -> None:
        while self.is_open:
            with contextlib.suppress(OSError):
                connection, _ = self._listening.accept()
                self.connections += 1
                threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection, self._wrapped(connection) as talking:
            self.requests.append(talking.recv(65536))
            self.behave(talking)

    def _wrapped(self, connection: socket.socket) -> socket.socket:
        return self.tls.wrap_socket(connection, server_side=True) if self.tls else connection

    def close(self) -> None:
        self.is_open = False
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()


@contextmanager
def serving(behave: Behaviour, *, tls: ssl.SSLContext | None = None) -> Iterator[Endpoint]:
    """Serve one behaviour while the block runs."""
    endpoint = Endpoint(behave, tls)
    try:
        yield endpoint
    finally:
        endpoint.close()


def saying(status: int = 200, body: bytes = b"hello", **headers: str) -> Behaviour:
    """Answer well."""
    lines = [f"HTTP/1.1 {status} Words", f"Content-Length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return sending("\r\n".join(lines).encode() + b"\r\n\r\n" + body)


def sending(raw: bytes) -> Behaviour:
    """Send these very bytes, then close."""

    def behave(connection: socket.socket) -> None:
        connection.sendall(raw)

    return behave


def redirecting(location: str, status: int = 302) -> Behaviour:
    """Point somewhere else."""
    return saying(status, b"", Location=location)


def hanging(connection: socket.socket) -> None:
    """Say nothing at all."""
    time.sleep(30)


def dripping(start: bytes, drop: bytes = b"x") -> Behaviour:
    """Send a start, then one drop at a time for ever, so that no read ever waits long."""

    def behave(connection: socket.socket) -> None:
        connection.sendall(start)
        while True:
            connection.sendall(drop)
            time.sleep(0.05)

    return behave


def flooding(start: bytes, flood: bytes) -> Behaviour:
    """Send a start, then the same bytes as fast as the line takes them, for ever."""

    def behave(connection: socket.socket) -> None:
        connection.sendall(start)
        while True:
            connection.sendall(flood)

    return behave


def bombing(megabytes: int) -> Behaviour:
    """Answer with a small gzip body that swells to many megabytes."""
    bomb = gzip.compress(bytes(megabytes * 1024 * 1024), compresslevel=6)
    return saying(200, bomb, Content_Encoding="gzip")


def resetting(connection: socket.socket) -> None:
    """Cut the connection with a reset."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


@contextmanager
def never_accepting() -> Iterator[str]:
    """Listen with a full queue, so that a connection is neither accepted nor refused."""
    listening = socket.create_server(("127.0.0.1", 0), backlog=0)
    place = listening.getsockname()
    waiting = []
    for _ in range(8):
        filler = socket.socket()
        filler.setblocking(False)
        filler.connect_ex(place)
        waiting.append(filler)
    try:
        yield f"127.0.0.1:{place[1]}"
    finally:
        for filler in [*waiting, listening]:
            filler.close()


def unused_place() -> str:
    """Return a loopback host:port where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return f"127.0.0.1:{listening.getsockname()[1]}"


def call_of(endpoint: Endpoint, path: str = "", **options: Any) -> Response:
    """Call an endpoint that may be called."""
    return fetch(Request(url=endpoint.url + path, **options), allowed=[endpoint.place])


def failing(
    url: str, *, allowed: list[str], deadline: float = DEADLINE, **options: Any
) -> FetchFailed:
    """Return how a call fails, having seen that it ended in time."""
    started = time.monotonic()
    with pytest.raises(FetchFailed) as caught:
        fetch(Request(url=url, deadline=deadline, **options), allowed=allowed)
    assert time.monotonic() - started < deadline + 1
    return caught.value
