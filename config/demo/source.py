"""The demo's HTTP source: a few endpoints with rows, some of them slow, flaky or down on purpose.

Run by `manage.py serve_demo_source`, or by `python -m config.demo.source PORT FOLDER`. An
endpoint's behaviour depends only on its name and the clock, so two runs at one time agree.
"""

from __future__ import annotations

import json
import signal
import socketserver
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer
from zlib import crc32

from catalog.types import JSONObject
from config.demo.paths import HOST

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

MAX_ROWS = 200
SLOT_SECONDS = 15


@dataclass(frozen=True, kw_only=True)
class Behaviour:
    """How one endpoint answers: seconds before the answer, and the share of slots that fail.

    A new process does not fail for its first `fresh_for` seconds.
    """

    seconds: float = 0.03
    spread: float = 0.02
    slow_seconds: float = 0.0
    slow_one_in: int = 0
    failing_share: float = 0.0
    fresh_for: float = 0.0

    def delay(self, name: str, slot: int) -> float:
        if self.slow_one_in and slot % self.slow_one_in == 0:
            return self.slow_seconds
        return self.seconds + self.spread * chance(name, "delay", slot)

    def fails(self, name: str, slot: int, uptime: float) -> bool:
        if uptime < self.fresh_for:
            return False
        return chance(name, "failure", slot) < self.failing_share


BEHAVIOURS = {
    "customer-lifetime-value": Behaviour(),
    "payment-attempts": Behaviour(seconds=0.05, spread=0.06),
    "vaccination-slots": Behaviour(seconds=0.08, spread=0.05),
    "locker-occupancy": Behaviour(seconds=0.04),
    "parcel-events": Behaviour(seconds=0.06, spread=0.1, failing_share=0.08, fresh_for=60),
    "hub-capacity": Behaviour(seconds=0.9, spread=0.7),
    "service-telemetry": Behaviour(slow_seconds=0.7, slow_one_in=12),
    "exchange-rates": Behaviour(failing_share=0.7, fresh_for=150),
    "medicine-recalls": Behaviour(failing_share=1.0),
}


def chance(name: str, what: str, slot: int) -> float:
    """Return a number in [0, 1), always the same for the same arguments."""
    return crc32(f"{name}/{what}/{slot}".encode()) % 10_000 / 10_000


@dataclass
class Source:
    """The WSGI application. `clock` returns seconds since the epoch."""

    folder: Path
    clock: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep
    started: float = field(init=False)

    def __post_init__(self) -> None:
        self.started = self.clock()

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        status, answer = self.answer(environ["PATH_INFO"], environ.get("QUERY_STRING", ""))
        body = b"" if environ["REQUEST_METHOD"] == "HEAD" else json.dumps(answer).encode()
        headers = [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
        if status.startswith("503"):
            headers.append(("Retry-After", str(SLOT_SECONDS)))
        start(status, headers)
        return [body]

    def answer(self, path: str, query: str) -> tuple[str, JSONObject]:
        """Return the status line and the document for a path, after the endpoint's delay."""
        if path == "/healthz":
            return "200 OK", {"status": "ok", "is": "demo source"}
        name = path.removeprefix("/v1/").strip("/")
        behaviour = BEHAVIOURS.get(name) if path.startswith("/v1/") else None
        if behaviour is None:
            return "404 Not Found", {"error": "no such endpoint", "endpoints": sorted(BEHAVIOURS)}
        now = self.clock()
        slot = int(now // SLOT_SECONDS)
        self.sleep(behaviour.delay(name, slot))
        if behaviour.fails(name, slot, now - self.started):
            return "503 Service Unavailable", {"error": f"{name} is out of order"}
        return self._page(name, query)

    def _page(self, name: str, query: str) -> tuple[str, JSONObject]:
        try:
            parameters = dict(parse_qsl(query))
            limit, offset = (max(0, int(parameters.get(key, PAGE[key]))) for key in PAGE)
        except ValueError:
            return "400 Bad Request", {"error": "limit and offset are whole numbers"}
        path = self.folder / f"{name}.json"
        if not path.exists():
            return "503 Service Unavailable", {"error": f"{name} has no rows yet"}
        rows = read_rows(path, path.stat().st_mtime_ns)
        end = offset + min(limit, MAX_ROWS)
        more = f"/v1/{name}?limit={limit}&offset={end}" if end < len(rows) else None
        return "200 OK", {"count": len(rows), "next": more, "rows": rows[offset:end]}


PAGE = {"limit": 50, "offset": 0}


@lru_cache(maxsize=len(BEHAVIOURS))
def read_rows(path: Path, changed_at: int) -> list[JSONObject]:
    """Return the rows of an endpoint; `changed_at` makes the cache miss when the file changes."""
    rows: list[JSONObject] = json.loads(path.read_bytes())
    return rows


class ThreadedServer(socketserver.ThreadingMixIn, WSGIServer):
    """Answers each request in a thread, so that a slow endpoint does not delay others."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def server_bind(self) -> None:
        """Bind without a DNS look-up of the host's own name."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = HOST, self.server_address[1]
        self.setup_environ()


class QuietHandler(WSGIRequestHandler):
    """Does not log requests."""

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the parent's name
        pass


def open_server(port: int, folder: Path) -> ThreadedServer:
    """Return a server on the loopback address. Raises OSError if the port is taken."""
    server = ThreadedServer((HOST, port), QuietHandler)
    server.set_app(Source(folder))
    return server


def serve(port: int, folder: Path) -> None:
    """Answer until SIGTERM or Ctrl-C."""
    server = open_server(port, folder)
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(0))
    try:
        server.serve_forever(poll_interval=0.2)
    except KeyboardInterrupt:
        pass
    finally:
        server.server_close()


if __name__ == "__main__":
    serve(int(sys.argv[1]), Path(sys.argv[2]))
