"""Sockets that are checked as they open, count what comes in and note when; name resolution.

A `RequestTrace` belongs to one call. It travels in a context variable, because the socket is
opened deep inside the HTTP client, in tasks that inherit the context of the call.
"""

import asyncio
import errno
import socket
import ssl
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from ipaddress import ip_address
from time import perf_counter
from typing import Any

from catalog.ports.addresses import INVALID_TARGET, Target, check_address
from catalog.ports.http_types import Timings

AddrInfo = tuple[Any, ...]
ResolvedAddress = tuple[socket.AddressFamily, str]
Resolver = Callable[[str, int], Awaitable[list[ResolvedAddress]]]

# A name server that never answers holds its thread for half a minute; more waiting than this
# means that it is the name server which is down.
MAX_LOOKUPS = 512
_lookups = threading.BoundedSemaphore(MAX_LOOKUPS)


@dataclass(slots=True)
class RequestTrace:
    """What happens on the wire during a call: marks of its present hop, and bytes received."""

    allowed: frozenset[str]
    wire_limit: int
    call_started: float
    target: Target = INVALID_TARGET
    started: float | None = None
    socket_made: float | None = None
    tls_started: float | None = None
    connected: float | None = None
    head_read: float | None = None
    received: int = 0
    is_overflowing: bool = False

    def begin(self, target: Target) -> None:
        """Start the next hop: its timings are reset, the count of bytes is not."""
        self.target = target
        self.started = perf_counter()
        self.socket_made = self.tls_started = self.connected = self.head_read = None

    def count(self, size: int) -> None:
        """Add received bytes; raises ConnectionAbortedError past the limit of the wire."""
        self.received += size
        if self.received > self.wire_limit:
            self.is_overflowing = True
            raise ConnectionAbortedError(errno.ECONNABORTED, "more bytes than the caller takes")

    def phases(self) -> Timings:
        """Return the seconds of each part so far; `total` runs from the start of the whole call."""
        return Timings(
            dns=_between(self.started, self.socket_made),
            connect=_between(self.socket_made, self.tls_started or self.connected),
            tls=_between(self.tls_started, self.connected),
            first_byte=_between(self.connected, self.head_read),
            total=perf_counter() - self.call_started,
        )


def _between(earlier: float | None, later: float | None) -> float | None:
    return None if earlier is None or later is None else max(0.0, later - earlier)


CURRENT_TRACE: ContextVar[RequestTrace] = ContextVar("trace")


class CountingSocket(socket.socket):
    """A socket that reports each received byte to its trace."""

    trace: RequestTrace

    def recv(self, bufsize: int, flags: int = 0, /) -> bytes:
        received = super().recv(bufsize, flags)
        self.trace.count(len(received))
        return received

    def recv_into(self, buffer: Any, nbytes: int = 0, flags: int = 0) -> int:
        """Receive, and count the bytes; TLS reads this way."""
        size = super().recv_into(buffer, nbytes, flags)
        self.trace.count(size)
        return size


def open_checked(info: AddrInfo) -> socket.socket:
    """Open a socket for one address of the hop under way; raises AddressBlocked.

    This is the last moment before a packet leaves: nothing after it can change the address.
    """
    family, kind, protocol, _, place = info
    trace = CURRENT_TRACE.get()
    check_address(ip_address(place[0].partition("%")[0]), trace.target, allowed=trace.allowed)
    checked = CountingSocket(family=family, type=kind, proto=protocol)
    checked.trace = trace
    if trace.socket_made is None:
        trace.socket_made = perf_counter()
    return checked


class TracedTLSContext(ssl.SSLContext):
    """A TLS context that notes on the trace when the handshake begins."""

    def wrap_bio(self, *args: Any, **options: Any) -> ssl.SSLObject:
        trace = CURRENT_TRACE.get(None)
        if trace is not None and trace.tls_started is None:
            trace.tls_started = perf_counter()
        return super().wrap_bio(*args, **options)


@cache
def tls_context(authorities: str | None = None) -> ssl.SSLContext:
    context = TracedTLSContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if authorities:
        context.load_verify_locations(authorities)
    else:
        context.load_default_certs()
    return context


async def resolve_host(host: str, port: int) -> list[ResolvedAddress]:
    """Return the addresses of a name, in the system's order; raises OSError if there are none.

    Each look-up has a thread of its own that nobody waits for at the end, so a silent name server
    neither blocks other names nor keeps a finished call from returning.
    """
    if not _lookups.acquire(blocking=False):
        raise OSError(errno.EAGAIN, "too many names are being looked up")
    future: Future[list[ResolvedAddress]] = Future()
    future.set_running_or_notify_cancel()  # The caller may give up; the thread goes on.
    arguments = (host, port, future)
    threading.Thread(target=_look_up, args=arguments, name=f"look-up {host}", daemon=True).start()
    return await asyncio.wrap_future(future)


def _look_up(host: str, port: int, future: Future[list[ResolvedAddress]]) -> None:
    try:
        infos = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)
    except (OSError, UnicodeError) as error:
        future.set_exception(error)
    else:
        future.set_result([(info[0], str(info[4][0])) for info in infos])
    finally:
        _lookups.release()
