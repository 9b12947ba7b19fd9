"""What Assay adds to waitress: deadlines for slow clients, problem documents, an orderly stop."""

import logging
import signal
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from copy import copy
from http import HTTPStatus
from typing import TYPE_CHECKING

import orjson
from django.conf import settings
from waitress import wasyncore
from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.server import TcpWSGIServer
from waitress.task import ErrorTask, ThreadedTaskDispatcher
from waitress.utilities import Error

from catalog.api.rest.bodies import MEGABYTE, max_body_bytes
from catalog.problems import MEDIA_TYPE, problem_document

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

MAX_CONNECTIONS = 2000
# Larger bodies are refused by their header; what is between this and the limit of the API is read
# and dropped, so that a client that reads only after sending gets the answer.
MAX_BODY_BYTES = 64 * MEGABYTE
MAX_HEADER_BYTES = 64 * 1024
HEADER_SECONDS, BODY_SECONDS, IDLE_SECONDS = 20, 300, 60
# An upload has more time, at this pace; a process receives eight at once, each a file on disk.
MIN_UPLOAD_BYTES_PER_SECOND = 128 * 1024
MAX_UPLOADS = 8
# A request that began to arrive so shortly before a stop is still answered.
RECEIVING_GRACE_SECONDS = 2
# A client that is refused gets the answer only if the rest of its body is read (RFC 9112, 9.6).
LINGER_SECONDS = 10
GRACE_SECONDS = 10
CROWDED_SHARE = 0.8
logger = logging.getLogger(__name__)
PROBLEM_BY_STATUS = {
    400: "malformed-request",
    413: "too-large",
    503: "unavailable",
    507: "insufficient-storage",
}


class DiskFull(Error):
    """A body could not be kept until it is complete."""

    code, reason = 507, "Insufficient Storage"


class TooManyUploads(Error):
    """As many large bodies are arriving as the disk is trusted with."""

    code, reason = 503, "Service Unavailable"


class ProblemTask(ErrorTask):
    """Answers a request that waitress refuses: the API with a problem document, else plain text."""

    def execute(self) -> None:
        error = self.request.error  # type: ignore[attr-defined]  # the stubs confuse two classes
        # Set before the headers are parsed, so also if they are wrong.
        words = getattr(self.request, "first_line", b"").decode("latin-1").split(" ")
        path = words[1] if len(words) > 1 else ""
        code = PROBLEM_BY_STATUS.get(error.code)
        if code and path.startswith("/api/"):
            content_type = MEDIA_TYPE
            body = orjson.dumps(problem_document(code, path=path))
        else:
            content_type = "text/plain; charset=utf-8"
            body = f"{error.code} {HTTPStatus(error.code).phrase}\n".encode()
        self.status = f"{error.code} {HTTPStatus(error.code).phrase}"
        self.response_headers = [("Content-Type", content_type)]
        self.set_close_on_finish()
        self.content_length = len(body)
        self.write(body)


class OneAtATimeParser(HTTPRequestParser):
    """Parses a request only after the one before it on the same connection has been answered.

    Otherwise a client could have hundreds of answers made that it never reads.
    """

    waiting = b""

    def __init__(self, adj: Adjustments, channel: "Channel") -> None:
        super().__init__(adj)
        self.channel = channel

    def received(self, data: bytes) -> int:
        """Return how many bytes were taken; those that wait are taken too."""
        if self.channel.requests:
            self.waiting += data
            return len(data)
        try:
            count = super().received(data)
        except OSError as error:
            logger.warning("a body of %d bytes is not kept: %s", self.content_length, error)
            self.error, self.completed = DiskFull("no room for the body"), True
            count = len(data)
        if self.error:
            # A client that waits for leave to send its body gets the error instead.
            self.expect_continue = False
            self.channel.is_refusing = True
        return count

    def parse_header(self, header_plus: bytes) -> None:
        """Parse the header; an upload by somebody who seems to be signed in may be larger."""
        super().parse_header(header_plus)
        max_bytes = max_body_bytes(str(self.command), getattr(self, "path", ""))
        is_signed_in = "AUTHORIZATION" in self.headers or "COOKIE" in self.headers
        if max_bytes <= MAX_BODY_BYTES or not is_signed_in:
            return
        self.adj = copy(self.adj)
        self.adj.max_request_body_size = max_bytes
        assert isinstance(self.channel.server, WebServer)
        if self.is_upload and self.channel.server.count_uploads() > MAX_UPLOADS:
            self.error, self.completed = TooManyUploads("too many uploads at once"), True

    @property
    def is_upload(self) -> bool:
        return self.content_length > MAX_BODY_BYTES or self.chunked


class Channel(HTTPChannel):
    """A connection that knows since when it receives a request."""

    error_task_class = ProblemTask
    request: OneAtATimeParser | None = None
    receiving: OneAtATimeParser | None = None
    receiving_since = 0.0
    is_refusing = False
    lingers_until = 0.0

    def parser_class(self, adj: Adjustments) -> OneAtATimeParser:  # type: ignore[override]
        return OneAtATimeParser(adj, self)

    def readable(self) -> bool:
        """Go on with what waited for the last answer; called at each turn of the loop."""
        if self.lingers_until:
            return True
        waiting = self.request.waiting if self.request is not None else b""
        if waiting and not self.requests and not self.total_outbufs_len:
            self.request = None
            self.received(waiting)
        return super().readable()

    def received(self, data: bytes) -> bool:
        """Take what has arrived; note when the request that it belongs to began."""
        was_received = super().received(data)
        if self.request is not self.receiving:
            self.receiving, self.receiving_since = self.request, time.monotonic()
        return was_received

    def writable(self) -> bool:
        return self.will_close if self.lingers_until else bool(super().writable())

    def handle_write(self) -> None:
        """Send what there is; after a refusal, end the answer but not yet the connection."""
        if self.will_close or not (self.is_refusing and self.close_when_flushed):
            super().handle_write()
            return
        self._flush_exception(self._flush_some)  # type: ignore[attr-defined]  # not in the stubs
        if not self.total_outbufs_len and self.socket is not None:
            self.lingers_until = time.monotonic() + LINGER_SECONDS
            with suppress(OSError):
                self.socket.shutdown(socket.SHUT_WR)

    def handle_read(self) -> None:
        """Take what has arrived; after a refusal, drop it."""
        if self.lingers_until:
            with suppress(OSError):
                self.recv(MEGABYTE)
        else:
            super().handle_read()

    def is_idle(self) -> bool:
        return not (self.requests or self.total_outbufs_len or self.request)

    def is_overdue(self, now: float) -> bool:
        """Return True if a request has been arriving for too long, or what is left of one."""
        if self.lingers_until:
            return now > self.lingers_until
        if self.request is None or self.requests:
            return False
        seconds = HEADER_SECONDS
        if self.request.headers_finished:
            announced = min(self.request.content_length, self.request.adj.max_request_body_size)
            seconds = BODY_SECONDS + announced // MIN_UPLOAD_BYTES_PER_SECOND
        return now - self.receiving_since > seconds

    def is_busy(self, now: float) -> bool:
        """Return True if a stop waits for this connection."""
        is_arriving = self.request is not None and (
            now - self.receiving_since < RECEIVING_GRACE_SECONDS
        )
        return bool(self.requests or self.total_outbufs_len or is_arriving)


class WebServer(TcpWSGIServer):
    """A waitress server on a socket that other processes share."""

    channel_class = Channel
    active_channels: dict[int, Channel]  # type: ignore[assignment]
    _map: dict[int, socket.socket]  # what the stubs say; they are dispatchers
    is_stopping = False
    listener: socket.socket

    def count_uploads(self) -> int:
        """Return how many large bodies are arriving."""
        requests = [channel.request for channel in self.active_channels.values()]
        return sum(request is not None and request.is_upload for request in requests)

    def maintenance(self, now: float) -> None:
        """Close connections that are idle or receive for too long; if crowded, all idle ones."""
        super().maintenance(now)  # type: ignore[arg-type]
        is_crowded = len(self.active_channels) > CROWDED_SHARE * MAX_CONNECTIONS
        for channel in self.active_channels.values():
            if channel.is_overdue(time.monotonic()) or (is_crowded and channel.is_idle()):
                channel.will_close = True

    def serve(self, on_turn: Callable[[], None]) -> None:
        """Serve until SIGTERM or SIGINT, then finish what is under way; `on_turn` runs often."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)
        while not self.is_stopping:
            wasyncore.poll2(1.0, self._map)
            on_turn()
        self.del_channel()
        self.listener.close()
        deadline = time.monotonic() + GRACE_SECONDS
        while (now := time.monotonic()) < deadline and any(
            channel.is_busy(now) for channel in self.active_channels.values()
        ):
            wasyncore.poll2(0.1, self._map)

    def _on_signal(self, *_: object) -> None:
        self.is_stopping = True
        self.pull_trigger()


def web_server(application: "WSGIApplication", listener: socket.socket) -> WebServer:
    dispatcher = ThreadedTaskDispatcher()
    dispatcher.set_thread_count(settings.ASSAY_WEB_THREADS)
    adjustments = Adjustments(
        sockets=[listener],
        threads=settings.ASSAY_WEB_THREADS,
        ident=None,
        # Django reads these headers, and only if there are proxies.
        clear_untrusted_proxy_headers=not settings.ALLAUTH_TRUSTED_PROXY_COUNT,
        connection_limit=MAX_CONNECTIONS,
        asyncore_use_poll=True,
        channel_timeout=IDLE_SECONDS,
        cleanup_interval=5,
        inbuf_overflow=MEGABYTE // 8,
        # Beyond it a thread waits for its client; no answer is that large.
        outbuf_high_watermark=64 * MEGABYTE,
        max_request_header_size=MAX_HEADER_BYTES,
        max_request_body_size=MAX_BODY_BYTES,
        log_socket_errors=False,
        server_name=settings.ASSAY_HOST,
    )
    server = WebServer(
        application,
        {},
        True,
        listener,
        dispatcher=dispatcher,
        adj=adjustments,
        bind_socket=False,
        sockinfo=(listener.family, listener.type, listener.proto, listener.getsockname()),
    )
    server.listener = listener
    return server
